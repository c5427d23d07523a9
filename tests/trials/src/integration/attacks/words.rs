//! Attacks with line ends and terminal sequences, in headers, logs, the audit log and the terminal.

use anyhow::Result;
use serde_json::{Value, json};

use super::scene::{Scene, quipu, span};
use super::tried::Tried;
use super::wire::{Ask, Reply};

/// Names that try to begin a line of their own, or to steer a terminal.
const NAMES: [&str; 6] = [
    "a\r\nX-Forged: 1\r\n\r\nforged",
    "a\nforged 2026-01-01T00:00:00Z WARN forged",
    "a\u{1b}[2J\u{1b}]0;forged\u{7}",
    "a\u{85}forged\u{2028}forged",
    "a\u{202e}forged",
    "a\"}\n{\"seq\":1,\"actor\":\"forged",
];

fn coded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Everything that a stranger or a sender may name.
pub fn injected(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("header and log injection: CR LF and ANSI in names, logins, paths, headers");
    let (_, key) = scene.key(&["--scope", "admin", "--all-projects"])?;
    for (at, name) in NAMES.iter().enumerate() {
        let trace = format!("7af7651916cd43dd8448eb211c8031{at:02x}");
        let sent = Ask::post("/v1/traces", &span(&trace, name, name)).key(&key);
        whole(&mut tried, name, scene.otlp.ask(sent), &[200]);
        let login = json!({"name": name, "password": "wrong-wrong-wrong"});
        whole(&mut tried, name, scene.api.ask(Ask::post("/api/v1/login", &login)), &[400, 401, 429]);
        let user = json!({"name": name, "password": "wrong-wrong-wrong", "roles": {"*": "viewer"}});
        whole(&mut tried, name, scene.api.ask(Ask::post("/api/v1/users", &user).key(&key)), &[400, 422]);
        let made = json!({"name": name, "scopes": ["read"]});
        whole(&mut tried, name, scene.api.ask(Ask::post("/api/v1/keys", &made).key(&key)), &[400, 422]);
        for target in [
            format!("/api/v1/traces/{}", coded(name)),
            format!("/api/v1/sessions/{}", coded(name)),
            format!("/api/v1/traces?q={}", coded(name)),
            format!("/{}", coded(name)),
            format!("/api/v1/export/traces?format={}", coded(name)),
            format!("/api/v1/login/oidc?redirect={}", coded(name)),
            format!("/api/v1/export/traces?format=jsonl&q={}", coded(name)),
        ] {
            whole(&mut tried, &target, scene.api.ask(Ask::get(&target).key(&key)), &[200, 400, 404, 422]);
            whole(&mut tried, &target, scene.api.ask(Ask::get(&target)), &[200, 400, 401, 404]);
        }
        let change = format!("/api/v1/views/{}", coded(name));
        whole(
            &mut tried,
            &change,
            scene.api.ask(Ask::new("DELETE", &change).key(&key)),
            &[204, 400, 404, 422],
        );
        for header in ["quipu-project", "x-forwarded-for", "user-agent", "referer", "origin", "cookie"] {
            let ask =
                Ask::get("/api/v1/traces").with_bytes(header, name.replace(['\r', '\n'], "\t").as_bytes());
            whole(&mut tried, header, scene.api.ask(ask.key(&key)), &[200, 400, 403]);
        }
    }
    unsplit(&mut tried, scene);
    terminal(&mut tried, scene, &key)?;
    Ok(tried)
}

/// An answer is one, and has no header of the attacker's.
fn whole(tried: &mut Tried, what: &str, reply: Result<Reply>, allowed: &[u16]) {
    let what = what.escape_debug().to_string();
    let reply = tried.judge(&what, reply, allowed);
    let forged = reply.header("x-forged").is_some() || reply.answers() > 1;
    let raw = reply.headers.iter().any(|(_, value)| value.contains('\u{1b}'));
    tried.hold(!forged && !raw, format!("{what}: headers of an answer are split"));
}

