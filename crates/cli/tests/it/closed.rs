//! Tests of access: once required, it stays required, even if its files are lost.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::*;

const PASSWORD: &str = "correct horse battery";
const BOOTSTRAP: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";

/// Starts a server; returns it, or its output when it ended.
fn start(folder: &Path, config: &str) -> Result<Server, String> {
    let log = folder.join("server.log");
    let file = folder.join("quipu.toml");
    std::fs::write(&file, config).unwrap();
    let flags = ["--config", file.to_str().unwrap()];
    let server = Server::try_start(folder, &flags, File::create(&log).unwrap().into());
    server.map_err(|_| said(folder))
}

fn said(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("server.log")).unwrap()
}

fn status(server: &Server) -> u16 {
    get(&format!("{}/api/v1/traces", server.url("http"))).0
}

/// A data folder with the administrator `ada`, and a login of hers in the audit.
fn with_ada() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    shell(&format!("quipu users add ada --role admin --own-password --data-dir {}", folder.path().display()));
    folder
}

fn log_in(server: &Server) -> u16 {
    server.write("POST", "/api/v1/login", &serde_json::json!({"name": "ada", "password": PASSWORD})).0
}

/// Runs a command line as a shell does, with a password on its standard input.
fn shell(line: &str) {
    let binary = Path::new(env!("CARGO_BIN_EXE_quipu"));
    let path =
        format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("PATH", path).env_remove("QUIPU_DATA_DIR");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes());
    assert!(child.wait().unwrap().success(), "{line}");
}

/// The server does not start, says a command, and starts after that command with access required.
fn is_shut_and_the_command_helps(folder: &Path, what: &str) {
    let Err(error) = start(folder, "") else { panic!("{what}: the server starts") };
    let command = error.split('`').find(|part| part.starts_with("quipu users"));
    let command = command.unwrap_or_else(|| panic!("{what}: no command in {error}"));
    assert!(command.contains(folder.to_str().unwrap()), "{what}: {error}");
    shell(command);
    match start(folder, "") {
        Ok(server) => assert_eq!(status(&server), 401, "{what}"),
        Err(error) => panic!("{what}: {error}"),
    }
}

/// Removes the access database, with the files that SQLite keeps next to it.
fn lose_register(folder: &Path) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("access.db{end}")));
    }
}

fn lose_marker(folder: &Path) {
    std::fs::remove_file(folder.join("access.required")).unwrap();
}

fn sql(folder: &Path, statements: &str) {
    let conn = rusqlite::Connection::open(folder.join("access.db")).unwrap();
    conn.execute_batch(statements).unwrap();
}

#[test]
fn a_last_user_who_is_disabled_removed_or_expired_makes_nobody_admin() {
    for words in ["set ada --disable", "remove ada", "set ada --password"] {
        let folder = with_ada();
        shell(&format!("quipu users {words} --data-dir {}", folder.path().display()));
        if words.ends_with("--password") {
            sql(folder.path(), "UPDATE user SET initial = 1");
        }
        is_shut_and_the_command_helps(folder.path(), words);
    }
}

/// A change to a data folder while no server runs.
type Change = fn(&Path);

#[test]
fn an_emptied_lost_replaced_or_damaged_register_makes_nobody_admin() {
    let states: [(&str, Change); 7] = [
        ("deleted", lose_register),
        ("of no length", |folder| {
            lose_register(folder);
            std::fs::write(folder.join("access.db"), "").unwrap();
        }),
        ("without rows", |folder| sql(folder, "DELETE FROM session; DELETE FROM user; DELETE FROM key")),
        ("without rows and flag", |folder| sql(folder, "DELETE FROM user; DELETE FROM fact")),
        ("replaced by a new one", |folder| {
            let other = tempfile::tempdir().unwrap();
            drop(start(other.path(), "").unwrap());
            lose_register(folder);
            sql(other.path(), "PRAGMA wal_checkpoint(TRUNCATE)");
            std::fs::copy(other.path().join("access.db"), folder.join("access.db")).unwrap();
        }),
        ("no database", |folder| {
            lose_register(folder);
            std::fs::write(folder.join("access.db"), vec![b'x'; 20_000]).unwrap();
        }),
        ("damaged within", |folder| {
            sql(folder, "PRAGMA wal_checkpoint(TRUNCATE)");
            let mut bytes = std::fs::read(folder.join("access.db")).unwrap();
            bytes[4_096..].fill(0xa5);
            std::fs::write(folder.join("access.db"), bytes).unwrap();
        }),
    ];
    for (what, harm) in states {
        let folder = with_ada();
        let server = start(folder.path(), "").unwrap();
        assert_eq!(status(&server), 401);
        drop(server);
        harm(folder.path());
        is_shut_and_the_command_helps(folder.path(), what);
    }
}

