//! Config values, variables and errors.

use quipu_backend_jaeger::{Config, Jaeger, Protocol};
use quipu_send::Secret;

fn of(endpoint: &str) -> Protocol {
    Config { endpoint: endpoint.to_owned(), ..Config::default() }.protocol()
}

#[test]
fn the_endpoint_shows_how_jaeger_is_spoken_to() {
    assert_eq!(of("http://jaeger:4318"), Protocol::HttpProtobuf);
    assert_eq!(of("https://jaeger.example/otlp"), Protocol::HttpProtobuf);
    assert_eq!(of("http://jaeger:4317/"), Protocol::Grpc);
    assert_eq!(of("udp://agent:6831"), Protocol::Agent);
    assert_eq!(of("http://collector:14268/api/traces"), Protocol::Collector);
    let said = Config { protocol: Some(Protocol::Grpc), ..Config::default() };
    assert_eq!(said.protocol(), Protocol::Grpc);
}

#[test]
fn settings_are_read_and_unknown_ones_refused() {
    let text = "endpoint = 'agent:6831'\nprotocol = 'agent'\npassword = 'hush'\nusername = 'me'\nmapping = 'passthrough'";
    let config: Config = toml::from_str(text).unwrap();
    assert_eq!(config.protocol(), Protocol::Agent);
    assert!(!format!("{config:?}").contains("hush"));
    let same: Config = toml::from_str("protocol = 'udp/thrift.compact'").unwrap();
    assert_eq!(same.protocol(), Protocol::Agent);
    assert!(toml::from_str::<Config>("endpoints = ''").unwrap_err().to_string().contains("endpoints"));
}

#[test]
fn variables_fill_what_is_not_set() {
    let variables = |name: &str| match name {
        "OTEL_EXPORTER_JAEGER_AGENT_HOST" => Some("agent".to_owned()),
        "OTEL_EXPORTER_JAEGER_PASSWORD" => Some("hush".to_owned()),
        "OTEL_EXPORTER_JAEGER_TIMEOUT" => Some("250".to_owned()),
        _ => None,
    };
    let config = Config::default().or_variables(variables).unwrap();
    assert_eq!((config.endpoint.as_str(), config.protocol()), ("udp://agent:6831", Protocol::Agent));
    assert_eq!((config.password, config.timeout_ms), (Some(Secret::from("hush")), 250));
    let set = Config { endpoint: "http://j:4318".to_owned(), timeout_ms: 9, ..Config::default() };
    let set = set.or_variables(variables).unwrap();
    assert_eq!((set.endpoint.as_str(), set.timeout_ms), ("http://j:4318", 9));
    assert_eq!(set.password, None, "it is meant for another place");

    let endpoint = |text: &'static str| {
        let named = |name: &str| name.ends_with("JAEGER_ENDPOINT").then(|| text.to_owned());
        Config::default().or_variables(named).unwrap().endpoint
    };
    assert_eq!(endpoint("http://c:14268/api/traces"), "http://c:14268/api/traces");
    assert_eq!(endpoint("http://c:14268"), "http://c:14268/api/traces");
    let wrong = Config::default().or_variables(|name| name.ends_with("TIMEOUT").then(|| "soon".to_owned()));
    assert!(wrong.unwrap_err().to_string().contains("OTEL_EXPORTER_JAEGER_TIMEOUT"));
}

fn refusal(config: Config) -> String {
    Jaeger::open(config).err().unwrap().to_string()
}

#[tokio::test]
async fn what_cannot_work_is_refused_with_what_to_do() {
    assert!(refusal(Config::default()).contains("endpoint"));
    let there = Config { endpoint: "http://localhost:4318".to_owned(), ..Config::default() };
    let packet = Config { max_packet_bytes: 100_000, ..there.clone() };
    assert!(refusal(packet).contains("4096 to 65000"));
    let lone = Config { username: Some("me".to_owned()), ..there.clone() };
    assert!(refusal(lone).contains("password"));
    assert!(refusal(Config { timeout_ms: 0, ..there }).contains("timeout_ms"));
    assert!(refusal(Config { endpoint: "jaeger:4318".to_owned(), ..Config::default() }).contains("http"));
}

#[cfg(not(feature = "legacy-agent"))]
#[tokio::test]
async fn without_the_feature_thrift_is_refused_with_the_way_out() {
    for endpoint in ["udp://agent:6831", "http://c:14268/api/traces"] {
        let said = refusal(Config { endpoint: endpoint.to_owned(), ..Config::default() });
        assert!(said.contains("legacy-agent") && said.contains("OTLP"), "{said}");
    }
}

#[cfg(feature = "legacy-agent")]
#[tokio::test]
async fn an_agent_is_a_host_and_a_port() {
    for good in ["udp://agent", "udp://agent:6831", "udp://[::1]:6831", "udp://[::1]", "udp://10.0.0.1:1/"] {
        Jaeger::open(Config { endpoint: good.to_owned(), ..Config::default() }).unwrap();
    }
    for wrong in ["udp://", "udp://::1:6831", "udp://agent:0", "udp://agent:x", "udp://a/b", "udp://a@b:1"] {
        let said = refusal(Config { endpoint: wrong.to_owned(), ..Config::default() });
        assert!(said.contains("agent"), "{wrong}: {said}");
    }
}
