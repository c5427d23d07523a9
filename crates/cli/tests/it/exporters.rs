//! Tests of exporters: configuration, checks, delivery, and dead letters.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::server::*;

/// A port without a listener.
fn nowhere() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{address}")
}

fn config(folder: &Path, text: &str) -> String {
    let file = folder.join("quipu.toml");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn parsed(said: &str) -> Value {
    serde_json::from_str(said).unwrap()
}

/// An OTLP/HTTP server that rejects everything permanently, on its own thread.
fn refusing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut seen = [0; 65_536];
            let _ = stream.read(&mut seen);
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    url
}

/// Sends one log record.
fn log_to(server: &Server) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos().to_string();
    let record = json!({"timeUnixNano": now, "body": {"stringValue": "hello"}});
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).to_string();
    let (status, said) = server.post("logs", body.as_bytes(), &[("content-type", "application/json")]);
    assert_eq!(status, 200, "{said}");
}

/// A configuration with one OTLP backend for logs only, because the server derives metrics now and then.
fn out_to(endpoint: &str) -> String {
    format!(
        "backends = [\"out\"]\n[backend.out]\nuse = \"otlp\"\nendpoint = {endpoint:?}\nrules = {{ signals = [\"logs\"] }}\n"
    )
}

/// How delivery to a backend goes.
fn delivery(server: &Server, name: &str) -> Value {
    let answer = server.get("/api/v1/backends");
    let backends = answer["backends"].as_array().unwrap().clone();
    backends.into_iter().find(|backend| backend["name"] == name).unwrap()["delivery"].take()
}

#[test]
fn a_server_is_ready_though_a_way_out_is_down_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    // The store is the server's in any case: one file does for the library and for the server.
    let text = out_to(&nowhere()).replace("[\"out\"]", "[\"sqlite:\", \"out\"]");
    let file = config(folder.path(), &text);
    let server = Server::start_with(folder.path(), &["--config", &file]);
    log_to(&server);
    wait_for("the failure", || (delivery(&server, "out")["failures"] != 0).then_some(()));
    let way = delivery(&server, "out");
    assert_eq!((&way["queued"], &way["written"], &way["dropped"]), (&1.into(), &0.into(), &json!({})));
    assert!(way["spool_bytes"].as_u64().unwrap() > 0, "{way}");
    let (code, said, _) = run(&["check", "ready", "--url", server.url("http"), "--json"]);
    assert_eq!(code, 0, "{said}");
    let findings = parsed(&said)["checked"][0]["findings"].take();
    assert!(
        findings
            .as_array()
            .unwrap()
            .iter()
            .any(|one| { one["step"] == "out" && one["said"].as_str().unwrap().contains("cannot connect") }),
        "{findings}"
    );
}

#[test]
fn what_waits_outlives_the_server_and_goes_to_another() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = config(one.path(), &out_to(&nowhere()));
    let server = Server::start_with(one.path(), &["--config", &file]);
    log_to(&server);
    assert!(server.stop().success());
    let other = Server::start(two.path());
    let file = config(one.path(), &out_to(other.url("otlp_http")));
    let server = Server::start_with(one.path(), &["--config", &file]);
    wait_for("the delivery", || (delivery(&server, "out")["written"] == 1).then_some(()));
    let events = other.get("/api/v1/events");
    assert_eq!(events["events"][0]["body"], "hello", "{events}");
}

#[test]
fn what_is_refused_is_listed_sent_again_and_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap().to_owned();
    let file = config(folder.path(), &out_to(&refusing()));
    let server = Server::start_with(folder.path(), &["--config", &file]);
    log_to(&server);
    wait_for("the refusal", || (delivery(&server, "out")["dead_letters"] == 1).then_some(()));
    let url = server.url("http").to_owned();
    let (code, said, error) = run(&["dead-letters", "list", "--url", &url, "--json"]);
    assert_eq!(code, 0, "{error}");
    let letter = parsed(&said)["dead_letters"][0].take();
    assert_eq!(
        (&letter["backend"], &letter["reason"], &letter["records"]),
        (&"out".into(), &"refused".into(), &1.into())
    );
    let (code, said, error) = run(&["dead-letters", "replay", "out", "--url", &url, "--json"]);
    assert_eq!((code, &parsed(&said)["records"]), (0, &1.into()), "{said}{error}");
    wait_for("the second refusal", || {
        let way = delivery(&server, "out");
        (way["dead_letters"] == 1 && way["queued"] == 0).then_some(())
    });
    let (code, _, error) = run(&["dead-letters", "replay", "nobody", "--url", &url]);
    assert!(code == 1 && error.contains("nobody"), "{error}");
    assert!(server.stop().success());
    let (code, said, _) = run(&["dead-letters", "list", "--data-dir", &data]);
    assert!(code == 0 && said.contains("out") && said.contains("400"), "{said}");
    let (code, said, _) = run(&["dead-letters", "rm", "out", "--data-dir", &data]);
    assert_eq!((code, said.trim()), (0, "1 removed"));
    let (_, said, _) = run(&["dead-letters", "list", "out", "--data-dir", &data]);
    assert_eq!(said.trim(), "no dead letters");
}

