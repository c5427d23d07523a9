//! Tests of TLS, with server and client certificates.

use std::time::Duration;

use quipu_core::{ErrorKind, Retry};
use quipu_otlp::Signal;
use quipu_send::{HttpConfig, OtlpSender, Protocol, Tls, reach};

use crate::certificates::Authority;
use crate::server::{Server, taken};

const PROTOCOLS: [Protocol; 2] = [Protocol::Grpc, Protocol::HttpProtobuf];

async fn server(authority: &Authority, protocol: Protocol, name: &str, wants_clients: bool) -> Server {
    let tls = Some(authority.server(name, wants_clients));
    match protocol {
        Protocol::Grpc => Server::grpc_with(tls, 4 << 20, |_| Ok(0)).await,
        _ => Server::http_with(tls, |_| taken()).await,
    }
}

async fn export(url: &str, protocol: Protocol, tls: Tls) -> quipu_core::Result<()> {
    let settings = HttpConfig { tls, timeout_ms: 5_000, ..HttpConfig::default() };
    OtlpSender::new(url, protocol, &settings)?.export(Signal::Traces, b"\n\x00".to_vec()).await.map(drop)
}

#[tokio::test]
async fn a_server_with_a_certificate_of_a_known_authority_is_trusted() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        let server = server(&authority, protocol, "localhost", false).await;
        export(&server.url, protocol, authority.trusted()).await.unwrap();
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_server_of_another_authority_or_name_gets_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    for protocol in PROTOCOLS {
        for (shown, trusted) in [
            ("localhost", other.trusted()),
            ("elsewhere.test", authority.trusted()),
            ("localhost", Tls::default()),
        ] {
            let server = server(&authority, protocol, shown, false).await;
            let error = export(&server.url, protocol, trusted).await.unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
            assert!(error.to_string().contains("certificate"), "{error}");
            assert!(server.requests().is_empty());
        }
    }
}

#[tokio::test]
async fn a_server_that_wants_to_know_us_is_shown_our_certificate() {
    let (authority, other) = (Authority::new(), Authority::new());
    for protocol in PROTOCOLS {
        let server = server(&authority, protocol, "localhost", true).await;
        export(&server.url, protocol, authority.known()).await.unwrap();
        let stranger = Tls { ca_file: authority.trusted().ca_file, ..other.known() };
        for tls in [authority.trusted(), stranger] {
            let error = export(&server.url, protocol, tls).await.unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes), "{error}");
        }
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn the_way_is_told_step_by_step() {
    let authority = Authority::new();
    let wait = Duration::from_secs(5);
    let steps = |findings: Vec<quipu_core::Finding>| {
        findings.into_iter().map(|finding| (finding.step, finding.ok)).collect::<Vec<_>>()
    };
    let server = server(&authority, Protocol::HttpProtobuf, "localhost", false).await;
    let good = [("reach".to_owned(), true), ("tls".to_owned(), true)];
    assert_eq!(steps(reach(&server.url, &authority.trusted(), wait).await), good);
    let way = reach(&server.url, &Tls::default(), wait).await;
    assert!(way[1].said.contains("certificate") && !way[1].ok, "{way:?}");
    let way = reach("http://no-such-host.invalid:4318/v1/traces", &Tls::default(), wait).await;
    assert!(way.len() == 1 && way[0].said.contains("no-such-host.invalid"), "{way:?}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let way = reach(&url, &Tls::default(), wait).await;
    assert!(!way[0].ok && way[0].said.contains("rejects the connection"), "{way:?}");
    let plain = Server::http(|_| taken()).await;
    let way = reach(&plain.url.replace("http://127.0.0.1", "https://localhost"), &Tls::default(), wait).await;
    assert_eq!(steps(way), [("reach".to_owned(), true), ("tls".to_owned(), false)]);
}

#[test]
fn files_that_hold_nothing_of_use_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let key = Tls { cert_file: Some(empty.clone()), ..Tls::default() };
    let only_nothing = Tls { ca_only: true, ..Tls::default() };
    assert!(only_nothing.client().unwrap_err().to_string().contains("ca_only needs ca_file"));
    for tls in [Tls { ca_file: Some(empty.clone()), ..Tls::default() }, key] {
        let error = tls.client().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("pem") || error.to_string().contains("key_file"), "{error}");
    }
}