/// No line of the log or the audit is the attacker's.
fn unsplit(tried: &mut Tried, scene: &Scene) {
    let log = String::from_utf8_lossy(&scene.log()).into_owned();
    tried.tried(
        !log.lines().any(|line| line.starts_with("forged") || line.starts_with("X-Forged")),
        "the log is split",
    );
    tried.tried(!log.contains("\u{1b}[2J") && !log.contains('\u{7}'), "the log steers the terminal");
    let audit = String::from_utf8_lossy(&scene.audit()).into_owned();
    let lines: Vec<Option<Value>> = audit.lines().map(|line| serde_json::from_str(line).ok()).collect();
    tried.tried(!lines.is_empty() && lines.iter().all(Option::is_some), "a line of the audit is split");
    tried.tried(!audit.contains('\u{1b}') && !audit.contains('\r'), "the audit holds control characters");
    let numbered = lines
        .iter()
        .flatten()
        .enumerate()
        .all(|(at, line)| line["seq"].as_u64().is_some_and(|seq| seq == at as u64 + 1));
    tried.tried(numbered, "the audit's numbers have a gap");
}

/// Output of the command line.
fn terminal(tried: &mut Tried, scene: &Scene, key: &str) -> Result<()> {
    let file = scene.folder().join("key");
    std::fs::write(&file, key)?;
    let (url, file) = (scene.server.http.clone(), file.to_string_lossy().into_owned());
    for words in [
        &["traces"][..],
        &["sessions"],
        &["usage"],
        &["trace", "7af7651916cd43dd8448eb211c803102"],
        &["events"],
    ] {
        let words: Vec<&str> =
            words.iter().copied().chain(["--url", &url, "--api-key-file", &file]).collect();
        match quipu(scene.binary(), &words, "") {
            Ok(said) => {
                let steers = steers(&said);
                tried.tried(!steers, format!("quipu {} steers the terminal", words[0]));
            }
            Err(error) => tried.tried(false, format!("quipu {}: {error:#}", words[0])),
        }
    }
    let audit = scene.command(&["audit", "list"])?;
    tried.tried(!steers(&audit), "quipu audit list steers the terminal");
    Ok(())
}

/// JSON pointer to the session id in the result of [`span`].
const SESSION: &str = "/resourceSpans/0/scopeSpans/0/spans/0/attributes/2/value/stringValue";

/// Letters that turn the direction of what follows, so that a line reads otherwise than it is
/// (CVE-2021-42574).
pub fn turned(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("letters that turn the direction of writing, at the terminal");
    let (_, key) = scene.key(&["--scope", "admin", "--project", "shop"])?;
    for (at, letter) in
        ['\u{202a}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}'].into_iter().enumerate()
    {
        let (trace, name) = (format!("baf7651916cd43dd8448eb211c8031{at:02x}"), format!("a{letter}derutced"));
        let mut body = span(&trace, &name, &name);
        // The session is called so, too.
        if let Some(session) = body.pointer_mut(SESSION) {
            *session = name.into();
        }
        tried.send("telemetry", scene.otlp, Ask::post("/v1/traces", &body).key(&key), &[200]);
    }
    let file = scene.folder().join("key");
    std::fs::write(&file, key)?;
    for word in ["traces", "sessions"] {
        let words = [word, "--url", &scene.server.http, "--api-key-file", file.to_str().unwrap_or_default()];
        let said = quipu(scene.binary(), &words, "")?;
        let turns = said.chars().any(|one| matches!(one, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
        tried.tried(!turns && said.contains("derutced"), format!("quipu {word} turns what follows"));
    }
    Ok(tried)
}

/// Whether a text moves the cursor or begins a line of the attacker's.
fn steers(said: &str) -> bool {
    said.chars().any(|one| one.is_control() && one != '\n')
        || said.lines().any(|line| line.starts_with("forged"))
}

/// Keys and users whose names would do the same, by the command line.
pub fn named(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("names with line ends by the command line: keys, users, projects");
    let data = scene.data();
    let data = data.to_str().unwrap_or_default();
    for name in NAMES {
        for words in [
            &["keys", "add", name, "--scope", "read"][..],
            &["keys", "add", "x", "--scope", "read", "--project", name],
            &["users", "add", name, "--role", "viewer"],
        ] {
            let words: Vec<&str> = words.iter().copied().chain(["--data-dir", data]).collect();
            let refused =
                quipu(scene.binary(), &words, "wrong-wrong-wrong\n").err().map(|error| error.to_string());
            let steers =
                refused.as_ref().is_some_and(|said| said.contains('\u{1b}') || said.contains("\nforged"));
            tried.tried(refused.is_some() && !steers, format!("{words:?}: {refused:?}"));
        }
    }
    Ok(tried.told("all refused"))
}
