//! Tests of successful logins and of the requests that they send.

use quipu_core::ErrorKind;
use quipu_oidc::{Identity, OidcConfig, Provider};
use serde_json::json;

use crate::issuer::{BACK, CLIENT, Issuer, SECRET, query};
use crate::sign::Key;

fn ada() -> Identity {
    Identity {
        subject: "248289761001".into(),
        name: "ada".into(),
        email: Some("ada@example.com".into()),
        email_verified: true,
        groups: vec!["admins".into(), "people".into()],
    }
}

#[tokio::test]
async fn whoever_the_issuer_knows_comes_in_with_the_roles_of_their_groups() {
    for key in [Key::rsa(), Key::ec(), Key::ed()] {
        let issuer = Issuer::start(key).await;
        let provider = Provider::new(issuer.config()).unwrap();
        let identity = issuer.log_in(&provider).await.unwrap();
        assert_eq!(identity, ada());
        assert_eq!(provider.roles(&identity), ["viewer", "admin"]);
        assert_eq!(provider.roles(&Identity::default()), ["viewer"]);
        assert_eq!(issuer.asked("userinfo"), 0, "the token said everything");
    }
}

#[tokio::test]
async fn pss_is_understood_too() {
    let issuer = Issuer::start(Key::rsa()).await;
    issuer.change(|plan| plan.header = json!({"alg": "PS256"}));
    assert_eq!(issuer.log_in(&Provider::new(issuer.config()).unwrap()).await.unwrap(), ada());
}

#[tokio::test]
async fn the_browser_is_sent_with_all_that_binds_the_answer_to_it() {
    let issuer = Issuer::start(Key::ec()).await;
    let provider = Provider::new(issuer.config()).unwrap();
    let begun = provider.begin(BACK).await.unwrap();
    assert!(
        begun.url.starts_with(&format!("{}/authorize?tenant=1&response_type=code&", issuer.base)),
        "{}",
        begun.url
    );
    let said = query(&begun.url);
    let field = |name: &str| said[name].as_str();
    assert_eq!(
        (field("client_id"), field("redirect_uri"), field("scope")),
        (CLIENT, BACK, "openid profile email")
    );
    assert_eq!((field("state"), field("nonce")), (begun.state.as_str(), begun.nonce.as_str()));
    assert_eq!(field("code_challenge_method"), "S256");
    assert!(!begun.url.contains(&begun.verifier) && !begun.url.contains(SECRET));
    // RFC 7636, 4.1: 43 to 128 characters.
    assert!(begun.verifier.len() == 43 && begun.state.len() == 43 && begun.nonce.len() == 43);
    let other = provider.begin(BACK).await.unwrap();
    assert!(other.state != begun.state && other.nonce != begun.nonce && other.verifier != begun.verifier);
    assert!(begun.is_of(&begun.state) && !begun.is_of(&other.state) && !begun.is_of(""));
    assert_eq!(format!("{begun:?}"), "Begun(***)");
}

#[tokio::test]
async fn the_issuer_is_asked_about_itself_and_its_keys_once() {
    let issuer = Issuer::start(Key::ec()).await;
    let provider = Provider::new(issuer.config()).unwrap();
    for _ in 0..3 {
        issuer.log_in(&provider).await.unwrap();
    }
    assert_eq!((issuer.asked("discovery"), issuer.asked("keys"), issuer.asked("token")), (1, 1, 3));
}

/// Advances the clock without waiting.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_key_that_is_new_is_asked_for_when_a_token_names_it_but_not_all_the_time() {
    let issuer = Issuer::start(Key::ec()).await;
    let provider = Provider::new(issuer.config()).unwrap();
    issuer.log_in(&provider).await.unwrap();
    let next = Key::rsa();
    issuer.change(|plan| {
        plan.keys.push(next.public("k2"));
        plan.key = next;
        plan.kid = Some("k2");
    });
    assert_eq!(issuer.log_in(&provider).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(issuer.asked("keys"), 1, "they were asked for a moment ago");
    pass(11).await;
    assert_eq!(issuer.log_in(&provider).await.unwrap(), ada());
    assert_eq!(issuer.asked("keys"), 2);
}

