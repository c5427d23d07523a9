//! Tests of a server without access control, for one machine only.

use std::net::SocketAddr;

use quipu_access::{AccessConfig, Gate, Mode};
use serde_json::json;

use crate::house::House;

fn at(address: &str) -> Vec<SocketAddr> {
    vec![address.parse().unwrap()]
}

fn off() -> House {
    let house =
        House::with(AccessConfig { hosts: vec!["quipu.example.org".into()], ..AccessConfig::default() });
    assert!(!house.access.settle(&at("127.0.0.1:8080"), false).unwrap());
    house
}

#[test]
fn a_server_that_others_can_reach_does_not_start_without_access() {
    let settle = |mode: Mode, address: &str, insecure: bool, key: bool| {
        let house = House::with(AccessConfig { mode, ..AccessConfig::default() });
        if key {
            house.key("ingest", None);
        }
        house.access.settle(&at(address), insecure).map_err(|error| error.to_string())
    };
    for (mode, address, insecure, key, expected) in [
        (Mode::Auto, "127.0.0.1:0", false, false, Ok(false)),
        (Mode::Auto, "[::1]:0", false, true, Ok(false)),
        (Mode::Auto, "0.0.0.0:0", false, true, Ok(true)),
        (Mode::Auto, "0.0.0.0:0", true, false, Ok(false)),
        (Mode::Auto, "0.0.0.0:0", false, false, Err("no user can log in")),
        (Mode::Auto, "[::]:0", false, false, Err("no user can log in")),
        (Mode::Auto, "192.168.1.7:80", false, false, Err("192.168.1.7:80 can be reached")),
        (Mode::Off, "127.0.0.1:0", false, true, Ok(false)),
        (Mode::Off, "0.0.0.0:0", false, true, Err("--insecure")),
        (Mode::Off, "0.0.0.0:0", true, true, Ok(false)),
        (Mode::Required, "127.0.0.1:0", false, true, Ok(true)),
        (Mode::Required, "127.0.0.1:0", true, false, Err("quipu users add")),
    ] {
        let settled = settle(mode, address, insecure, key);
        match expected {
            Ok(required) => assert_eq!(settled, Ok(required), "{mode:?} {address}"),
            Err(said) => {
                assert!(settled.clone().unwrap_err().contains(said), "{mode:?} {address}: {settled:?}")
            }
        }
    }
}

#[test]
fn whoever_made_a_user_means_it_also_on_this_machine() {
    let house = House::new();
    house.user("ada", &["admin"]);
    assert!(house.access.settle(&at("127.0.0.1:8080"), false).unwrap());
    assert!(house.access.has_admin().unwrap());
}

#[tokio::test]
async fn everybody_is_the_local_principal_and_credentials_are_not_looked_at() {
    let house = off();
    for (name, value) in
        [("authorization", "Bearer other-tools-token"), ("cookie", "quipu=stale"), ("x-none", "1")]
    {
        let answer = house.ask("DELETE", "/api/v1/views/x").header(name, value).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["principal"], &answer.json["project"]),
            (200, &json!("local"), &json!("default"))
        );
    }
    let answer = house.ask_gate(Gate::Ingest, "POST", "/v1/traces").header("quipu-project", "shop").await;
    assert_eq!(answer.json["project"], "shop");
    assert_eq!(house.ask("GET", "/api/v1/traces").header("quipu-project", "nowhere").await.status, 404);
    assert_eq!(house.ask("GET", "/api/v1/me").await.json["access"], false);
}

#[tokio::test]
async fn a_name_that_was_made_to_point_here_is_not_answered() {
    let house = off();
    for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "quipu.example.org", "quipu:8080"] {
        assert_eq!(house.ask("GET", "/api/v1/traces").header("host", host).await.status, 200, "{host}");
    }
    for host in ["evil.test:8080", "127.0.0.1.nip.io", "localhost.evil.test"] {
        for path in ["/api/v1/traces", "/", "/api/v1/live", "/metrics"] {
            let answer = house.ask("GET", path).header("host", host).await;
            assert_eq!(answer.status, 403, "{host} {path}");
            assert!(answer.text.contains("[access] hosts"), "{}", answer.text);
        }
        assert_eq!(house.ask_gate(Gate::Metrics, "GET", "/metrics").header("host", host).await.status, 403);
        let through = house.ask_gate(Gate::Gateway, "GET", "/openai/v1/models").header("host", host).await;
        assert_eq!(through.status, 403, "{host}");
        assert_eq!(house.ask("GET", "/readyz").header("host", host).await.status, 200);
    }
}

#[tokio::test]
async fn senders_may_call_the_server_what_they_like_and_browsers_may_not() {
    let house = off();
    let ask = || {
        house.ask_gate(Gate::Ingest, "POST", "/v1/traces").header("host", "collector.prod.example.com:4318")
    };
    assert_eq!(ask().await.status, 200);
    assert_eq!(ask().header("origin", "http://collector.prod.example.com:4318").await.status, 403);
}

#[tokio::test]
async fn pages_of_other_origins_change_nothing() {
    let house = off();
    for (name, value, status) in [
        ("origin", "http://evil.test", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("origin", "http://127.0.0.1:8080", 200),
        ("x-no", "browser", 200),
    ] {
        let ask = |method: &str, path: &str| {
            house.ask(method, path).header("host", "127.0.0.1:8080").header(name, value)
        };
        assert_eq!(ask("DELETE", "/api/v1/views/x").await.status, status, "{name}: {value}");
        assert_eq!(ask("POST", "/v1/traces").await.status, status, "{name}: {value}");
        assert_eq!(
            ask("GET", "/api/v1/live").header("upgrade", "websocket").await.status,
            status,
            "{name}: {value}"
        );
    }
}
