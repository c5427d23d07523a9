//! Tests of backups: a backup is complete or fails, and lists its contents.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::server::*;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A data folder with one trace of two spans, that no server has open.
fn filled(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    let server = Server::start(&data);
    assert_eq!(server.post_json(&export(1)).0, 200);
    assert!(server.stop().success());
    data
}

fn back_up(data: &Path, out: &Path) -> (i32, String, String) {
    run(&["backup", "--json", "--data-dir", text(data), "--out", text(out)])
}

fn json(answer: (i32, String, String)) -> Value {
    let (code, out, err) = answer;
    assert_eq!(code, 0, "{out} {err}");
    serde_json::from_str(&out).unwrap()
}

/// A backup that fails, names this, and leaves nothing.
fn refused(data: &Path, what: &str) {
    for name in ["refused", "refused.tar.zst"] {
        let out = data.parent().unwrap().join(name);
        let (code, _, err) = back_up(data, &out);
        assert!(code == 1 && err.contains(what), "{what}: {code} {err}");
        assert!(!out.exists() && !out.with_file_name(format!("{name}.partial")).exists(), "{what}");
    }
}

fn day(data: &Path) -> PathBuf {
    let days = std::fs::read_dir(data.join("days")).unwrap().flatten().map(|entry| entry.path());
    days.into_iter().find(|path| text(path).contains("/d-") && text(path).ends_with(".db")).unwrap()
}

#[test]
fn what_is_behind_links_is_in_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let data = filled(folder.path());
    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::create_dir_all(data.join("documents/views")).unwrap();
    std::fs::write(data.join("documents/views/a.json"), "{}").unwrap();
    for name in ["days", "budgets.db", "documents"] {
        std::fs::rename(data.join(name), elsewhere.join(name)).unwrap();
        symlink(elsewhere.join(name), data.join(name)).unwrap();
    }
    for name in ["copy", "copy.tar.zst"] {
        let (copy, back) = (folder.path().join(name), folder.path().join(format!("{name}-back")));
        let taken = json(back_up(&data, &copy));
        assert_eq!((&taken["days"], &taken["spans"]), (&1.into(), &2.into()), "{taken}");
        let looked = json(run(&["restore", text(&copy), "--dry-run", "--json"]));
        assert_eq!((&looked["days"], &looked["spans"]), (&1.into(), &2.into()), "{looked}");
        json(run(&["restore", text(&copy), "--data-dir", text(&back), "--json"]));
        let checked = json(run(&["check", "store", "--deep", "--json", "--data-dir", text(&back)]));
        assert_eq!((&checked["spans"], &checked["sound"]), (&2.into(), &true.into()));
        assert!(back.join("budgets.db").exists() && back.join("documents/views/a.json").exists());
    }
}

#[test]
fn what_cannot_be_copied_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = filled(folder.path());
    let odd = data.join("odd");
    symlink(folder.path().join("nowhere"), &odd).unwrap();
    refused(&data, "odd: the link points to nothing");
    std::fs::remove_file(&odd).unwrap();
    symlink(&data, &odd).unwrap();
    refused(&data, "odd: the link points to a folder above it");
    std::fs::remove_file(&odd).unwrap();
    symlink(folder.path(), &odd).unwrap();
    refused(&data, "the copy would be inside");
    std::fs::remove_file(&odd).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&odd).status().unwrap().success());
    refused(&data, "odd: it is neither a file nor a folder");
    std::fs::remove_file(&odd).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&odd).unwrap();
    refused(&data, "odd: it is neither a file nor a folder");
    std::fs::remove_file(&odd).unwrap();
    let log = PathBuf::from(format!("{}-wal", data.join("budgets.db").display()));
    assert!(std::process::Command::new("mkfifo").arg(&log).status().unwrap().success());
    refused(&data, "budgets.db");
}

#[test]
fn a_day_that_is_missing_or_empty_fails_the_backup() {
    let folder = tempfile::tempdir().unwrap();
    let data = filled(folder.path());
    let (file, aside) = (day(&data), folder.path().join("aside.db"));
    std::fs::rename(&file, &aside).unwrap();
    refused(&data, text(&file));
    std::fs::write(&file, "").unwrap();
    refused(&data, text(&file));
    std::fs::rename(&aside, &file).unwrap();
    json(back_up(&data, &folder.path().join("copy")));
    std::fs::remove_file(data.join("catalog.db")).unwrap();
    refused(&data, "there is no store here");
}