#[tokio::test]
async fn a_key_that_the_issuer_withdrew_is_forgotten_within_the_hour() {
    let issuer = Issuer::start(Key::ec()).await;
    let provider = Provider::new(issuer.config()).unwrap();
    issuer.log_in(&provider).await.unwrap();
    issuer.change(|plan| plan.keys.clear());
    pass(3_601).await;
    assert_eq!(issuer.log_in(&provider).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(issuer.asked("discovery"), 2);
}

#[tokio::test]
async fn the_secret_goes_where_the_issuer_takes_it_and_a_wrong_one_is_told_as_ours() {
    let issuer = Issuer::start(Key::ec()).await;
    issuer.change(|plan| {
        plan.discovery = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    });
    issuer.log_in(&Provider::new(issuer.config()).unwrap()).await.unwrap();
    let wrong = OidcConfig { client_secret: "other".into(), ..issuer.config() };
    let error = issuer.log_in(&Provider::new(wrong).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let told = error.to_string();
    assert!(told.contains("invalid_client") && !told.contains(SECRET) && !told.contains("other"), "{told}");
}

#[tokio::test]
async fn what_a_thin_token_lacks_is_asked_for_and_has_to_be_about_the_same_person() {
    let issuer = Issuer::start(Key::ec()).await;
    issuer.change(|plan| {
        plan.claims = json!({"email": null, "preferred_username": null, "groups": null, "email_verified": null});
        plan.userinfo = Some(json!({
            "sub": "248289761001", "email": "ada@example.com", "email_verified": "true", "preferred_username": "ada",
            "groups": ["admins", "people"], "iss": "https://elsewhere",
        }));
    });
    let provider = Provider::new(issuer.config()).unwrap();
    assert_eq!(issuer.log_in(&provider).await.unwrap(), ada());
    issuer.change(|plan| plan.userinfo = Some(json!({"sub": "another user", "groups": ["admins"]})));
    let error = issuer.log_in(&provider).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Denied && error.to_string().contains("another user"), "{error}");
}

#[tokio::test]
async fn groups_are_found_by_name_or_path_and_names_show_nothing_hidden() {
    let issuer = Issuer::start(Key::ec()).await;
    issuer.change(|plan| {
        plan.claims = json!({
            "realm_access": {"roles": ["admins"]}, "https://example.com/groups": "one", "preferred_username": "ad\u{202e}a\n",
        });
    });
    for (claim, groups) in [("realm_access.roles", ["admins"]), ("https://example.com/groups", ["one"])] {
        let provider = Provider::new(OidcConfig { groups_claim: claim.into(), ..issuer.config() }).unwrap();
        let identity = issuer.log_in(&provider).await.unwrap();
        assert_eq!((identity.groups, identity.name.as_str()), (groups.map(String::from).to_vec(), "ada"));
    }
}

#[tokio::test]
async fn only_the_domains_that_are_allowed_come_in_and_only_with_verified_addresses() {
    let issuer = Issuer::start(Key::ec()).await;
    let allowed = OidcConfig { allowed_domains: vec!["Example.com".into()], ..issuer.config() };
    let provider = Provider::new(allowed).unwrap();
    issuer.log_in(&provider).await.unwrap();
    for claims in [
        json!({"email_verified": false}),
        json!({"email_verified": null}),
        json!({"email": "ada@example.com.evil.test"}),
        json!({"email": "ada@evilexample.com"}),
        json!({"email": "\"ada@example.com\"@evil.test"}),
        json!({"email": "example.com"}),
    ] {
        issuer.change(|plan| plan.claims = claims.clone());
        let error = issuer.log_in(&provider).await.err().unwrap_or_else(|| panic!("{claims} came in"));
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    }
}
