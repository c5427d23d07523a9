//! Tests of invalid tokens and of the bootstrap key.

use proptest::prelude::*;
use quipu_access::{AccessConfig, Gate};

use crate::house::House;

const BOOTSTRAP: &str = "5f2d1c9a7b3e4f60aa11bb22cc33dd44ee55ff66";

#[tokio::test]
async fn a_key_of_the_right_form_with_a_known_id_is_no_key() {
    let house = House::new();
    let key = house.key("admin", None);
    let mut other = key.clone();
    other.replace_range(12.., "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let mut said = Vec::new();
    for wrong in [
        other.as_str(),
        "qk_aaaaaaaa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "sk-other",
        &key[..54],
        &format!("{key}x"),
    ] {
        let answer = house.ask("GET", "/api/v1/traces").key(wrong).await;
        assert_eq!(answer.status, 401, "{wrong}");
        said.push(answer.text);
    }
    // A correct id alone reveals no more than a wrong one.
    assert!(said.iter().all(|text| *text == said[0]));
}

#[test]
fn no_header_that_is_not_a_key_lets_anybody_in() {
    let house = House::new();
    let key = house.key("admin", None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let form = prop_oneof![
        "[ -~]{0,120}",
        "qk_[a-z2-9]{8}_[A-Za-z0-9_-]{43}",
        Just(()).prop_flat_map(move |()| {
            let key = key.clone();
            (0_usize..55).prop_map(move |cut| key[..cut].to_owned())
        }),
    ];
    let name = prop::sample::select(vec!["authorization", "x-quipu-key", "x-api-key", "cookie"]);
    let scheme = prop::sample::select(vec!["", "Bearer ", "Basic ", "quipu=", "__Host-quipu="]);
    let mut runner = proptest::test_runner::TestRunner::default();
    runner
        .run(&(name, scheme, form), |(name, scheme, text)| {
            for gate in [Gate::Api, Gate::Ingest, Gate::Metrics, Gate::Gateway] {
                let ask = house.ask_gate(gate, "POST", "/v1/traces").header(name, &format!("{scheme}{text}"));
                let answer = runtime.block_on(async { ask.await });
                prop_assert_eq!(answer.status.as_u16(), 401);
                prop_assert!(text.len() < 12 || !answer.text.contains(&text));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_path_gets_around_the_table() {
    let house = House::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut runner = proptest::test_runner::TestRunner::default();
    let part = prop_oneof![
        Just("".to_owned()),
        Just("..".to_owned()),
        Just("%2e%2e".to_owned()),
        "[a-z%0-9;.]{1,6}"
    ];
    let path = prop::collection::vec(part, 0..4).prop_map(|parts| format!("/api/v1/{}", parts.join("/")));
    let open = ["/api/v1/me", "/api/v1/login/oidc", "/api/v1/login/oidc/callback"];
    runner
        .run(&path, |path| {
            prop_assume!(!open.contains(&path.as_str()) && path.parse::<axum::http::Uri>().is_ok());
            let answer = runtime.block_on(async { house.ask("GET", &path).await });
            prop_assert_eq!(answer.status.as_u16(), 401, "{}", path);
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn the_key_that_a_server_is_started_with_may_do_everything() {
    let house =
        House::with(AccessConfig { bootstrap_key: Some(BOOTSTRAP.into()), ..AccessConfig::default() });
    assert!(house.access.settle(&["0.0.0.0:1".parse().unwrap()], false).unwrap());
    let answer = house.ask("GET", "/api/v1/users").key(BOOTSTRAP).await;
    assert_eq!(answer.status, 200);
    assert_eq!(house.ask("GET", "/api/v1/users").key(&BOOTSTRAP[1..]).await.status, 401);
    assert_eq!(house.elsewhere().keys().unwrap(), []);
}

#[test]
fn the_key_can_come_from_a_file_and_from_one_place_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{BOOTSTRAP}\n")).unwrap();
    let settings = AccessConfig { bootstrap_key_file: Some(file), ..AccessConfig::default() };
    assert!(House::with(settings.clone()).access.has_admin().unwrap());
    let both = AccessConfig { bootstrap_key: Some(BOOTSTRAP.into()), ..settings };
    let open = quipu_access::Access::open(
        folder.path(),
        both,
        quipu_audit::Audit::none(),
        std::sync::Arc::new(quipu_core::NoMeter),
        std::sync::Arc::new(quipu_core::SystemClock),
    );
    assert!(open.unwrap_err().to_string().contains("both"));
}
