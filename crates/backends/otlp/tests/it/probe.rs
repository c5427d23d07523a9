//! The findings of `quipu check otlp`.

use axum::response::IntoResponse as _;
use quipu_core::{Backend as _, Finding};

use crate::certificates::Authority;
use crate::server::{Server, status, taken};
use crate::shared::{open, records};

async fn look(text: &str) -> Vec<Finding> {
    open(text).probe().await
}

fn steps(findings: &[Finding]) -> Vec<(&str, bool)> {
    findings.iter().map(|finding| (finding.step.as_str(), finding.ok)).collect()
}

#[tokio::test]
async fn when_all_is_well_every_step_says_so() {
    let server = Server::http(|_| taken()).await;
    let findings = look(&format!("endpoint = {:?}", server.url)).await;
    assert_eq!(
        steps(&findings),
        [("reach", true), ("auth", true), ("traces", true), ("logs", true), ("metrics", true)]
    );
    let seen = server.requests();
    assert_eq!(records(&seen[0]).spans[0].name, "quipu check");
    assert_eq!(records(&seen[1]).events[0].name, "quipu check");
    assert_eq!(records(&seen[2]).metrics.len(), 0);
}

#[tokio::test]
async fn over_grpc_with_tls_too() {
    let authority = Authority::new();
    let server = Server::grpc_with(Some(authority.server("localhost", false)), 4 << 20, |_| Ok(0)).await;
    let ca = authority.trusted().ca_file.unwrap();
    let text = |ca: &str| {
        format!("endpoint = {:?}\nprotocol = \"grpc\"\nmetrics = {{ send = false }}\n{ca}", server.url)
    };
    let findings = look(&text(&format!("tls = {{ ca_file = {ca:?} }}"))).await;
    assert_eq!(
        steps(&findings),
        [("reach", true), ("tls", true), ("auth", true), ("traces", true), ("logs", true)]
    );
    // An unknown certificate authority.
    let findings = look(&text("")).await;
    assert_eq!(steps(&findings)[..2], [("reach", true), ("tls", false)]);
    assert!(findings[1].said.contains("ca_file"), "{findings:?}");
}

#[tokio::test]
async fn a_wrong_key_is_told_with_the_servers_words_and_without_the_key() {
    let server = Server::http(|seen| {
        let key = seen.headers["authorization"].to_str().unwrap().to_owned();
        (http::StatusCode::UNAUTHORIZED, format!("no such key: {key}")).into_response()
    });
    let server = server.await;
    let header = "headers = { authorization = \"Bearer hush-hush\" }";
    let token = "auth = { bearer = { command = [\"echo\", \"hush-hush-hush-hush\"] } }";
    for rights in [header, token] {
        let findings = look(&format!("endpoint = {:?}\n{rights}", server.url)).await;
        assert_eq!(steps(&findings), [("reach", true), ("auth", false)]);
        assert!(findings[1].said.contains("401") && findings[1].said.contains("no such key"), "{findings:?}");
        assert!(!format!("{findings:?}").contains("hush"), "{findings:?}");
    }
}

#[tokio::test]
async fn a_wrong_path_a_wrong_protocol_and_nobody_there_are_told_apart() {
    let server = Server::http(|_| status(404)).await;
    let findings = look(&format!("endpoint = {:?}", server.url)).await;
    let traces = findings.iter().find(|finding| finding.step == "traces").unwrap();
    assert!(!traces.ok && traces.said.contains("no OTLP at this path"), "{findings:?}");
    let grpc = Server::grpc(|_| Ok(0)).await;
    let other = look(&format!("endpoint = {:?}\nprotocol = \"http/protobuf\"", grpc.url)).await;
    assert!(other.iter().any(|finding| !finding.ok), "{other:?}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let findings = look(&format!("endpoint = {url:?}")).await;
    assert_eq!(steps(&findings)[0], ("reach", false));
    assert!(findings[0].said.contains("rejects the connection"), "{findings:?}");
}
