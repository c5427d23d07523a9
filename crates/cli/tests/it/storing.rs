//! Tests of the commands on the store's files: backup of a store in use, restore; damage; layouts.

use std::path::Path;

use serde_json::Value;

use crate::server::*;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn json(args: &[&str]) -> Value {
    let (code, out, err) = run(args);
    assert_eq!(code, 0, "{args:?}: {out} {err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_copy_of_a_running_server_is_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    for trace in 1..=20 {
        assert_eq!(server.post_json(&export(trace)).0, 200);
    }
    let usage = server.get("/api/v1/usage");
    for name in ["copy", "copy.tar.zst"] {
        let copy = folder.path().join(name);
        let back = folder.path().join(format!("{name}-back"));
        let taken = json(&["backup", "--json", "--data-dir", text(&data), "--out", text(&copy)]);
        assert_eq!(taken["damaged"], serde_json::json!([]));
        // It goes on meanwhile.
        assert_eq!(server.post_json(&export(1)).0, 200);
        let (code, _, err) = run(&["backup", "--data-dir", text(&data), "--out", text(&copy)]);
        assert!(code == 1 && err.contains("already exists"), "{err}");
        let looked = json(&["restore", text(&copy), "--dry-run", "--json"]);
        assert_eq!((&looked["files"], &looked["bytes"]), (&taken["files"], &taken["bytes"]));
        json(&["restore", text(&copy), "--data-dir", text(&back), "--json"]);
        let restored = json(&["usage", "--data-dir", text(&back), "--json"]);
        assert_eq!(restored["total"], usage["total"], "{name}");
        assert_eq!(run(&["check", "store", "--deep", "--data-dir", text(&back)]).0, 0);
        let (code, _, err) = run(&["restore", text(&copy), "--data-dir", text(&back)]);
        assert!(code == 1 && err.contains("the folder is not empty"), "{err}");
        let again = Server::start(&back);
        assert_eq!(again.get("/api/v1/usage"), usage);
    }
}

#[test]
fn a_copy_that_changed_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy, back) =
        (folder.path().join("data"), folder.path().join("copy"), folder.path().join("back"));
    let server = Server::start(&data);
    server.post_json(&export(1));
    json(&["backup", "--json", "--data-dir", text(&data), "--out", text(&copy)]);
    let refused = |what: &str| {
        let (code, _, err) = run(&["restore", text(&copy), "--data-dir", text(&back)]);
        assert!(code == 1 && err.contains(what), "{what}: {err}");
        assert!(!back.exists() || std::fs::read_dir(&back).unwrap().next().is_none(), "{what}");
    };
    let catalog = copy.join("data/catalog.db");
    let bytes = std::fs::read(&catalog).unwrap();
    let mut other = bytes.clone();
    other[1_000] ^= 1;
    std::fs::write(&catalog, other).unwrap();
    refused("checksum mismatch in data/catalog.db");
    std::fs::remove_file(&catalog).unwrap();
    refused("catalog.db is missing");
    std::fs::write(&catalog, &bytes).unwrap();
    std::fs::write(copy.join("data/more"), "?").unwrap();
    refused("data/more is not in its manifest");
    std::fs::remove_file(copy.join("data/more")).unwrap();
    let manifest = copy.join("manifest.json");
    let said = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, said.replacen("\"catalog\": ", "\"catalog\": 9", 1)).unwrap();
    refused("use a newer build");
    std::fs::remove_file(&manifest).unwrap();
    refused("is incomplete");
    let (code, _, err) = run(&["backup", "--data-dir", text(&data), "--out", text(&data.join("within"))]);
    assert!(code == 1 && err.contains("would be inside"), "{err}");
}

#[test]
fn an_archive_cannot_write_beside_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.tar.zst");
    let back = folder.path().join("in/back");
    for name in ["data/../../escaped", "/escaped", "other/file"] {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000600");
        header[124..135].copy_from_slice(b"00000000001");
        header[156] = b'0';
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let mut archive = header.to_vec();
        archive.resize(512 + 512 + 1_024, 0);
        std::fs::write(&copy, zstd::encode_all(&archive[..], 1).unwrap()).unwrap();
        let (code, _, err) = run(&["restore", text(&copy), "--data-dir", text(&back)]);
        assert!(code == 1 && err.contains("is not a file name of a backup"), "{name}: {err}");
        assert!(!folder.path().join("in/escaped").exists() && !folder.path().join("escaped").exists());
    }
}

#[test]
fn a_store_is_mended_once_its_server_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(1));
    let (code, _, err) = run(&["check", "store", "--repair", "--data-dir", text(folder.path())]);
    assert!(code == 1 && err.contains("stop the server first"), "{err}");
    assert!(server.stop().success());
    let mended = json(&["check", "store", "--repair", "--json", "--data-dir", text(folder.path())]);
    assert_eq!(mended, serde_json::json!({"done": [], "lost": []}));
    let day = std::fs::read_dir(folder.path().join("days")).unwrap().flatten().map(|entry| entry.path());
    let day = day.into_iter().find(|path| text(path).contains("/d-") && text(path).ends_with(".db")).unwrap();
    std::fs::write(&day, "nothing of the kind").unwrap();
    let (code, out, err) = run(&["check", "store", "--repair", "--data-dir", text(folder.path())]);
    assert!(code == 3 && out.contains("LOST") && out.contains("backup"), "{out} {err}");
    let plan = json(&["migrate", "--dry-run", "--json", "--data-dir", text(folder.path())]);
    assert_eq!((&plan["fits"], &plan["stores"][0]["files"]), (&true.into(), &serde_json::json!([])));
}

