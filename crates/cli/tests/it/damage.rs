//! Tests of missing or damaged files: `/readyz` and `check store` name them, and never take them for empty
//! ones.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::server::*;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn day(data: &Path) -> PathBuf {
    let days = std::fs::read_dir(data.join("days")).unwrap().flatten().map(|entry| entry.path());
    days.into_iter().find(|path| text(path).contains("/d-") && text(path).ends_with(".db")).unwrap()
}

fn filled(data: &Path) {
    let server = Server::start(data);
    assert_eq!(server.post_json(&export(1)).0, 200);
    assert!(server.stop().success());
}

fn check(data: &Path, more: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(&[&["check", "store", "--json", "--data-dir", text(data)], more].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {err}")))
}

fn finding(data: &Path, what: &str) {
    let (code, checked) = check(data, &[]);
    assert!(code == 3 && checked["findings"].to_string().contains(what), "{what}: {code} {checked}");
}

fn ready(server: &Server) -> Value {
    serde_json::from_str(&get(&format!("{}/readyz", server.url("http"))).1).unwrap()
}

#[test]
fn a_day_without_its_file_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    filled(data);
    let file = day(data);
    for (why, content) in [("its file is missing", None), ("its file is empty", Some(""))] {
        std::fs::remove_file(&file).unwrap();
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        finding(data, why);
        let server = Server::start(data);
        let told = ready(&server);
        assert!(told["status"] == "degraded" && told.to_string().contains(why), "{told}");
        assert!(server.stop().success());
        finding(data, why);
        // The loss is reported, and then the store is sound.
        let (code, mended) = check(data, &["--repair"]);
        assert!(code == 3 && !mended["lost"].as_array().unwrap().is_empty(), "{mended}");
        for entry in std::fs::read_dir(data.join("days")).unwrap().flatten() {
            std::fs::remove_file(entry.path()).unwrap();
        }
        assert_eq!(check(data, &[]).0, 0);
        filled(data);
    }
}

#[test]
fn a_day_whose_file_goes_while_the_server_runs_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Server::start(data);
    assert_eq!(server.post_json(&export(1)).0, 200);
    std::fs::remove_file(day(data)).unwrap();
    let told =
        wait_for("the word of it", || Some(ready(&server)).filter(|told| told["status"] == "degraded"));
    assert!(told.to_string().contains("its file is missing"), "{told}");
    // New records are kept, and the loss stays reported.
    assert_eq!(server.post_json(&export(2)).0, 200);
    let usage = server.get("/api/v1/traces");
    assert_eq!(usage["traces"].as_array().unwrap().len(), 1, "{usage}");
    let told =
        wait_for("an answer", || Some(ready(&server)).filter(|told| !told.to_string().contains("its file")));
    assert_eq!(told["status"], "degraded", "{told}");
    assert!(server.stop().success());
    finding(data, "found missing");
    let again = Server::start(data);
    assert_eq!(ready(&again)["status"], "degraded");
    assert!(again.stop().success());
    let (code, mended) = check(data, &["--repair"]);
    assert!(code == 3 && mended["lost"].to_string().contains("its file is missing"), "{mended}");
    assert_eq!(check(data, &["--deep"]).0, 0);
}

#[test]
fn a_catalog_that_is_missing_or_empty_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    filled(data);
    for content in [None, Some(""), Some("nothing of the kind")] {
        std::fs::remove_file(data.join("catalog.db")).unwrap();
        if let Some(content) = content {
            std::fs::write(data.join("catalog.db"), content).unwrap();
        }
        finding(data, "catalog.db");
        let server = Server::start(data);
        let told = ready(&server);
        assert!(told["status"] == "down" && told.to_string().contains("catalog.db"), "{told}");
        assert_eq!(server.post_json(&export(2)).0, 503);
        assert!(server.stop().success());
        let (_, mended) = check(data, &["--repair"]);
        assert!(mended["done"].is_array(), "{mended}");
        let (code, checked) = check(data, &["--deep"]);
        assert_eq!((code, &checked["spans"]), (0, &2.into()), "{checked}");
    }
}

#[test]
fn a_damaged_project_is_set_aside_and_the_others_run() {
    let files = ["catalog.db", "budgets.db", "alerts.db"];
    for (damaged, file) in ["shop", "default"].iter().flat_map(|name| files.map(|file| (*name, file))) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let config = folder.path().join("quipu.toml");
        std::fs::write(&config, "[project.shop]\n[project.lab]\n").unwrap();
        let start = || Server::start_with(&data, &["--config", text(&config)]);
        let send = |server: &Server, project: &str| {
            let headers = [("content-type", "application/json"), ("quipu-project", project)];
            server.post("traces", export(1).to_string().as_bytes(), &headers).0
        };
        let server = start();
        for project in ["default", "shop", "lab"] {
            assert_eq!(send(&server, project), 200);
        }
        assert!(server.stop().success());
        let home = if damaged == "default" { data.clone() } else { data.join("projects").join(damaged) };
        let path = home.join(file);
        let before = std::fs::read(&path).unwrap();
        std::fs::write(&path, vec![b'?'; 8_192]).unwrap();
        let server = start();
        for project in ["default", "shop", "lab"] {
            let wanted = if project == damaged { 503 } else { 200 };
            assert_eq!(send(&server, project), wanted, "{project} while {file} of {damaged} is damaged");
        }
        let told = ready(&server);
        assert_eq!((&told["projects"]["ready"], &told["projects"]["down"]), (&2.into(), &1.into()), "{told}");
        assert_ne!(told["status"], "ready");
        assert!(damaged != "default" || told.to_string().contains(file), "{told}");
        assert!(server.stop().success());
        assert_eq!(std::fs::read(&path).unwrap(), vec![b'?'; 8_192], "nothing of it is touched");
        finding(&data, file);
        if file != "catalog.db" {
            let (code, mended) = check(&data, &["--repair"]);
            let aside = format!("{file}.damaged-1");
            assert!(code == 3 && mended["done"].to_string().contains(&aside), "{mended}");
        } else {
            std::fs::write(&path, before).unwrap();
        }
        let server = start();
        assert_eq!((send(&server, damaged), &ready(&server)["status"]), (200, &"ready".into()));
    }
}

#[test]
fn what_lies_beside_the_store_is_checked_too() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    filled(data);
    let added = run(&["keys", "add", "mine", "--scope", "admin", "--data-dir", text(data)]);
    assert_eq!(added.0, 0, "{added:?}");
    assert_eq!(check(data, &[]).0, 0);
    let register = data.join("access.db");
    let whole = std::fs::read(&register).unwrap();
    std::fs::write(&register, "nothing of the kind").unwrap();
    finding(data, "access.db");
    // The file is never set aside: without it, callers would not need to authenticate.
    let (code, mended) = check(data, &["--repair"]);
    assert!(code == 3 && mended["lost"].to_string().contains("access.db"), "{mended}");
    assert_eq!(std::fs::read(&register).unwrap(), b"nothing of the kind");
    std::fs::write(&register, whole).unwrap();
    for (name, content) in [
        ("documents/views/mine.json", "{"),
        ("prices.toml", "= ="),
        (
            "otlp/spool/00000000000000000001.spool",
            "QUIPUSPL and then something else that is no frame at all, but long",
        ),
        ("otlp/dead/00000000000000000001.dead", "no letter"),
    ] {
        let path = data.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        finding(data, name);
        std::fs::remove_file(&path).unwrap();
    }
    assert_eq!(check(data, &[]).0, 0);
}
