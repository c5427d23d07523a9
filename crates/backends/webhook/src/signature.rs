//! Signatures of Standard Webhooks:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use quipu_core::{Result, Timestamp};
use quipu_send::Secret;
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};

use crate::Config;
use crate::fault::wrong;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIME: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// The same id as in [`ID`], for receivers that support draft-ietf-httpapi-idempotency-key-header.
const IDEMPOTENCY: HeaderName = HeaderName::from_static("idempotency-key");

/// The signing keys.
pub(crate) struct Signer(Vec<Key>);

impl Signer {
    /// # Errors
    /// A secret begins with `whsec_`, but no base64 follows.
    pub fn new(config: &Config) -> Result<Self> {
        let said = [("secret", &config.secret), ("old_secret", &config.old_secret)];
        let said = said.into_iter().filter(|(_, secret)| !secret.is_empty());
        said.map(|(name, secret)| key(name, secret)).collect::<Result<_>>().map(Self)
    }

    /// The headers of a request: its id (the same for the same body), the time, and the signatures over both
    /// and the body.
    pub fn headers(&self, body: &[u8], now: Timestamp) -> HeaderMap {
        let (id, time) = (id(body), now.nanos().div_euclid(Timestamp::SECOND).to_string());
        let mut headers = HeaderMap::with_capacity(4);
        if !self.0.is_empty() {
            let signed = [id.as_bytes(), b".", time.as_bytes(), b".", body].concat();
            let each = self.0.iter().map(|key| format!("v1,{}", STANDARD.encode(sign(key, &signed))));
            put(&mut headers, SIGNATURE, &each.collect::<Vec<_>>().join(" "));
        }
        put(&mut headers, ID, &id);
        put(&mut headers, IDEMPOTENCY, &id);
        put(&mut headers, TIME, &time);
        headers
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    // The texts have only letters, digits and a few symbols.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

fn id(body: &[u8]) -> String {
    let sum = digest(&SHA256, body);
    let hex = sum.as_ref().iter().take(16).map(|byte| format!("{byte:02x}"));
    std::iter::once("quipu_".to_owned()).chain(hex).collect()
}

fn key(name: &str, secret: &Secret) -> Result<Key> {
    let text = secret.expose();
    let bytes = match text.strip_prefix("whsec_") {
        Some(encoded) => STANDARD
            .decode(encoded)
            .map_err(|_| wrong(format!("{name}: the part after whsec_ is not base64")))?,
        None => text.as_bytes().to_vec(),
    };
    Ok(Key::new(HMAC_SHA256, &bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn signer(secret: &str, old: &str) -> Signer {
        Signer::new(&Config { secret: secret.into(), old_secret: old.into(), ..Config::default() }).unwrap()
    }

    /// The test vector of the reference libraries: `msg_p5jXN8AQM9LWM0D4loKWxJek`, 1614265330,
    /// `{"test": 2432232314}`.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let Signer(keys) = signer("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "");
        let signed = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        let text = STANDARD.encode(sign(&keys[0], signed));
        assert_eq!(text, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn headers_hold_id_time_and_a_signature_for_each_secret() {
        let now = Timestamp::from_nanos(1_614_265_330_999_999_999);
        let headers = signer("a", "b").headers(b"{}", now);
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!(text("webhook-timestamp"), "1614265330");
        assert_eq!(text("webhook-id"), "quipu_44136fa355b3678a1146ad16f7e8649e");
        assert_eq!(text("idempotency-key"), text("webhook-id"));
        let each = text("webhook-signature");
        assert_eq!(each.split(' ').filter(|one| one.starts_with("v1,")).count(), 2);
        assert!(signer("", "").headers(b"{}", now).get("webhook-signature").is_none());
        assert!(Signer::new(&Config { secret: "whsec_%".into(), ..Config::default() }).is_err());
    }
}