#[test]
fn a_damaged_database_is_copied_as_it_is_and_the_answer_is_no() {
    let folder = tempfile::tempdir().unwrap();
    let data = filled(folder.path());
    std::fs::write(day(&data), "nothing of the kind").unwrap();
    let (code, out, err) = back_up(&data, &folder.path().join("copy"));
    assert_eq!(code, 3, "{out} {err}");
    let taken: Value = serde_json::from_str(&out).unwrap();
    assert!(taken["damaged"][0].as_str().unwrap().contains("days/d-"), "{taken}");
}

#[test]
fn a_copy_without_a_day_or_with_an_edited_manifest_is_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy) = (filled(folder.path()), folder.path().join("copy"));
    json(back_up(&data, &copy));
    let refused = |what: &str| {
        let (code, out, err) = run(&["restore", text(&copy), "--dry-run"]);
        assert!(code == 1 && err.contains(what), "{what}: {code} {out} {err}");
    };
    let manifest = copy.join("manifest.json");
    let said = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, said.replacen("\"spans\": 2", "\"spans\": 3", 1)).unwrap();
    refused("checksum mismatch in its manifest");
    // One of the form before, which has no sum: the catalog still says which days there are.
    let file = day(&copy.join("data"));
    std::fs::remove_file(&file).unwrap();
    let mut first: Value = serde_json::from_str(&said).unwrap();
    first["format"] = 1.into();
    first["sha256"] = "".into();
    first["stores"] = serde_json::json!([]);
    first["files"]
        .as_array_mut()
        .unwrap()
        .retain(|entry| !entry["name"].as_str().unwrap().contains("days/d-"));
    std::fs::write(&manifest, first.to_string()).unwrap();
    refused("is missing");
}

#[test]
fn an_archive_that_was_cut_off_or_whose_backup_was_killed_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy) = (filled(folder.path()), folder.path().join("copy.tar.zst"));
    // So much that a backup takes a moment.
    let mut bytes = vec![0_u8; 24 << 20];
    let mut state = 1_u64;
    bytes.iter_mut().for_each(|byte| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *byte = (state >> 56) as u8;
    });
    std::fs::write(data.join("large"), &bytes).unwrap();
    let partial = folder.path().join("copy.tar.zst.partial");
    let mut child = quipu()
        .args(["backup", "--data-dir", text(&data), "--out", text(&copy)])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = || std::fs::metadata(&partial).is_ok_and(|file| file.len() > 0);
    wait_for("the backup", || (begun() || child.try_wait().unwrap().is_some()).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    if !copy.exists() {
        json(back_up(&data, &copy));
    }
    assert!(!partial.exists());
    let whole = std::fs::read(&copy).unwrap();
    json(run(&["restore", text(&copy), "--dry-run", "--json"]));
    for part in [1, 2, 3] {
        std::fs::write(&copy, &whole[..whole.len() * part / 4]).unwrap();
        let back = folder.path().join("back");
        let (code, _, err) = run(&["restore", text(&copy), "--data-dir", text(&back)]);
        assert!(code == 1 && !err.is_empty(), "{err}");
        assert!(!back.exists() || std::fs::read_dir(&back).unwrap().next().is_none());
    }
}

#[test]
fn the_stores_of_projects_are_counted_and_half_a_restore_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let data = filled(folder.path());
    let shop = folder.path().join("shop");
    std::fs::create_dir_all(shop.join("days")).unwrap();
    for name in ["catalog.db", "catalog.db-wal"] {
        if data.join(name).exists() {
            std::fs::copy(data.join(name), shop.join(name)).unwrap();
        }
    }
    std::fs::copy(day(&data), shop.join("days").join(day(&data).file_name().unwrap())).unwrap();
    std::fs::create_dir(data.join("projects")).unwrap();
    symlink(&shop, data.join("projects/shop")).unwrap();
    let copy = folder.path().join("copy");
    let taken = json(back_up(&data, &copy));
    assert_eq!((&taken["days"], &taken["spans"]), (&2.into(), &4.into()), "{taken}");
    assert_eq!(taken["stores"][1]["name"], "data/projects/shop/");
    std::fs::remove_file(day(&shop)).unwrap();
    refused(&data, "shop");
    let back = folder.path().join("back");
    std::fs::create_dir_all(back.join(".restoring")).unwrap();
    let (code, _, err) = run(&["serve", "--data-dir", text(&back), "--http", "127.0.0.1:0"]);
    assert!(code == 1 && err.contains("did not finish"), "{err}");
    assert!(!back.join("access.db").exists());
}
