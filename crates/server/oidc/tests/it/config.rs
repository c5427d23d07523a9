//! Tests that an invalid configuration is rejected with the expected value.

use quipu_oidc::{OidcConfig, Provider};

type Change = fn(&mut OidcConfig);

fn right() -> OidcConfig {
    OidcConfig {
        issuer: "https://login.example.com/realm".into(),
        client_id: "quipu".into(),
        client_secret: "hidden-secret".into(),
        roles: [("*".into(), "viewer".into())].into(),
        ..OidcConfig::default()
    }
}

#[test]
fn right_ones_are_taken() {
    assert!(Provider::new(right()).is_ok());
    for issuer in ["http://localhost:9", "http://127.0.0.1", "http://[::1]:8/x"] {
        assert!(Provider::new(OidcConfig { issuer: issuer.into(), ..right() }).is_ok(), "{issuer}");
    }
}

#[test]
fn wrong_ones_are_refused_by_name_without_telling_the_secret() {
    let cases: [(Change, &str); 12] = [
        (|it| it.issuer = "http://login.example.com".into(), "issuer"),
        (|it| it.issuer = "https://login.example.com/?a=b".into(), "issuer"),
        (|it| it.issuer = "https://user:pass@login.example.com".into(), "issuer"),
        (|it| it.issuer = "http://localhost.evil.test".into(), "issuer"),
        (|it| it.issuer.clear(), "issuer"),
        (|it| it.client_id.clear(), "client_id"),
        (|it| it.client_secret_file = Some("/nowhere".into()), "exclude each other"),
        (|it| it.redirect_url = Some("javascript:alert(1)".into()), "redirect_url"),
        (|it| it.scopes = vec!["openid email".into()], "scopes"),
        (|it| it.roles.clear(), "roles"),
        (|it| it.timeout_ms = 1, "timeout_ms"),
        (
            |it| {
                it.client_secret = Default::default();
                it.client_secret_file = Some("/nowhere/secret".into());
            },
            "/nowhere/secret",
        ),
    ];
    for (change, word) in cases {
        let mut settings = right();
        change(&mut settings);
        let told = Provider::new(settings).err().unwrap_or_else(|| panic!("{word} was taken")).to_string();
        assert!(told.contains(word) && !told.contains("hidden-secret"), "{told}");
    }
}
