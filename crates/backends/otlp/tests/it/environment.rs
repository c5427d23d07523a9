//! OpenTelemetry's environment variables.

use quipu_backend_otlp::{Config, Otlp};
use quipu_core::ErrorKind;
use quipu_send::{Compression, Protocol};

use crate::certificates::Authority;
use crate::server::{Server, taken};
use crate::shared::{batch, config, nothing, variables, write};

#[tokio::test]
async fn one_endpoint_serves_all_signals_with_headers_and_packing() {
    let server = Server::http(|_| taken()).await;
    let url = format!("{}/base/", server.url);
    let environment = variables([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", " api-key = s%20e%2Cc%C3%BC , x=,,Y=2=3"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ]);
    write(&Otlp::open(Config::default(), &environment).unwrap(), batch()).await.unwrap();
    let mut paths: Vec<_> = server.requests().into_iter().map(|seen| seen.path).collect();
    paths.sort();
    assert_eq!(paths, ["/base/v1/logs", "/base/v1/metrics", "/base/v1/traces"]);
    for seen in server.requests() {
        assert_eq!(seen.headers["api-key"].as_bytes(), "s e,cü".as_bytes());
        assert_eq!((&seen.headers["x"], &seen.headers["y"]), (&"".parse().unwrap(), &"2=3".parse().unwrap()));
        assert_eq!(seen.headers["content-encoding"], "gzip");
        assert_eq!(seen.headers["content-type"], "application/json");
    }
}

#[test]
fn what_is_said_of_a_signal_is_stronger_and_its_headers_stand_alone() {
    let environment = variables([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces/x"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_LOGS_INSECURE", "True"),
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "/ca.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/me.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/me.key"),
    ]);
    let settled = Config::default().settle(&environment).unwrap();
    assert_eq!(settled.endpoint.as_deref(), Some("http://all:4318"));
    assert_eq!(settled.traces.endpoint.as_deref(), Some("http://traces/x"));
    assert_eq!(settled.traces.headers.keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!(settled.logs.headers.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(settled.traces.timeout_ms, Some(7));
    assert_eq!(settled.metrics.compression, Some(Compression::Zstd));
    assert_eq!((settled.logs.protocol, settled.logs.insecure), (Some(Protocol::Grpc), Some(true)));
    assert_eq!(settled.logs.tls.unwrap().ca_file.unwrap().to_str(), Some("/ca.pem"));
    let tls = settled.tls.unwrap();
    assert_eq!(
        (tls.cert_file.unwrap().to_str(), tls.key_file.unwrap().to_str()),
        (Some("/me.pem"), Some("/me.key"))
    );
}

#[tokio::test]
async fn certificates_are_taken_from_variables() {
    let authority = Authority::new();
    let server = Server::grpc_with(Some(authority.server("localhost", true)), 4 << 20, |_| Ok(0)).await;
    let tls = authority.known();
    let path = |file: Option<std::path::PathBuf>| file.unwrap().to_str().unwrap().to_owned();
    let (ca, cert, key) = (path(tls.ca_file), path(tls.cert_file), path(tls.key_file));
    // An endpoint without a scheme, as in gRPC's own libraries, uses TLS by default.
    let address = server.url.trim_start_matches("https://").to_owned();
    let environment = variables([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", ca.as_str()),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", cert.as_str()),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", key.as_str()),
    ]);
    write(&Otlp::open(Config::default(), &environment).unwrap(), batch()).await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn keys_of_the_environment_go_to_no_other_place() {
    let environment = variables([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "5"),
    ]);
    let settled = config("endpoint = \"http://mine\"").settle(&environment).unwrap();
    assert!(settled.traces.headers.is_empty() && settled.headers.is_empty());
    assert_eq!(settled.timeout_ms, None);
    // Unless the config enables it.
    let settled = config("endpoint = \"http://mine\"\nenvironment = true").settle(&environment).unwrap();
    assert_eq!(settled.endpoint.as_deref(), Some("http://mine"));
    assert_eq!((settled.traces.headers.len(), settled.timeout_ms), (1, Some(5)));
    let settled = config("environment = false").settle(&environment).unwrap();
    assert_eq!(settled.endpoint, None);
}

#[test]
fn what_the_file_says_is_stronger_than_any_variable() {
    let environment = variables([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "5"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "A=1,b=1"),
    ]);
    let settled = config("timeout_ms = 9\nheaders = { a = \"2\" }").settle(&environment).unwrap();
    assert_eq!((settled.timeout_ms, settled.traces.timeout_ms), (Some(9), None));
    assert_eq!(settled.traces.headers.keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_variable_that_cannot_be_read_is_named_and_its_value_is_not() {
    let cases = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "snappy"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hush"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=%FFhush"),
    ];
    for (name, value) in cases {
        let environment = variables([("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318"), (name, value)]);
        let error = Config::default().settle(&environment).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(name), "{error}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

#[test]
fn without_any_endpoint_the_error_says_how_to_give_one() {
    let error = Otlp::open(Config::default(), &nothing).err().unwrap();
    assert!(error.to_string().contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{error}");
    let error = Otlp::open(config("endpoint = \"collector:4318\""), &nothing).err().unwrap();
    assert!(error.to_string().contains("http://"), "{error}");
    let none = "endpoint = \"http://a\"\ntraces = { send = false }\nmetrics = { send = false }\nlogs = { send = false }";
    assert!(Otlp::open(config(none), &nothing).is_err());
    assert!(toml::from_str::<Config>("end_point = \"http://a\"").is_err());
}
