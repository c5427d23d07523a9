//! Tests that forged tokens and callbacks are rejected.

use proptest::prelude::*;
use quipu_core::{Error, ErrorKind};
use quipu_oidc::Provider;
use ring::hmac;
use serde_json::{Value, json};

use crate::issuer::{BACK, CLIENT, Issuer, SECRET, Spoil, now};
use crate::sign::{Key, encode};

async fn refused(issuer: &Issuer, case: &str) -> Error {
    let provider = Provider::new(issuer.config()).unwrap();
    let error = issuer.log_in(&provider).await.err().unwrap_or_else(|| panic!("{case}: came in"));
    assert_eq!(error.kind(), ErrorKind::Denied, "{case}: {error}");
    error
}

#[tokio::test]
async fn a_token_with_one_wrong_claim_is_refused() {
    let issuer = Issuer::start(Key::ec()).await;
    for (claims, word) in [
        (json!({"aud": "another"}), "another client"),
        (json!({"aud": ["another"]}), "another client"),
        (json!({"aud": []}), "another client"),
        (json!({"aud": [CLIENT, "another"]}), "several"),
        (json!({"azp": "another"}), "another client"),
        (json!({"azp": 7}), "another client"),
        (json!({"iss": "https://elsewhere.test"}), "another issuer"),
        (json!({"iss": format!("{}/", issuer.base)}), "another issuer"),
        (json!({"iss": [issuer.base]}), "another issuer"),
        (json!({"exp": now() - 120}), "expired"),
        (json!({"exp": "tomorrow"}), "lacks"),
        (json!({"nbf": now() + 600}), "not valid yet"),
        (json!({"nbf": "tomorrow"}), "lacks"),
        (json!({"iat": now() + 600}), "future"),
        (json!({"nonce": "another"}), "not the answer"),
        (json!({"nonce": null}), "not the answer"),
        (json!({"nonce": ""}), "not the answer"),
        (json!({"sub": ""}), "no valid subject"),
        (json!({"sub": 7}), "lacks"),
        (json!({"sub": "x".repeat(256)}), "no valid subject"),
    ] {
        issuer.change(|plan| plan.claims = claims.clone());
        let told = refused(&issuer, &claims.to_string()).await.to_string();
        assert!(told.contains(word), "{claims}: {told}");
    }
    for name in ["iss", "aud", "exp", "iat", "sub"] {
        issuer.change(|plan| plan.claims = json!({name: Value::Null}));
        refused(&issuer, name).await;
    }
    issuer.change(|plan| plan.claims = json!({"aud": [CLIENT, "another"], "azp": CLIENT}));
    issuer.log_in(&Provider::new(issuer.config()).unwrap()).await.unwrap();
}

/// Removes the signature and sets the algorithm in the header.
fn unsigned(token: &str, algorithm: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    format!("{}.{claims}.", encode(json!({"alg": algorithm, "kid": "k1"}).to_string()))
}

