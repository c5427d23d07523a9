//! Wrong use: each says what is wrong and where.

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
