//! Attacks on files: access that must stay closed, a cut audit log, a removed lock, modes, and paths in
//! answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::roles::routes;
use super::scene::{PASSWORD, Scene, TRACES, quipu, span};
use super::tried::Tried;
use super::wire::Ask;
use crate::integration::{Bench, Server};
use crate::shell;

/// How long the server may take to notice what was done to its record.
const NOTICE: Duration = Duration::from_secs(30);

/// Harm to a data folder in which the last user was disabled.
type Harm = (&'static str, fn(&Path) -> std::io::Result<()>);

const HARMS: [Harm; 5] = [
    ("the last user is disabled", |_| Ok(())),
    ("access.db is lost", |data| remove_register(data)),
    ("access.db is empty", |data| {
        remove_register(data)?;
        fs::write(data.join("access.db"), "")
    }),
    ("access.db is no database", |data| {
        remove_register(data)?;
        fs::write(data.join("access.db"), [b'x'; 9_000])
    }),
    ("the marker is lost", |data| fs::remove_file(data.join("access.required"))),
];

fn remove_register(data: &Path) -> std::io::Result<()> {
    for end in ["", "-wal", "-shm"] {
        match fs::remove_file(data.join(format!("access.db{end}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Starts on folders whose register was harmed.
pub fn reopened(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("a start without the files that say that access is required");
    for (what, harm) in HARMS {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let place = data.to_str().context("no text")?;
        let words = ["users", "add", "adam", "--role", "admin", "--own-password", "--data-dir", place];
        quipu(&bench.binary, &words, &format!("{PASSWORD}\n"))?;
        Server::on(&bench.binary, &data, &[])?.stop()?;
        quipu(&bench.binary, &["users", "set", "adam", "--disable", "--data-dir", place], "")?;
        harm(&data)?;
        match Server::on(&bench.binary, &data, &[]) {
            Ok(_) => tried.tried(false, format!("{what}: the server starts")),
            Err(error) => {
                let said = format!("{error:#}");
                tried.tried(said.contains("quipu users"), format!("{what}: no command in {said}"));
            }
        }
    }
    Ok(tried.told("the server does not start and names the command that helps"))
}

/// Cuts the record of a running server, with a head to fit.
pub fn record(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("the audit cut behind a running server, its head rewritten");
    let scene = Scene::open(bench, "")?;
    let sent = scene.otlp.ask(Ask::post("/v1/traces", &span(TRACES[0], "a", "b")))?;
    if sent.status != 200 {
        bail!("the trace is not taken: {}", sent.status);
    }
    let read = || Ask::get(&format!("/api/v1/traces/{}", TRACES[0]));
    let file = scene.data().join("audit/a-000001.jsonl");
    let lines = || fs::read_to_string(&file).map_or(0, |text| text.lines().count());
    for _ in 0..4 {
        tried.send("a noted read", scene.api, read(), &[200]);
    }
    shell::poll(NOTICE, || (lines() >= 4).then_some(())).context("the reads are not noted")?;
    let text = fs::read_to_string(&file)?;
    let first = text.lines().next().context("no entry")?;
    let entry: Value = serde_json::from_str(first)?;
    fs::write(&file, format!("{first}\n"))?;
    let head = format!("{}:{}", entry["seq"], entry["hash"].as_str().unwrap_or_default());
    fs::write(scene.data().join("audit/head"), format!("{head:<127}\n"))?;
    let damaged = || {
        let ready = scene.api.ask(Ask::get("/readyz")).ok()?.json();
        (ready["audit"]["damaged"] == true).then_some(())
    };
    tried.tried(shell::poll(NOTICE, damaged).is_some(), "nothing tells of the cut");
    tried.tried(scene.command(&["audit", "verify"]).is_err(), "the record is called whole");
    Ok(tried)
}

/// Starts on folders that lost the file with the definitions of budgets.
pub fn budgets(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("a start without the file that holds the budgets");
    for (what, is_emptied) in [("lost", false), ("empty", true)] {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let place = data.to_str().context("no text")?;
        Server::on(&bench.binary, &data, &[])?.stop()?;
        quipu(&bench.binary, &["budget", "set", "all", "--usd", "1", "--data-dir", place], "")?;
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(data.join(format!("budgets.db{end}")));
        }
        if is_emptied {
            fs::write(data.join("budgets.db"), "")?;
        }
        let listed = quipu(&bench.binary, &["budget", "list", "--data-dir", place], "");
        let said = listed.err().map(|error| format!("{error:#}")).unwrap_or_default();
        tried.tried(said.contains("budgets were defined"), format!("{what}: {said}"));
        let checked = quipu(&bench.binary, &["check", "store", "--data-dir", place], "");
        let said = checked.err().map(|error| format!("{error:#}")).unwrap_or_default();
        tried.tried(said.contains("budgets.db"), format!("{what}: the check says {said}"));
    }
    Ok(tried.told("the file is named, and no budget is forgotten in silence"))
}

/// Opens the folder of a running server a second time, without its lock file.
pub fn lock(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("a second writer after the lock file was removed");
    let scene = Scene::open(bench, "")?;
    for _ in 0..2 {
        let _ = fs::remove_file(scene.data().join("lock"));
        let second = Server::on(&bench.binary, &scene.data(), &[]);
        let said = second.err().map(|error| format!("{error:#}")).unwrap_or_default();
        tried.tried(said.contains("another process"), format!("the second server: {said}"));
    }
    tried.tried(scene.lives(), "the first server ended");
    Ok(tried)
}

/// Modes of files that the server made.
pub fn modes(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("files of the data folder that other users can open");
    // The suite itself made these.
    let made = |path: &Path| !path.ends_with("server.log") && path != scene.data();
    for path in all(&scene.data())?.into_iter().filter(|path| made(path)) {
        let mode = fs::metadata(&path)?.permissions().mode() & 0o777;
        tried.tried(mode & 0o077 == 0, format!("{}: {mode:04o}", path.display()));
    }
    Ok(tried)
}

fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(all(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

/// Paths of the host in any answer to those who are no administrators of the server.
pub fn places(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("paths of the host in answers to viewers, editors and project admins");
    let (_, project_admin) = scene.key(&["--scope", "admin", "--project", "shop"])?;
    let asking = [
        ("viewer", "cookie", scene.login("vera")?),
        ("editor", "cookie", scene.login("edda")?),
        ("project admin", "x-quipu-key", project_admin),
    ];
    let folder = scene.folder().to_string_lossy().into_owned();
    for (_, path) in routes(scene, |method| method == "GET")? {
        if path == "/api/v1/live" {
            continue;
        }
        for (name, header, credential) in &asking {
            let reply = scene.api.ask(Ask::get(&path).with(header, credential))?;
            tried.tried(!reply.holds(&folder), format!("{name} {path} {}", reply.status));
        }
        let reply = scene.api.ask(Ask::get(&path))?;
        tried.tried(!reply.holds(&folder), format!("nobody {path} {}", reply.status));
    }
    Ok(tried)
}

/// Acts on all projects, by an admin of one.
pub fn everywhere(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("acts on every project by an admin of one");
    let keys = [
        scene.key(&["--scope", "admin", "--project", "shop"])?.1,
        scene.key(&["--scope", "admin", "--project", "default"])?.1,
    ];
    for key in &keys {
        for (method, path) in [
            ("POST", "/api/v1/prices/reload"),
            ("GET", "/api/v1/users"),
            ("POST", "/api/v1/users"),
            ("GET", "/api/v1/audit"),
            ("GET", "/api/v1/audit/export"),
            ("GET", "/api/v1/audit/verify"),
            ("POST", "/api/v1/no-such-route"),
            ("GET", "/api/v1/no-such-route"),
        ] {
            let ask = Ask::new(method, path).key(key).json(&serde_json::json!({}));
            tried.send(&format!("{method} {path}"), scene.api, ask, &[403]);
        }
        // A stored rule chooses the arguments of a program of the host.
        let rule = serde_json::json!({
            "kind": "error_rate", "window": "1h", "above": 0.5,
            "actions": [{"command": ["/usr/local/bin/page-me", "--as", "root"]}],
        });
        let ask = Ask::new("PUT", "/api/v1/alerts/rules/mine").key(key).json(&rule);
        tried.send("a rule that runs a program", scene.api, ask, &[403]);
    }
    Ok(tried)
}