/// Copies the store's files while no process has them open.
fn copy_store(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("days")).unwrap();
    for name in ["catalog.db", "catalog.db-wal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
    for entry in std::fs::read_dir(from.join("days")).unwrap().flatten() {
        std::fs::copy(entry.path(), to.join("days").join(entry.file_name())).unwrap();
    }
}

#[test]
fn the_stores_of_all_projects_are_checked_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(1));
    assert!(server.stop().success());
    let shop = folder.path().join("projects/shop");
    copy_store(folder.path(), &shop);
    let place = ["--json", "--data-dir", text(folder.path())];
    let checked = json(&[&["check", "store"][..], &place].concat());
    assert_eq!(checked["projects"][0]["project"], "shop");
    assert_eq!((&checked["projects"][0]["spans"], &checked["sound"]), (&checked["spans"], &true.into()));
    let day = std::fs::read_dir(shop.join("days")).unwrap().flatten().map(|entry| entry.path());
    let day = day.into_iter().find(|path| text(path).contains("/d-") && text(path).ends_with(".db")).unwrap();
    std::fs::write(&day, "nothing of the kind").unwrap();
    for deep in [&[][..], &["--deep"]] {
        let (code, out, err) = run(&[&["check", "store"][..], &place, deep].concat());
        assert!(code == 3 && out.contains("Project shop: Day "), "{out} {err}");
    }
    let (code, out, _) = run(&[&["check", "store", "--repair"][..], &place].concat());
    let mended: Value = serde_json::from_str(&out).unwrap();
    assert!(code == 3 && mended["lost"][0].as_str().unwrap().starts_with("Project shop: "), "{mended}");
    assert!(!day.exists() && folder.path().join("catalog.db").exists());
}

#[test]
fn a_look_at_what_would_be_forgotten_says_which_files_it_cannot_see() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(1));
    assert!(server.stop().success());
    std::fs::write(folder.path().join("days/d-20260101.db.repaired-1"), "somebody").unwrap();
    let proof = json(&["forget", "--user", "u-1", "--dry-run", "--json", "--data-dir", text(folder.path())]);
    let places = proof["places"].as_array().unwrap();
    let file = places.iter().find(|place| place["what"].as_str().unwrap().contains("repaired-1")).unwrap();
    assert!(file["place"] == "store" && file["trouble"].as_str().unwrap().contains("not reached"), "{file}");
    let (code, _, err) = run(&["forget", "--user", "u-1", "--data-dir", text(folder.path())]);
    assert!(code == 1 && err.contains("repaired-1"), "{err}");
    let failed = json(&["audit", "list", "--outcome", "failed", "--json", "--data-dir", text(folder.path())]);
    assert_eq!(failed["entries"][0]["object"], "/api/v1/forget", "{failed}");
}

#[test]
fn traces_are_not_proven_to_be_gone_while_a_file_was_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(1));
    let aside = folder.path().join("days/d-20260101.db.repaired-1");
    std::fs::write(&aside, "a user").unwrap();
    let body = serde_json::json!({"trace_ids": [format!("{:032x}", 1)]});
    let forget = || {
        let (status, proof) = server.write("POST", "/api/v1/forget", &body);
        assert_eq!(status, 200, "{proof}");
        serde_json::from_str::<Value>(&proof).unwrap()
    };
    let proof = forget();
    assert_eq!((&proof["complete"], &proof["remaining"]), (&false.into(), &0.into()), "{proof}");
    assert!(proof.to_string().contains("repaired-1") && proof.to_string().contains("not reached"), "{proof}");
    std::fs::remove_file(aside).unwrap();
    // Databases next to the store name users too; the register of access does not.
    std::fs::write(folder.path().join("access.db.damaged-1"), "a user").unwrap();
    for name in ["budgets.db.damaged-1", "alerts.db.damaged-1", "catalog.db.damaged-1"] {
        let aside = folder.path().join(name);
        std::fs::write(&aside, "a user").unwrap();
        let proof = forget();
        assert!(proof["complete"] == false && proof.to_string().contains(name), "{proof}");
        std::fs::remove_file(aside).unwrap();
    }
    assert_eq!(forget()["complete"], true);
}

#[test]
fn the_audit_says_no_more_of_a_proof_than_whoever_asked_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(1));
    assert!(server.stop().success());
    let spool = quipu::BackendConfigs::folder(folder.path()).join("elsewhere/spool");
    std::fs::create_dir_all(&spool).unwrap();
    std::fs::write(spool.join("1.spool"), "").unwrap();
    let (code, out, err) = run(&["forget", "--user", "u-1", "--json", "--data-dir", text(folder.path())]);
    let proof: Value = serde_json::from_str(&out).unwrap();
    assert!(code != 0 && proof["complete"] == false, "{proof} {err}");
    let noted = json(&["audit", "list", "--json", "--data-dir", text(folder.path())]);
    let detail = &noted["entries"][0]["detail"];
    assert_eq!(
        (&detail["id_sha256"], &detail["complete"]),
        (&proof["id_sha256"], &"false".into()),
        "{noted}"
    );
}

#[test]
fn a_server_whose_log_cannot_be_written_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    // As where the log is a file on a disk that is full or turned read-only.
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let server = Server::start_saying(folder.path(), &[], full.into());
    assert_eq!(server.post_json(&export(1)).0, 200);
    assert!(server.stop().success());
}

#[test]
fn durability_has_two_words() {
    let folder = tempfile::tempdir().unwrap();
    for word in ["os", "disk"] {
        let server = Server::start_with(folder.path(), &["--durability", word]);
        assert_eq!(server.post_json(&export(1)).0, 200, "{word}");
        assert!(server.stop().success());
    }
    let (code, _, err) =
        run(&["serve", "--data-dir", text(folder.path()), "--store", "sqlite:?durability=often"]);
    assert!(code == 1 && err.contains("expected os or disk"), "{err}");
}