/// Signs with the issuer's public key as if it were a shared secret.
fn shared(token: &str, secret: &[u8]) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let message = format!("{}.{claims}", encode(json!({"alg": "HS256", "kid": "k1"}).to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", encode(tag))
}

#[tokio::test]
async fn tokens_without_the_issuers_signature_are_refused() {
    let issuer = Issuer::start(Key::rsa()).await;
    let spoils: [(&str, Spoil); 9] = [
        ("alg none", |token| unsigned(&token, "none")),
        ("alg None", |token| unsigned(&token, "None")),
        ("no signature", |token| unsigned(&token, "RS256")),
        ("signed with the client's secret", |token| shared(&token, SECRET.as_bytes())),
        ("signed with the public key as a secret", |token| {
            shared(&token, Key::rsa().public("k1")["n"].as_str().unwrap().as_bytes())
        }),
        ("other claims under the signature", |token| {
            let parts: Vec<&str> = token.split('.').collect();
            let claims = encode(json!({"sub": "admin"}).to_string());
            format!("{}.{claims}.{}", parts[0], parts[2])
        }),
        ("four parts", |token| format!("{token}.x")),
        ("nothing", |_| String::new()),
        ("too long", |token| token + &"A".repeat(70_000)),
    ];
    for (case, spoil) in spoils {
        issuer.change(|plan| plan.spoil = spoil);
        refused(&issuer, case).await;
    }
}

#[tokio::test]
async fn another_key_is_refused_even_when_the_token_brings_it_along() {
    let issuer = Issuer::start(Key::ec()).await;
    let other = Key::ec();
    let public = other.public("k1");
    issuer.change(|plan| plan.key = other);
    assert!(refused(&issuer, "another key").await.to_string().contains("not signed by the issuer"));
    issuer.change(|plan| plan.header = json!({"jwk": public, "jku": "http://127.0.0.1:1/keys"}));
    refused(&issuer, "a key in the header").await;
    issuer.change(|plan| plan.kid = Some("k2"));
    assert!(refused(&issuer, "an unknown name").await.to_string().contains("does not list"));
}

#[tokio::test]
async fn keys_for_other_purposes_and_guesses_between_keys_are_refused() {
    let issuer = Issuer::start(Key::ec()).await;
    let right = Key::ec();
    let public = right.public("k1");
    issuer.change(|plan| plan.key = right);
    let with = |name: &str, value: &str| {
        let mut key = public.clone();
        key[name] = json!(value);
        key
    };
    for (case, keys) in [
        ("for encryption", vec![with("use", "enc")]),
        ("of another algorithm", vec![with("alg", "ES384")]),
        ("none at all", vec![]),
        ("one of two of a name", vec![public.clone(), Key::ec().public("k1")]),
        ("one that nobody understands", vec![json!({"kty": "quantum", "kid": "k1"}), json!(7)]),
        ("a shared secret", vec![json!({"kty": "oct", "kid": "k1", "k": encode("secret")})]),
    ] {
        issuer.change(|plan| plan.keys = keys);
        refused(&issuer, case).await;
    }
    issuer.change(|plan| plan.kid = None);
    issuer.change(|plan| plan.keys = vec![public.clone(), Key::ec().public("k2")]);
    refused(&issuer, "no name and two that could be meant").await;
    issuer
        .change(|plan| plan.keys = vec![public.clone(), Key::rsa().public("k2"), json!({"kty": "quantum"})]);
    issuer.log_in(&Provider::new(issuer.config()).unwrap()).await.unwrap();
}

#[tokio::test]
async fn extensions_and_algorithms_that_the_issuer_does_not_use_are_refused() {
    let issuer = Issuer::start(Key::ec()).await;
    issuer.change(|plan| plan.header = json!({"crit": ["exp"]}));
    refused(&issuer, "crit").await;
    issuer.change(|plan| {
        plan.header = json!({});
        plan.discovery = json!({"id_token_signing_alg_values_supported": ["RS256"]});
    });
    assert!(refused(&issuer, "another algorithm").await.to_string().contains("signature algorithm"));
}

#[tokio::test]
async fn a_code_is_good_once_for_the_login_that_it_came_from_and_tells_nothing() {
    let issuer = Issuer::start(Key::ec()).await;
    let provider = Provider::new(issuer.config()).unwrap();
    let begun = provider.begin(BACK).await.unwrap();
    let code = issuer.approve(&begun);
    let other = provider.begin(BACK).await.unwrap();
    // This is another browser's login: the verifier does not match, and the code is used up.
    for begun in [&other, &begun] {
        let error = provider.finish(begun, BACK, &code).await.unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(error.kind() == ErrorKind::Denied && told.contains("invalid_grant"), "{told}");
        assert!(!told.contains(&code) && !told.contains(SECRET) && !told.contains(&begun.verifier), "{told}");
    }
    for code in ["", &"x".repeat(5_000)] {
        assert_eq!(provider.finish(&begun, BACK, code).await.unwrap_err().kind(), ErrorKind::Denied);
    }
    assert_eq!(issuer.asked("token"), 2, "such codes are not even sent");
}

#[tokio::test]
async fn another_place_to_come_back_to_is_refused_by_the_issuer() {
    let issuer = Issuer::start(Key::ec()).await;
    let provider = Provider::new(issuer.config()).unwrap();
    let begun = provider.begin(BACK).await.unwrap();
    let code = issuer.approve(&begun);
    assert!(provider.finish(&begun, "http://evil.test/", &code).await.is_err());
}

#[tokio::test]
async fn what_the_issuer_says_about_itself_has_to_be_its_own_and_safe() {
    for (discovery, word) in [
        (json!({"issuer": "https://elsewhere.test"}), "name differs"),
        (json!({"token_endpoint": "http://169.254.169.254/latest"}), "token_endpoint"),
        (json!({"authorization_endpoint": "javascript:alert(1)"}), "authorization_endpoint"),
        (json!({"jwks_uri": "file:///etc/passwd"}), "jwks_uri"),
        (json!({"userinfo_endpoint": "http://user@127.0.0.1/"}), "userinfo_endpoint"),
        (json!({"jwks_uri": null}), "cannot be read"),
    ] {
        let issuer = Issuer::start(Key::ec()).await;
        issuer.change(|plan| plan.discovery = discovery.clone());
        let provider = Provider::new(issuer.config()).unwrap();
        let told = provider.begin(BACK).await.unwrap_err().to_string();
        assert!(told.contains(word), "{discovery}: {told}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_unavailable_and_comes_back() {
    let issuer = Issuer::start(Key::ec()).await;
    let mut settings = issuer.config();
    settings.issuer = "http://127.0.0.1:1".into();
    let error = Provider::new(settings).unwrap().begin(BACK).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

proptest! {
    #[test]
    fn no_text_in_the_place_of_a_token_lets_anybody_in(token in "[A-Za-z0-9_.{}\":=-]{0,300}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let issuer = Issuer::start(Key::ec()).await;
            static TEXT: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());
            *TEXT.lock().unwrap() = token;
            issuer.change(|plan| plan.spoil = |_| TEXT.lock().unwrap().clone());
            refused(&issuer, "noise").await;
        });
    }
}