#[test]
fn a_check_says_no_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), &format!("backends = [\"file:\", \"otlp:{}\"]\n", nowhere()));
    let (code, said, _) = run(&["check", "backends", "--config", &file]);
    assert!(code == 3 && said.contains("otlp: NOT ok") && !said.contains("file"), "{said}");
    let (code, said, _) = run(&["check", "ready", "--url", &nowhere(), "--json"]);
    assert_eq!((code, &parsed(&said)["ok"]), (3, &false.into()));
    let (code, said, _) = run(&["check", "prometheus", "--prometheus", &nowhere()]);
    assert!(code == 3 && said.contains("reach"), "{said}");
}

#[test]
fn a_check_that_is_well_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (code, said, error) = run(&["check", "otlp", &format!("otlp:{}", server.url("otlp_http"))]);
    assert!(code == 0 && said.contains("otlp: ok"), "{said}{error}");
}

#[test]
fn a_server_does_not_start_with_half_of_its_exporters() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "sk-1234";
    let text = format!(
        "backends = [\"otlp:http://127.0.0.1:1\", \"pigeon\", \"lost\"]\n\
         [backend.otlp]\nheaders = {{ authorization = \"{secret}\" }}\ntimeout = 5\n\
         [backend.lost]\nuse = \"otlp\"\nendpoint = \"http://${{NO_SUCH_HOST}}\"\n"
    );
    let file = config(folder.path(), &text);
    let (code, _, error) = run(&[
        "serve",
        "--data-dir",
        folder.path().to_str().unwrap(),
        "--config",
        &file,
        "--http",
        "127.0.0.1:0",
        "--otlp-http",
        "127.0.0.1:0",
        "--otlp-grpc",
        "off",
        "--prometheus",
        "off",
    ]);
    assert_eq!(code, 1);
    for word in ["timeout", "quipu.toml:2", "pigeon", "NO_SUCH_HOST"] {
        assert!(error.contains(word), "{word}: {error}");
    }
    assert!(!error.contains(secret), "{error}");
    let file = config(folder.path(), &format!("backend = \"{secret}\"\n"));
    let (_, _, error) = run(&["check", "backends", "--config", &file]);
    assert!(error.contains("quipu.toml:1") && !error.contains(secret), "{error}");
}

#[test]
fn files_for_other_programs_are_written_and_printed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let (code, said, error) =
        run(&["generate", "prometheus", "--out", out.to_str().unwrap(), "--target", "quipu:9464"]);
    assert_eq!(code, 0, "{error}");
    assert!(said.lines().all(|path| Path::new(path).is_file()) && said.lines().count() >= 3, "{said}");
    assert!(fs::read_to_string(out.join("prometheus.yml")).unwrap().contains("quipu:9464"));
    let (code, said, _) = run(&["generate", "grafana"]);
    assert!(code == 0 && said.contains("# provisioning/datasources/quipu.yml"), "{said}");
}

#[test]
fn the_former_names_of_the_gateway_still_work() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("former.toml");
    fs::write(&file, "[proxy]\nservice = \"mine\"\n").unwrap();
    let more = ["--config", file.to_str().unwrap(), "--proxy", "127.0.0.1:0"];
    let log = folder.path().join("log");
    let server = Server::start_saying(folder.path(), &more, fs::File::create(&log).unwrap().into());
    assert!(server.url("gateway").starts_with("http://127.0.0.1:"));
    assert_eq!(server.url("gateway"), server.url("proxy"));
    drop(server);
    let said = fs::read_to_string(&log).unwrap();
    for former in
        ["`--proxy` is deprecated: use `--gateway`", "the table [proxy] is deprecated: use [gateway]"]
    {
        assert_eq!(said.matches(former).count(), 1, "{said}");
    }
    let both = config(folder.path(), "[proxy]\n[gateway]\n");
    let (code, _, said) = run(&["gateway", "--config", &both]);
    assert!(code != 0 && said.contains("[proxy] is the former name of [gateway]"), "{said}");
    let (code, _, said) = run(&["proxy", "--config", "/does/not/exist.toml"]);
    assert_ne!(code, 0);
    assert_eq!(said.matches("`quipu proxy` is deprecated: use `quipu gateway`").count(), 1, "{said}");
}
