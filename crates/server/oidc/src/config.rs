//! Configuration of an OpenID Connect issuer.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use http::Uri;
use quipu_core::{Error, ErrorKind, Result};
use quipu_send::{Secret, Tls};
use serde::{Deserialize, Serialize};

/// An issuer and the roles of its groups; the table `[access.oidc]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcConfig {
    /// The issuer's URL, exactly as in its ID tokens: https, or http on loopback. The client reads
    /// `/.well-known/openid-configuration` below it.
    pub issuer: String,
    /// The client id.
    pub client_id: String,
    /// The client secret. A client without a secret is a public client, which PKCE protects.
    pub client_secret: Secret,
    /// A file that contains the secret.
    pub client_secret_file: Option<PathBuf>,
    /// The callback URL, as registered with the issuer; by default derived from the requested host.
    pub redirect_url: Option<String>,
    /// The requested scopes; `openid` is always added.
    pub scopes: Vec<String>,
    /// The claim with the groups: a list of texts, or one text.
    pub groups_claim: String,
    /// The role of each group: `viewer`, `editor` or `admin`. The group `*` stands for every user of the
    /// issuer.
    pub roles: BTreeMap<String, String>,
    /// The accepted domains of verified e-mail addresses; an empty list accepts everyone.
    pub allowed_domains: Vec<String>,
    /// TLS of the connection to the issuer.
    pub tls: Tls,
    /// The timeout of each request to the issuer, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: Secret::default(),
            client_secret_file: None,
            redirect_url: None,
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            groups_claim: "groups".into(),
            roles: BTreeMap::new(),
            allowed_domains: Vec::new(),
            tls: Tls::default(),
            timeout_ms: 10_000,
        }
    }
}

impl OidcConfig {
    /// Checks the configuration.
    ///
    /// # Errors
    /// Names the invalid key and the expected value. The text contains no secret.
    pub fn check(&self) -> Result<()> {
        let wrong = |what: &str| Err(Error::new(ErrorKind::Invalid, "configure OpenID Connect", what));
        if !is_safe(&self.issuer) || self.issuer.contains(['?', '#']) {
            return wrong(
                "access.oidc.issuer: expected an https URL without ? and #, or an http URL on \
                loopback",
            );
        }
        if self.client_id.is_empty() {
            return wrong("access.oidc.client_id is missing");
        }
        if !self.client_secret.is_empty() && self.client_secret_file.is_some() {
            return wrong("access.oidc: client_secret and client_secret_file exclude each other");
        }
        if self.redirect_url.as_deref().is_some_and(|url| !is_safe(url) || url.contains('#')) {
            return wrong(
                "access.oidc.redirect_url: expected an https URL without #, or an http URL on \
                loopback",
            );
        }
        if self.scopes.iter().any(|scope| scope.is_empty() || !scope.bytes().all(is_scope)) {
            return wrong("access.oidc.scopes: expected words without spaces, quotes and backslashes");
        }
        if self.roles.is_empty() {
            return wrong(
                "access.oidc.roles is empty, so no user could log in: add a group, or * for all users",
            );
        }
        if !(100..=60_000).contains(&self.timeout_ms) {
            return wrong("access.oidc.timeout_ms: expected 100 to 60000");
        }
        Ok(())
    }

    /// Returns the secret from the configuration or the file.
    pub(crate) fn secret(&self) -> Result<Secret> {
        let Some(file) = &self.client_secret_file else { return Ok(self.client_secret.clone()) };
        let text = std::fs::read_to_string(file).map_err(|cause| {
            let what = format!("access.oidc.client_secret_file {} cannot be read", file.display());
            Error::new(ErrorKind::Invalid, "configure OpenID Connect", what).caused_by(cause)
        })?;
        Ok(Secret::from(text.trim_end_matches(['\r', '\n'])))
    }

    /// Returns the requested scopes, `openid` first.
    pub(crate) fn scope(&self) -> String {
        let others = self.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
        std::iter::once("openid").chain(others).collect::<Vec<_>>().join(" ")
    }
}

/// The characters of a scope (RFC 6749, 3.3).
const fn is_scope(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// Returns whether the address is protected from eavesdropping: https, or http on loopback.
pub(crate) fn is_safe(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let named = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    match uri.scheme_str() {
        Some("https") => named && !host.is_empty(),
        Some("http") => {
            named && (host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()))
        }
        _ => false,
    }
}
