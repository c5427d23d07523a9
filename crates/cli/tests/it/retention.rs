//! Tests of retention with real recordings, by a server and over a folder.

use quipu_recordings::{Encoding, bodies, names};
use serde_json::Value;

use crate::server::*;

const KEYS: &str = "model provider agent framework service session user convention tool tag project commit branch billing hour day \
     week month model,hour agent,day session,model service,framework,convention user,tool";

fn sums(data: &str) -> Vec<(String, Value)> {
    let ask = |more: &[&str]| {
        let (code, said, error) = run(&[more, &["--data-dir", data, "--json"]].concat());
        assert_eq!(code, 0, "{more:?}: {error}");
        let mut answer: Value = serde_json::from_str(&said).unwrap();
        // The error of a failed run is its span's own text, which is removed with it.
        for tool in answer["tools"].as_array_mut().into_iter().flatten() {
            tool.as_object_mut().unwrap().remove("last_error");
        }
        (more.join(" "), answer)
    };
    let mut all: Vec<_> = KEYS.split_whitespace().map(|keys| ask(&["usage", "--group-by", keys])).collect();
    all.push(ask(&["tools"]));
    let times = ["--since", "2026-10-01T00:00:00Z", "--until", "2026-12-01T00:00:00Z"];
    all.push(ask(&[&["usage", "--analysis"][..], &times].concat()));
    all
}

fn send_all(server: &Server) {
    for body in names().iter().flat_map(|name| bodies(name)) {
        let json = body.encoding == Encoding::Json;
        let mut headers =
            vec![("content-type", if json { "application/json" } else { "application/x-protobuf" })];
        if body.packed {
            headers.push(("content-encoding", "gzip"));
        }
        let (status, answer) = server.post(body.signal.as_str(), &body.bytes, &headers);
        assert_eq!(status, 200, "{}: {answer}", body.path.display());
    }
}

#[test]
fn usage_of_every_recording_is_the_same_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::start_for_any_age(folder.path());
    send_all(&server);
    assert!(server.stop().success());
    let before = sums(data);
    let (code, plan, error) =
        run(&["retention", "preview", "--data-dir", data, "--traces", "1h", "--logs", "1h", "--json"]);
    assert_eq!(code, 0, "{error}");
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let traces = |told: &Value| -> u64 {
        told["days"].as_array().unwrap().iter().map(|day| day["traces"].as_u64().unwrap()).sum()
    };
    assert!(traces(&plan) > 20, "{plan}");
    let (code, told, error) =
        run(&["retention", "run", "--data-dir", data, "--traces", "1h", "--logs", "1h", "--json"]);
    assert_eq!(code, 0, "{error}");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((traces(&told), &told["left"]), (traces(&plan), &Value::Array(Vec::new())));
    for (before, after) in before.iter().zip(sums(data)) {
        assert_eq!(*before, after);
    }
    // A day that has not ended an hour ago stays: some recordings may be of today.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let ended = ((now - 3_600) / 86_400 * 86_400).to_string();
    let (code, said, error) = run(&["traces", "--data-dir", data, "--until", &ended, "--json"]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["traces"].as_array().unwrap().len(), 0);
    let (code, said, error) = run(&["check", "store", "--data-dir", data]);
    assert_eq!(code, 0, "{said}{error}");
}

#[test]
fn a_trace_is_held_by_a_server_and_released_over_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::start_for_any_age(folder.path());
    server.post_json(&export(7));
    let url = server.url("http").to_owned();
    let trace = "00000000000000000000000000000007";
    let (code, said, error) = run(&["retention", "hold", trace, "--note", "for the audit", "--url", &url]);
    assert!(code == 0 && said.contains("is held since"), "{said}{error}");
    let (code, _, error) = run(&["retention", "hold", &"9".repeat(32), "--url", &url]);
    assert!(code == 1 && error.contains("no trace"), "{error}");
    let (_, said, _) = run(&["retention", "run", "--url", &url]);
    assert!(said.starts_with("nothing went"), "{said}");
    assert!(server.stop().success());
    let (_, said, _) = run(&["retention", "holds", "--data-dir", data]);
    assert!(said.contains(trace) && said.contains("for the audit"), "{said}");
    let (_, said, error) = run(&["retention", "release", trace, "--data-dir", data]);
    assert_eq!(said.trim(), "released", "{error}");
    let (_, said, _) = run(&["retention", "holds", "--data-dir", data]);
    assert_eq!(said.trim(), "no trace is held");
}

#[test]
fn rules_that_mean_nothing_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quipu.toml");
    let refused = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let (code, _, error) =
            run(&["retention", "preview", "--config", file.to_str().unwrap(), "--data-dir", "nowhere"]);
        assert_eq!(code, 1, "{error}");
        error
    };
    assert!(refused("[retention]\ntraces = \"3 days\"\n").contains("found \"3 days\""));
    assert!(
        refused("[[retention.rule]]\ntraces = \"3d\"\n").contains("expected a service, a project or both")
    );
    assert!(refused("[project.lab.retention]\nmax_bytes = \"5B\"\n").contains("at least 1MiB"));
    let (code, _, error) = run(&["retention", "run", "--traces", "3 days"]);
    assert!(code == 2 && error.contains("expected `forever`"), "{error}");
}
