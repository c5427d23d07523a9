//! Tests of the audit log, from the command line.

use std::path::Path;
use std::sync::Arc;

use quipu_audit::{Actor, ActorKind, Audit, Entry, FOLDER, Outcome};

use crate::server::*;

/// A data folder in which three things were done.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(quipu::core::SystemClock);
    let audit = Audit::open(&folder.path().join(FOLDER), Default::default(), clock).unwrap();
    let ada = || Actor::new(ActorKind::User, "ada");
    audit.note_later(Entry::new(ada(), "login").from("192.0.2.7".parse().ok()));
    audit
        .note_later(Entry::new(ada(), "trace.read").on("4bf92f3577b34da6a3ce929d0e0e4736").within("default"));
    let steer = Actor::new(ActorKind::Unknown, "\u{1b}[31mroot\n");
    audit.note_later(Entry::new(steer, "login").ended(Outcome::Denied).with("why", "password"));
    folder
}

fn audit(folder: &Path, more: &[&str]) -> (i32, String, String) {
    let mut args = vec!["audit"];
    args.extend(more);
    args.extend(["--data-dir", folder.to_str().unwrap()]);
    run(&args)
}

#[test]
fn entries_are_listed_newest_first_and_steer_no_terminal() {
    let folder = data();
    let (code, out, error) = audit(folder.path(), &["list"]);
    assert_eq!(code, 0, "{error}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 4, "{out}");
    assert!(
        lines[0].contains("actor") && lines[1].contains("unknown:") && lines[1].contains("why=password"),
        "{out}"
    );
    assert!(lines[3].contains("user:ada") && lines[3].contains("192.0.2.7"), "{out}");
    assert!(!out.contains('\u{1b}'), "{out:?}");
    let (_, out, _) = audit(
        folder.path(),
        &["list", "--actor", "user:ada", "--action", "trace.", "--since", "-1h", "--json"],
    );
    let page: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((page["entries"].as_array().unwrap().len(), &page["entries"][0]["seq"]), (1, &2.into()));
    assert_eq!(audit(folder.path(), &["list", "--outcome", "failed"]).1.trim(), "no entries");
    let (code, _, error) = audit(folder.path(), &["list", "--since", "yesterday"]);
    assert!(code == 1 && error.contains("--since") && error.contains("yesterday"), "{error}");
}

#[test]
fn verifying_says_no_with_a_code_of_its_own_when_an_entry_was_changed() {
    let folder = data();
    let (code, out, _) = audit(folder.path(), &["verify"]);
    assert!(code == 0 && out.contains("3 entries in 1 files") && out.contains("whole"), "{out}");
    let (_, head, _) = audit(folder.path(), &["head"]);
    assert!(head.starts_with("3:") && head.trim().len() == 66, "{head}");
    assert_eq!(audit(folder.path(), &["verify", "--head", head.trim()]).0, 0);
    let other = format!("2:{}", &head.trim()[2..]);
    let (code, out, _) = audit(folder.path(), &["verify", "--head", &other]);
    assert!(code == 3 && out.contains("entry 2 does not match"), "{out}");
    let file = folder.path().join(FOLDER).join("a-000001.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("192.0.2.7", "192.0.2.8")).unwrap();
    let (code, out, _) = audit(folder.path(), &["verify"]);
    assert!(
        code == 3 && out.contains("a-000001.jsonl:1: entry 1 was changed") && out.contains("NOT WHOLE"),
        "{out}"
    );
    let (code, out, _) = audit(folder.path(), &["verify", "--json"]);
    let verdict: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &verdict["holds"], &verdict["faults"][0]["line"]), (3, &false.into(), &1.into()));
}

#[test]
fn an_export_is_the_record_and_overwrites_nothing() {
    let folder = data();
    let record = std::fs::read_to_string(folder.path().join(FOLDER).join("a-000001.jsonl")).unwrap();
    assert_eq!(audit(folder.path(), &["export"]).1, record);
    let file = folder.path().join("export.jsonl");
    let (code, out, _) = audit(folder.path(), &["export", "--out", file.to_str().unwrap()]);
    assert!(code == 0 && out.contains("3 entries"), "{out}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), record);
    let (code, _, error) = audit(folder.path(), &["export", "--out", file.to_str().unwrap()]);
    assert!(code == 1 && error.contains("export.jsonl"), "{error}");
    assert_eq!(audit(folder.path(), &["export", "--until", "-1h"]).1, "");
}

#[test]
fn a_folder_without_a_record_is_not_called_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, error) = audit(folder.path(), &["verify"]);
    assert!(code == 1 && error.contains("no audit record") && error.contains("--data-dir"), "{error}");
    assert!(!folder.path().join(FOLDER).exists());
    assert_eq!(audit(folder.path(), &["verify", "--head", "nonsense"]).0, 2);
}

#[test]
fn a_servers_record_is_listed_verified_and_exported_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert_eq!(server.post_json(&export(7)).0, 200);
    let trace = format!("{:032x}", 7);
    server.get(&format!("/api/v1/traces/{trace}"));
    let forget = |dry: bool| {
        let body = serde_json::json!({"trace_ids": [trace.as_str()], "dry_run": dry});
        assert_eq!(server.write("POST", "/api/v1/forget", &body).0, 200);
    };
    forget(true);
    forget(false);
    let audit = |more: &[&str]| run(&[&["audit"], more, &["--url", server.url("http")]].concat());
    let entries: serde_json::Value = wait_for("the entries", || {
        let (_, out, _) = audit(&["list", "--json"]);
        let page: serde_json::Value = serde_json::from_str(&out).unwrap();
        (page["entries"].as_array().unwrap().len() >= 3).then(|| page["entries"].clone())
    });
    let of =
        |action: &str| entries.as_array().unwrap().iter().find(|entry| entry["action"] == action).unwrap();
    assert_eq!(of("trace.read")["object"], trace.as_str());
    assert_eq!(of("data.forget.preview")["detail"]["remaining"], "1");
    let proof = &of("data.forget")["detail"];
    assert_eq!((&proof["remaining"], &proof["complete"]), (&"0".into(), &"true".into()), "{proof}");
    assert_eq!(proof["id_sha256"].as_str().unwrap().len(), 64);
    let (_, out, _) = audit(&["list", "--action", "data.", "--limit", "1"]);
    assert!(out.contains("data.forget") && out.lines().count() == 2, "{out}");
    let (code, head, _) = audit(&["head"]);
    let (code_of_verify, out, error) = audit(&["verify", "--head", head.trim()]);
    assert!(code == 0 && code_of_verify == 0 && out.contains("whole"), "{out}{error}");
    let (seq, hash) = head.trim().split_once(':').unwrap();
    let other = format!("{seq}:{}", hash.chars().rev().collect::<String>());
    let (code, out, _) = audit(&["verify", "--head", &other]);
    assert!(code == 3 && out.contains("NOT WHOLE"), "{code} {out}");
    let file = folder.path().join("out.jsonl");
    let (code, _, error) = audit(&["export", "--out", file.to_str().unwrap()]);
    assert_eq!(code, 0, "{error}");
    let here = run(&["audit", "export", "--data-dir", folder.path().to_str().unwrap()]).1;
    let there = std::fs::read_to_string(&file).unwrap();
    // Reading is noted as well, so that what is exported later has more.
    assert!(here.starts_with(&there) && there.lines().count() >= 3, "{there}");
}