#[test]
fn a_register_that_is_lost_while_the_server_runs_lets_nobody_in_until_it_starts_again() {
    let folder = with_ada();
    let made = run(&[
        "keys",
        "add",
        "ci",
        "--scope",
        "read",
        "--json",
        "--data-dir",
        folder.path().to_str().unwrap(),
    ]);
    let key: serde_json::Value = serde_json::from_str(&made.1).unwrap();
    let key = key["secret"].as_str().unwrap();
    let server = start(folder.path(), "").unwrap();
    let read = || get_with(&format!("{}/api/v1/traces", server.url("http")), key).0;
    assert_eq!(read(), 200);
    lose_register(folder.path());
    assert_eq!((read(), status(&server), log_in(&server)), (503, 401, 503));
    shell(&format!("quipu users add eve --role admin --own-password --data-dir {}", folder.path().display()));
    assert_eq!((read(), log_in(&server)), (503, 503), "keys that were revoked elsewhere must not hold here");
    drop(server);
    assert_eq!(status(&start(folder.path(), "").unwrap()), 401);
}

#[test]
fn the_flag_and_the_marker_each_keep_it_shut_and_restore_the_other() {
    let folder = with_ada();
    drop(start(folder.path(), "").unwrap());
    lose_marker(folder.path());
    shell(&format!("quipu users remove ada --data-dir {}", folder.path().display()));
    is_shut_and_the_command_helps(folder.path(), "without the marker");
    assert!(folder.path().join("access.required").is_file());
    lose_register(folder.path());
    is_shut_and_the_command_helps(folder.path(), "without the flag");
}

#[test]
fn an_audit_with_logins_keeps_it_shut_when_flag_and_marker_are_lost() {
    let folder = with_ada();
    let server = start(folder.path(), "").unwrap();
    assert_eq!(log_in(&server), 204);
    assert!(server.stop().success());
    lose_marker(folder.path());
    lose_register(folder.path());
    is_shut_and_the_command_helps(folder.path(), "with the audit alone");
}

#[test]
fn a_server_that_had_keys_or_a_bootstrap_key_alone_stays_shut_without_them() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), BOOTSTRAP).unwrap();
    let with_key = format!("[access]\nmode = \"required\"\nbootstrap_key_file = {:?}", file.path());
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &with_key).unwrap();
    assert_eq!(get_with(&format!("{}/api/v1/traces", server.url("http")), BOOTSTRAP).0, 200);
    drop(server);
    is_shut_and_the_command_helps(folder.path(), "a bootstrap key");
    let folder = tempfile::tempdir().unwrap();
    shell(&format!("quipu keys add ci --scope admin --all-projects --data-dir {}", folder.path().display()));
    drop(start(folder.path(), "[access]\nmode = \"required\"").unwrap());
    assert_eq!(status(&start(folder.path(), "").unwrap()), 401);
    sql(folder.path(), "UPDATE key SET revoked = 1");
    is_shut_and_the_command_helps(folder.path(), "revoked keys");
}

#[test]
fn another_project_and_a_restored_backup_change_nothing() {
    let folder = with_ada();
    drop(start(folder.path(), "[project.shop]").unwrap());
    let out = tempfile::tempdir().unwrap();
    let copy = out.path().join("copy");
    let place = |path: &Path| path.display().to_string();
    shell(&format!("quipu users set ada --disable --data-dir {}", place(folder.path())));
    shell(&format!("quipu backup --out {} --data-dir {}", place(&copy), place(folder.path())));
    let back = out.path().join("back");
    shell(&format!("quipu restore {} --data-dir {}", place(&copy), place(&back)));
    lose_register(&back);
    is_shut_and_the_command_helps(&back, "a restored backup");
}

#[test]
fn access_is_off_at_a_first_start_and_on_purpose_and_the_log_says_what_speaks_against_it() {
    const WARNING: &str = "access is off, so any client";
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let server = start(folder.path(), "").unwrap();
        assert_eq!(status(&server), 200);
        assert_eq!(get(&format!("{}/api/v1/traces/{:032x}", server.url("http"), 1)).0, 404);
        assert!(server.stop().success());
        assert!(!said(folder.path()).contains(WARNING), "{}", said(folder.path()));
    }
    shell(&format!("quipu keys add ci --scope ingest --data-dir {}", folder.path().display()));
    let server = start(folder.path(), "").unwrap();
    assert_eq!(status(&server), 200);
    assert!(
        said(folder.path()).contains(WARNING) && said(folder.path()).contains("1 key"),
        "{}",
        said(folder.path())
    );
    drop(server);
    let folder = with_ada();
    let server = start(folder.path(), "").unwrap();
    assert_eq!(log_in(&server), 204);
    assert!(server.stop().success());
    let server = start(folder.path(), "[access]\nmode = \"off\"").unwrap();
    assert_eq!(status(&server), 200);
    let log = said(folder.path());
    for named in
        [WARNING, "1 user", "1 session", "a record that access was required", "an audit log with logins"]
    {
        assert!(log.contains(named), "{named}: {log}");
    }
    drop(server);
    assert_eq!(status(&start(folder.path(), "").unwrap()), 401, "off does not last");
}
