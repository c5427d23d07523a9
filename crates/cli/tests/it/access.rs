//! Tests of access: the table of routes against the API's description, and keys and users from the command
//! line.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use axum::http::Method;
use serde_json::{Value, json};

use crate::server::*;

const PASSWORD: &str = "correct horse battery";

/// A path as a request has it.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "x".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_of_the_api_stands_in_the_table_of_what_it_needs() {
    let mut document = quipu_api::openapi();
    document.merge(quipu_access::openapi());
    let document = serde_json::to_value(document).unwrap();
    let mut walked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for name in methods.as_object().unwrap().keys() {
            let Ok(method) = Method::from_bytes(name.to_uppercase().as_bytes()) else { continue };
            if !["get", "post", "put", "patch", "delete"].contains(&name.as_str()) {
                continue;
            }
            let need = quipu_access::need(&method, &filled(path));
            assert!(
                need.is_some(),
                "{method} {path} is not in the table of crates/server/access/src/guard/need.rs"
            );
            walked += 1;
        }
    }
    assert!(walked > 60, "{walked}");
}

fn with_input(folder: &Path, args: &[&str], input: &str) -> (i32, String, String) {
    let mut command = quipu();
    command.args(args).args(["--data-dir", folder.to_str().unwrap()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A client that is rejected before it reads closes its end.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn asked(folder: &Path, args: &[&str]) -> Value {
    let (code, out, error) = with_input(folder, &[args, &["--json"]].concat(), "");
    assert_eq!(code, 0, "{args:?}: {error}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_key_is_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["keys", "add", "my agent", "--scope", "ingest,read", "--project", "shop", "--expires", "90d"];
    let made = asked(folder.path(), &args);
    assert_eq!(
        (&made["key"]["project"], &made["key"]["scopes"]),
        (&json!("shop"), &json!(["ingest", "read"]))
    );
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("qk_") && secret.len() == 55);
    let id = made["key"]["id"].as_str().unwrap();
    let (code, out, _) = with_input(folder.path(), &["keys", "list"], "");
    assert!(
        code == 0 && out.contains("my agent") && out.contains("active") && !out.contains(secret),
        "{out}"
    );
    assert_eq!(asked(folder.path(), &["keys", "revoke", id])["state"], "revoked");
    assert_eq!(asked(folder.path(), &["keys", "list"])["keys"][0]["state"], "revoked");
    let (code, out, _) = run(&["audit", "list", "--json", "--data-dir", folder.path().to_str().unwrap()]);
    let entries: Value = serde_json::from_str(&out).unwrap();
    let said = entries["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap());
    assert_eq!((code, said.collect::<Vec<_>>()), (0, vec!["key.revoke", "key.add"]));
    assert!(!out.contains(&secret[12..]));
}

#[test]
fn a_users_password_comes_by_standard_input_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let add = ["users", "add", "Ada", "--role", "viewer,shop:admin"];
    let (code, out, error) = with_input(folder.path(), &add, &format!("{PASSWORD}\n"));
    assert!(
        code == 0 && out.contains("ada can log in until 20") && out.contains("--own-password"),
        "{out}{error}"
    );
    let (_, out, _) = with_input(folder.path(), &["users", "list"], "");
    assert!(out.contains("initial password until 20"), "{out}");
    let (code, _, error) = with_input(folder.path(), &add, &format!("{PASSWORD}\n"));
    assert!(code == 1 && error.contains("already"), "{error}");
    let user = &asked(folder.path(), &["users", "set", "ada", "--role", "editor", "--disable"]);
    assert_eq!((&user["roles"], &user["disabled"]), (&json!({"*": "editor"}), &json!(true)));
    let (code, _, error) = with_input(folder.path(), &["users", "set", "ada", "--password"], "short\n");
    assert!(code == 1 && error.contains("12 to 128") && !error.contains("short\n"), "{error}");
    let (code, out, _) = with_input(folder.path(), &["users", "list"], "");
    assert!(code == 0 && out.contains("disabled") && !out.contains("argon2"), "{out}");
    asked(folder.path(), &["users", "remove", "ADA"]);
    assert_eq!(asked(folder.path(), &["users", "list"])["users"], json!([]));
}

#[test]
fn a_password_is_initial_unless_whoever_types_it_says_that_it_is_the_users_own() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let (code, out, error) =
            with_input(folder.path(), &[args, &["--json"]].concat(), &format!("{PASSWORD}\n"));
        assert_eq!(code, 0, "{args:?}: {error}");
        let user: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(user["initial_password_ends_at"].is_string(), user["password_change_required"] == true);
        user["password_change_required"] == true
    };
    assert!(run(&["users", "add", "ada", "--role", "viewer"]));
    assert!(!run(&["users", "add", "bob", "--role", "viewer", "--own-password"]));
    assert!(!run(&["users", "set", "ada", "--password", "--own-password"]));
    assert!(!run(&["users", "set", "ada", "--role", "editor"]));
    assert!(run(&["users", "set", "ada", "--password"]));
    assert_eq!(with_input(folder.path(), &["users", "set", "ada", "--own-password"], "").0, 2);
    let (_, out, _) =
        crate::server::run(&["audit", "list", "--json", "--data-dir", folder.path().to_str().unwrap()]);
    let entries: Value = serde_json::from_str(&out).unwrap();
    let said =
        entries["entries"].as_array().unwrap().iter().map(|entry| entry["detail"]["password"].as_str());
    assert_eq!(said.collect::<Vec<_>>(), [Some("initial"), None, Some("own"), Some("own"), Some("initial")]);
}

#[test]
fn wrong_use_says_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    for (args, said) in [
        (&["keys", "list"][..], "--data-dir"),
        (&["keys", "add", "x", "--scope", "write"], "ingest, read and admin"),
        (&["keys", "add", "x", "--scope", "read", "--project", "../x"], "is not a project name"),
        (&["keys", "add", "x", "--scope", "read", "--expires", "soon"], "90d"),
        (&["users", "add", "x", "--role", "root"], "viewer, editor and admin"),
        (&["users", "add", "x", "--role", "viewer"], "standard input has no password"),
    ] {
        let (code, out, error) = with_input(folder.path(), args, "");
        assert!(code == 1 && error.contains(said), "{args:?}: {out}{error}");
    }
    assert_eq!(with_input(folder.path(), &["users", "set", "x"], "").0, 2);
    let (code, _, error) = with_input(folder.path(), &["keys", "revoke", "nothing1"], "");
    assert!(code == 1 && error.contains("nothing1"), "{error}");
}

#[test]
fn a_lost_register_of_users_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::start(folder.path());
    assert_eq!(server.post_json(&export(1)).0, 200);
    assert!(server.stop().success());
    let add = ["users", "add", "ada", "--role", "admin", "--own-password"];
    assert_eq!(with_input(folder.path(), &add, &format!("{PASSWORD}\n")).0, 0);
    let check = || run(&["check", "store", "--data-dir", data]);
    assert_eq!(check().0, 0);
    let file = folder.path().join("access.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("access.db{end}")));
    }
    let (code, out, _) = check();
    assert!(code == 3 && out.contains("access.required records that access is required"), "{out}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/nonexistent/access.db", &file).unwrap();
        let (code, out, _) = check();
        assert!(code == 3 && out.contains("access.required records that access is required"), "{out}");
    }
    assert!(!file.exists());
}
