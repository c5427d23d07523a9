//! Tests of privacy on the host: modes of files, the right to write, and paths in answers.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::server::*;

/// Runs a command of the binary with a umask.
fn with_umask(mask: &str, args: &[&str]) -> (bool, String) {
    let script = format!("umask {mask}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_quipu")]).args(args);
    let output =
        command.env_remove("QUIPU_URL").env_remove("QUIPU_DATA_DIR").stdin(Stdio::null()).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Everything below a folder, and the folder.
fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    if folder.is_dir() {
        found.extend(std::fs::read_dir(folder).unwrap().flat_map(|entry| all(&entry.unwrap().path())));
    }
    found
}

fn is_private(folder: &Path) {
    let all = all(folder);
    assert!(all.len() > 3, "{all:?}");
    for path in all {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}: {:o}", path.display(), mode(&path));
    }
}

#[test]
fn whatever_the_umask_is_all_of_a_data_folder_and_a_backup_is_its_users_alone() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("data");
    let config = outer.path().join("quipu.toml");
    let backends = format!("backends = [\"file:{}/out\"]\n[project.shop]\n", folder.display());
    std::fs::write(&config, backends).unwrap();
    let place = folder.to_str().unwrap();
    assert!(with_umask("000", &["keys", "add", "ci", "--scope", "ingest", "--data-dir", place]).0);
    let server = Server::start_with_umask(&folder, "000", &["--config", config.to_str().unwrap()]);
    assert_eq!(server.post_json(&export(7)).0, 200);
    let view = json!({"title": "mine", "page": "/traces", "query": ""});
    assert!(server.write("PUT", "/api/v1/views/mine", &view).0 < 300);
    assert_eq!(get(&format!("{}/api/v1/traces/{:032x}", server.url("http"), 7)).0, 200);
    is_private(&folder);
    for name in ["copy", "copy.tar.zst"] {
        let out = outer.path().join(name);
        let (done, error) =
            with_umask("000", &["backup", "--out", out.to_str().unwrap(), "--data-dir", place]);
        assert!(done, "{error}");
        assert_eq!(mode(&out), if out.is_dir() { 0o700 } else { 0o600 });
    }
    is_private(&outer.path().join("copy"));
    let back = outer.path().join("back");
    let copy = outer.path().join("copy");
    let (done, error) =
        with_umask("000", &["restore", copy.to_str().unwrap(), "--data-dir", back.to_str().unwrap()]);
    assert!(done, "{error}");
    is_private(&back);
    assert!(server.stop().success());
    is_private(&folder);
}

#[test]
fn what_others_can_open_is_named_once_at_the_start_and_left_as_it_is() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("data");
    drop(Server::start(&folder));
    let open =
        |path: &Path, mode: u32| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    open(&folder, 0o755);
    open(&folder.join("access.db"), 0o644);
    let log = outer.path().join("log");
    drop(Server::start_saying(&folder, &[], File::create(&log).unwrap().into()));
    let said = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("other users")).collect();
    assert!(
        lines.len() == 1 && lines[0].contains("access.db (0644)") && lines[0].contains(". (0755)"),
        "{said}"
    );
    assert_eq!((mode(&folder), mode(&folder.join("access.db"))), (0o755, 0o644));
    open(&folder, 0o700);
    open(&folder.join("access.db"), 0o600);
    drop(Server::start_saying(&folder, &[], File::create(&log).unwrap().into()));
    assert!(!std::fs::read_to_string(&log).unwrap().contains("other users"));
}

#[test]
fn a_removed_lock_file_lets_no_second_writer_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let lock = folder.path().join("lock");
    let second = || {
        let mut command = quipu();
        command.args(["serve", "--data-dir", folder.path().to_str().unwrap()]);
        for listener in ["--http", "--otlp-http", "--otlp-grpc", "--prometheus"] {
            command.args([listener, "127.0.0.1:0"]);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let ready = folder.path().join("second.json");
        let ended = wait_for("the second server's end", || {
            assert!(!ready.exists());
            child.try_wait().unwrap()
        });
        assert!(!ended.success());
        std::io::read_to_string(child.stderr.take().unwrap()).unwrap()
    };
    for harm in [0, 1, 2] {
        match harm {
            0 => {}
            1 => std::fs::remove_file(&lock).unwrap(),
            _ => {
                let _ = std::fs::remove_file(&lock);
                std::fs::write(&lock, "").unwrap();
            }
        }
        let said = second();
        assert!(said.contains("another process has this store open"), "{harm}: {said}");
    }
    assert_eq!(server.post_json(&export(7)).0, 200);
    let repair = run(&["check", "store", "--repair", "--data-dir", folder.path().to_str().unwrap()]);
    assert!(repair.0 != 0 && repair.2.contains("stop the server"), "{repair:?}");
}

