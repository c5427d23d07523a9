//! `quipu migrate --from --to`: beside a running server, then the last pass, then a server on the target.

use serde_json::{Value, json};

use crate::server::*;

#[test]
fn a_store_moves_beside_its_server_and_the_next_one_answers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, target, progress) = (at("data"), format!("sqlite:{}", at("target")), at("progress.json"));
    let move_it = |more: &[&str]| {
        let args = ["migrate", "--json", "--from", "sqlite:", "--to", &target, "--data-dir", &data];
        run(&[&args, &["--progress", progress.as_str()][..], more].concat())
    };
    let parsed = |out: &str| serde_json::from_str::<Value>(out).unwrap();
    let server = Server::start(folder.path().join("data").as_path());
    for trace in 1..=10 {
        assert_eq!(server.post_json(&export(trace)).0, 200);
    }
    let (code, out, err) = move_it(&["--ahead"]);
    assert_eq!((code, &parsed(&out)["finished"]), (0, &json!(false)), "{out} {err}");
    assert!(parsed(&out)["spans"].as_u64().unwrap() > 0, "{out}");
    let (code, _, err) = move_it(&[]);
    assert!(code == 1 && err.contains("stop the server"), "{err}");
    for trace in 11..=20 {
        assert_eq!(server.post_json(&export(trace)).0, 200);
    }
    let usage = server.get("/api/v1/usage");
    assert!(server.stop().success());
    let (code, out, err) = move_it(&[]);
    let moved = parsed(&out);
    assert_eq!(
        (code, &moved["finished"], &moved["differences"]),
        (0, &json!(true), &json!([])),
        "{out} {err}"
    );
    assert!(move_it(&[]).2.contains("is finished"));
    let again = Server::start_with(folder.path().join("other").as_path(), &["--store", &target]);
    assert_eq!(again.get("/api/v1/usage"), usage);
}

#[test]
fn a_missing_source_and_half_a_move_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let target = format!("sqlite:{data}/target");
    let (code, _, err) = run(&["migrate", "--from", "sqlite:", "--to", &target, "--data-dir", data]);
    assert!(code == 1 && err.contains("there is no store"), "{err}");
    assert!(!folder.path().join("target").exists());
    assert_eq!(run(&["migrate", "--from", "sqlite:", "--data-dir", data]).0, 2);
    assert_eq!(run(&["migrate", "--ahead", "--data-dir", data]).0, 2);
}
