//! The public keys of an issuer.

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys of a set that are read, at most.
const MOST: usize = 64;

/// The key set at `jwks_uri` (RFC 7517).
pub(crate) struct Keys(Vec<Jwk>);

impl Keys {
    /// Reads a set and skips unsupported keys, as the RFC requires.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(body).ok()?;
        let keys = set.keys.into_iter().take(MOST).filter_map(|key| serde_json::from_value(key).ok());
        Some(Self(keys.collect()))
    }

    /// Returns the key that a token names. For a token without a key id it is the only suitable key.
    pub(crate) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let mut fitting = self.0.iter().filter(|key| {
            fits(key, algorithm) && kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
        });
        let key = fitting.next()?;
        // Without a key id, a choice among several keys would be a guess.
        fitting.next().is_none().then(|| DecodingKey::from_jwk(key).ok())?
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let family = match &key.algorithm {
        AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa,
        AlgorithmParameters::EllipticCurve(_) => AlgorithmFamily::Ec,
        AlgorithmParameters::OctetKeyPair(_) => AlgorithmFamily::Ed,
        // A shared secret in a public document is not a secret.
        _ => return false,
    };
    let signs = key.common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
    let alike = key.common.key_algorithm.is_none_or(|of| of == KeyAlgorithm::from(algorithm));
    family == algorithm.family() && signs && alike
}
