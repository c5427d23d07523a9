//! Tests of expiring credentials and their renewal.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::response::IntoResponse as _;
use quipu_backend_otlp::Otlp;
use quipu_core::{ErrorKind, Retry};
use ring::digest::{SHA256, digest};

use crate::server::{Server, status, taken};
use crate::shared::{config, nothing, open, spans, write};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A program that prints a text, and counts its runs in a file.
fn program(folder: &std::path::Path, prints: &str) -> String {
    let path = folder.join("credentials.sh");
    let count = folder.join("count");
    std::fs::write(&path, format!("#!/bin/sh\necho x >> {}\ncat <<'END'\n{prints}\nEND\n", count.display()))
        .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn runs(folder: &std::path::Path) -> usize {
    std::fs::read_to_string(folder.join("count")).map(|text| text.lines().count()).unwrap_or_default()
}

#[tokio::test]
async fn a_token_that_a_program_prints_is_used_until_its_time_is_over() {
    for protocol in ["grpc", "http/protobuf"] {
        let server = match protocol {
            "grpc" => Server::grpc(|_| Ok(0)).await,
            _ => Server::http(|_| taken()).await,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = program(folder.path(), "ya29.token");
        let auth = |keep: u64| format!("auth = {{ bearer = {{ command = [{path:?}], keep_s = {keep} }} }}");
        let text = |keep| format!("endpoint = {:?}\nprotocol = {protocol:?}\n{}", server.url, auth(keep));
        let otlp = open(&text(600));
        for _ in 0..3 {
            write(&otlp, spans(1)).await.unwrap();
        }
        assert_eq!(runs(folder.path()), 1);
        assert!(server.requests().iter().all(|seen| seen.headers["authorization"] == "Bearer ya29.token"));
        let otlp = open(&text(0));
        for _ in 0..3 {
            write(&otlp, spans(1)).await.unwrap();
        }
        assert_eq!(runs(folder.path()), 4);
    }
}

#[tokio::test]
async fn a_token_comes_from_a_metadata_server() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let metadata = Server::http(move |seen| {
        count.fetch_add(1, Ordering::Relaxed);
        assert_eq!(seen.headers["metadata-flavor"], "Google");
        axum::Json(serde_json::json!({"access_token": "t1", "expires_in": 3599, "token_type": "Bearer"}))
            .into_response()
    });
    let (metadata, server) = (metadata.await, Server::http(|_| taken()).await);
    let otlp = open(&format!(
        "endpoint = {:?}\n[auth.bearer]\nurl = \"{}/token\"\nurl_headers = {{ Metadata-Flavor = \"Google\" }}",
        server.url, metadata.url
    ));
    for _ in 0..2 {
        write(&otlp, spans(1)).await.unwrap();
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(server.requests()[0].headers["authorization"], "Bearer t1");
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_all_of_it_may_be_repeated() {
    let server = Server::http(|_| taken()).await;
    for command in ["[\"/no/such/program\"]", "[\"false\"]", "[\"true\"]"] {
        let otlp =
            open(&format!("endpoint = {:?}\nauth = {{ bearer = {{ command = {command} }} }}", server.url));
        let mut error = write(&otlp, spans(2)).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
        assert_eq!(error.take_leftover().unwrap().again.spans.len(), 2);
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn requests_to_aws_are_signed_as_aws_says() {
    // The form of AWS's signature:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    let server = Server::http(|_| taken()).await;
    let otlp = open(&format!(
        "endpoint = {:?}\ncompression = \"gzip\"\n[auth.sigv4]\nregion = \"eu-west-1\"\nservice = \"xray\"\naccess_key_id = \"AKIDEXAMPLE\"\nsecret_access_key = \"{SECRET}\"\nsession_token = \"session\"",
        server.url
    ));
    write(&otlp, spans(1)).await.unwrap();
    let seen = server.requests().remove(0);
    let text = |name: &str| seen.headers[name].to_str().unwrap().to_owned();
    assert_eq!(text("x-amz-security-token"), "session");
    let (day, host) = (text("x-amz-date")[..8].to_owned(), text("host"));
    let names = "host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
    let headers: String = names.split(';').map(|name| format!("{name}:{}\n", text(name))).collect();
    assert_eq!(host, server.url.trim_start_matches("http://"));
    assert_eq!(text("x-amz-content-sha256"), hex(digest(&SHA256, &seen.raw).as_ref()));
    let canonical = format!("POST\n/v1/traces\n\n{headers}\n{names}\n{}", text("x-amz-content-sha256"));
    let scope = format!("{day}/eu-west-1/xray/aws4_request");
    let canonical = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{canonical}", text("x-amz-date"));
    let key = format!("AWS4{SECRET}").into_bytes();
    let key =
        [day.as_str(), "eu-west-1", "xray", "aws4_request"].iter().fold(key, |key, word| hmac(&key, word));
    let signature = hex(&hmac(&key, &to_sign));
    assert_eq!(
        text("authorization"),
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    );
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn credentials_of_aws_come_from_a_program_and_are_kept_until_they_end() {
    let server = Server::http(|_| taken()).await;
    let folder = tempfile::tempdir().unwrap();
    let prints = r#"{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s","SessionToken":"t","Expiration":"2999-01-01T00:00:00Z"}"#;
    let path = program(folder.path(), prints);
    let sigv4 = format!("[auth.sigv4]\nregion = \"r\"\ncommand = [{path:?}]");
    let otlp = open(&format!("endpoint = {:?}\n{sigv4}", server.url));
    for _ in 0..2 {
        write(&otlp, spans(1)).await.unwrap();
    }
    assert_eq!(runs(folder.path()), 1);
    assert!(server.requests()[0].headers["authorization"].to_str().unwrap().contains("Credential=AKID/"));
    // Expired credentials are fetched each time.
    let path = program(folder.path(), &prints.replace("2999", "2001"));
    let otlp = open(&format!(
        "endpoint = {:?}\n{}",
        server.url,
        sigv4.replace(folder.path().to_str().unwrap(), path.rsplit_once('/').unwrap().0)
    ));
    for _ in 0..2 {
        write(&otlp, spans(1)).await.unwrap();
    }
    assert_eq!(runs(folder.path()), 3);
}

#[tokio::test]
async fn a_fixed_key_that_is_refused_is_not_tried_again() {
    let server = Server::http(|_| status(401)).await;
    let error = write(&open(&format!("endpoint = {:?}", server.url)), spans(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Denied, Retry::No));
    let fresh =
        format!("endpoint = {:?}\nauth = {{ bearer = {{ command = [\"echo\", \"t\"] }} }}", server.url);
    // Credentials that were just fetched and are rejected are not replaced.
    let error = write(&open(&fresh), spans(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Denied, Retry::No));
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    for auth in [
        "auth = { bearer = {} }",
        "auth = { bearer = { command = [\"a\"], url = \"http://b\" } }",
        "auth = { sigv4 = { region = \"r\" } }",
        "auth = { sigv4 = { command = [\"a\"] } }",
        "auth = { sigv4 = { region = \"r\", command = [\"a\"], access_key_id = \"b\" } }",
    ] {
        let error = Otlp::open(config(&format!("endpoint = \"http://a\"\n{auth}")), &nothing).err().unwrap();
        assert!(error.to_string().contains("auth."), "{auth}: {error}");
    }
}