fn key(folder: &Path, words: &[&str]) -> String {
    let args = ["keys", "add", "tried", "--json", "--data-dir", folder.to_str().unwrap()];
    let (code, out, error) = run(&[&args[..], words].concat());
    assert_eq!(code, 0, "{error}");
    let said: Value = serde_json::from_str(&out).unwrap();
    said["secret"].as_str().unwrap().to_owned()
}

/// Damages a day, so that the store has something to say about a file.
fn damage(folder: &Path) {
    let days = folder.join("days");
    let day = std::fs::read_dir(&days).unwrap().map(|entry| entry.unwrap().path());
    let day = day.into_iter().find(|path| {
        path.to_string_lossy().contains("d-") && path.extension().is_some_and(|end| end == "db")
    });
    let day = day.unwrap();
    let mut bytes = std::fs::read(&day).unwrap();
    let length = bytes.len();
    bytes[4_096.min(length / 2)..].fill(0x5a);
    std::fs::write(&day, bytes).unwrap();
}

#[test]
fn no_answer_tells_a_viewer_where_files_of_the_host_lie() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap().to_owned();
    let reader = key(folder.path(), &["--scope", "read"]);
    let project_admin = key(folder.path(), &["--scope", "admin"]);
    let admin = key(folder.path(), &["--scope", "admin", "--all-projects"]);
    let config = folder.path().join("quipu.toml");
    let settings = format!("backends = [\"file:{place}/out\"]\n[access]\nmode = \"required\"\n");
    std::fs::write(&config, settings).unwrap();
    let flags = ["--config", config.to_str().unwrap()];
    let server = Server::start_with(folder.path(), &flags);
    let sender = key(folder.path(), &["--scope", "ingest"]);
    let headers = [("content-type", "application/json"), ("x-quipu-key", sender.as_str())];
    assert_eq!(server.post("traces", export(7).to_string().as_bytes(), &headers).0, 200);
    assert!(server.stop().success());
    damage(folder.path());
    let server = Server::start_with(folder.path(), &flags);
    let url = |path: &str| format!("{}{path}", server.url("http"));
    let document: Value = serde_json::from_str(&get(&url("/openapi.json")).1).unwrap();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if methods.get("get").is_none() || path == "/api/v1/live" {
            continue;
        }
        let path =
            path.replace("{trace_id}", &format!("{:032x}", 7)).replace("{span_id}", &format!("{:016x}", 2));
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for key in [&reader, &project_admin] {
            let (status, body) = get_with(&url(&path), key);
            assert!(!body.contains(&place), "{path} {status}: {body}");
            asked += 1;
        }
        assert!(!get(&url(&path)).1.contains(&place), "{path}");
    }
    assert!(asked > 60, "{asked}");
    let status = |key: &str| serde_json::from_str::<Value>(&get_with(&url("/api/v1/status"), key).1).unwrap();
    assert_eq!(status(&reader)["store"]["uri"], "sqlite:");
    assert!(status(&admin)["store"]["uri"].as_str().unwrap().contains(&place));
    let system = |key: &str| serde_json::from_str::<Value>(&get_with(&url("/api/v1/system"), key).1).unwrap();
    assert!(system(&reader)["disk"]["path"].is_null());
    assert!(system(&admin)["disk"]["path"].as_str().unwrap().contains(&place));
}

#[test]
fn the_prices_of_every_project_are_reloaded_by_an_admin_of_every_project_alone() {
    let folder = tempfile::tempdir().unwrap();
    let of_shop = key(folder.path(), &["--scope", "admin", "--project", "shop"]);
    let of_default = key(folder.path(), &["--scope", "admin"]);
    let of_all = key(folder.path(), &["--scope", "admin", "--all-projects"]);
    let config = folder.path().join("quipu.toml");
    std::fs::write(&config, "[access]\nmode = \"required\"\n[project.shop]\n").unwrap();
    let server = Server::start_with(folder.path(), &["--config", config.to_str().unwrap()]);
    for (key, wanted) in [(&of_shop, 403), (&of_default, 403), (&of_all, 200)] {
        let reload = post_with(&format!("{}/api/v1/prices/reload", server.url("http")), key);
        assert_eq!(reload, wanted);
        let unknown = post_with(&format!("{}/api/v1/no-such-thing", server.url("http")), key);
        assert_eq!(unknown == 403, wanted == 403);
    }
}
