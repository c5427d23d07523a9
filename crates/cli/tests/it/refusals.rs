//! Tests of wrong usage: each error text names the mistake and its place.

use std::net::TcpListener;

use crate::server::*;

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, error) = run(&["serve", "--data-dir", folder.path().to_str().unwrap(), "--http", &address]);
    assert_eq!(code, 1);
    assert!(error.contains(&address) && error.contains("--http"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().join("data");
    let (code, _, error) = run(&["serve", "--data-dir", folder.to_str().unwrap(), "--http", "127.0.0.1:0"]);
    assert_eq!(code, 1);
    assert!(error.contains(folder.to_str().unwrap()), "{error}");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Server::start(folder.path());
    let mut args = vec!["serve", "--data-dir", folder.path().to_str().unwrap()];
    for listener in ["--http", "--otlp-http", "--otlp-grpc", "--prometheus"] {
        args.extend([listener, "127.0.0.1:0"]);
    }
    let (code, _, error) = run(&args);
    assert_eq!(code, 1);
    assert!(
        error.contains("another process") || error.contains("in use") || error.contains("locked"),
        "{error}"
    );
}

#[test]
fn unknown_settings_and_stores_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("quipu.toml");
    std::fs::write(&config, "htpp = \"127.0.0.1:1\"\n").unwrap();
    let (code, _, error) = run(&["serve", "--config", config.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(error.contains("htpp") && error.contains("quipu.toml"), "{error}");

    let folder = folder.path().to_str().unwrap();
    let (code, _, error) = run(&["traces", "--data-dir", folder, "--store", "dbase:"]);
    assert_eq!(code, 1);
    assert!(error.contains("dbase") && error.contains("sqlite"), "{error}");
    assert_eq!(run(&["traces", "--no-such-flag"]).0, 2);
}

#[test]
fn who_listens_beyond_this_machine_without_tls_is_told_so() {
    use std::io::Read as _;
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let mut command = quipu();
    command.args(["serve", "--insecure", "--http", "0.0.0.0:0", "--data-dir"]).arg(folder.path());
    command.arg("--ready-file").arg(&ready);
    for listener in ["--otlp-http", "--otlp-grpc", "--prometheus"] {
        command.args([listener, "off"]);
    }
    command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut server = command.spawn().unwrap();
    wait_for("the start", || ready.exists().then_some(()));
    server.kill().unwrap();
    server.wait().unwrap();
    let mut told = String::new();
    server.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(told.contains("without TLS"), "{told}");
}

#[test]
fn what_is_searched_for_stands_in_no_log() {
    use std::io::Read as _;
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let mut command = quipu();
    command.env(
        "QUIPU_LOG",
        "info,quipu=trace,quipu_api=trace,quipu_access=trace,quipu_receiver=trace,axum=trace",
    );
    command.args(["serve", "--http", "127.0.0.1:0", "--data-dir"]).arg(folder.path());
    command.arg("--ready-file").arg(&ready);
    for listener in ["--otlp-http", "--otlp-grpc", "--prometheus"] {
        command.args([listener, "off"]);
    }
    command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut server = command.spawn().unwrap();
    let mut stderr = server.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut told = String::new();
        stderr.read_to_string(&mut told).map(|_| told)
    });
    let urls: serde_json::Value =
        wait_for("the start", || serde_json::from_slice(&std::fs::read(&ready).ok()?).ok());
    let url = urls["http"].as_str().unwrap();
    assert_eq!(get(&format!("{url}/api/v1/traces?q=marmalade")).0, 200);
    assert_eq!(get(&format!("{url}/api/v1/traces?q=marmalade&nothing=1")).0, 400);
    assert_eq!(get(&format!("{url}/api/v1/nothing?q=marmalade")).0, 404);
    server.kill().unwrap();
    server.wait().unwrap();
    let told = reading.join().unwrap().unwrap();
    assert!(!told.contains("marmalade"), "{told}");
}
