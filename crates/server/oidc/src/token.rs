//! ID tokens and their validation.
//!
//! The rules are those of <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>.

use jsonwebtoken::errors::ErrorKind as Why;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use quipu_core::{Clock as _, Error, ErrorKind, Result, SystemClock, Timestamp};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use crate::signatures::ALLOWED;

/// The maximum size of a token, in bytes.
const MOST: usize = 64 << 10;
/// The tolerated difference between two clocks, in seconds.
const LEEWAY: u64 = 60;

/// The claims of a validated token.
pub(crate) type Claims = Map<String, Value>;

/// A token that is not validated yet.
pub(crate) struct Token<'a> {
    text: &'a str,
    header: Header,
}

impl<'a> Token<'a> {
    /// Reads the header, which says which key the token needs.
    ///
    /// # Errors
    /// The text is not a token, or its kind is never accepted.
    pub(crate) fn read(text: &'a str) -> Result<Self> {
        if text.len() > MOST {
            return Err(refused("is too long"));
        }
        let header = decode_header(text)
            .map_err(|_| refused("cannot be read, or has an unknown signature algorithm"))?;
        if !ALLOWED.contains(&header.alg) {
            return Err(refused("is not signed with a public key"));
        }
        if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
            return Err(refused("requires an unknown extension"));
        }
        Ok(Self { text, header })
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.header.alg
    }

    /// The key id. A header may also contain a key or the URL of one; both are ignored.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Validates the token.
    ///
    /// # Errors
    /// `Denied`, with the reason.
    pub(crate) fn check(&self, key: &DecodingKey, issuer: &str, client: &str, nonce: &str) -> Result<Claims> {
        let mut rules = Validation::new(self.header.alg);
        rules.leeway = LEEWAY;
        rules.validate_nbf = true;
        rules.set_issuer(&[issuer]);
        rules.set_audience(&[client]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let read = decode::<Claims>(self.text, key, &rules).map_err(|error| refused(why(error.kind())))?;
        let claims = read.claims;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(issuer) {
            return Err(refused("is from another issuer"));
        }
        if !text("sub").is_some_and(|subject| !subject.is_empty() && subject.len() <= 255) {
            return Err(refused("has no valid subject"));
        }
        if !bool::from(text("nonce").unwrap_or_default().as_bytes().ct_eq(nonce.as_bytes())) {
            return Err(refused("is not the answer to this login"));
        }
        authorized(&claims, client)?;
        issued(&claims)?;
        Ok(claims)
    }
}

/// A token for several clients has to name the client that it was made for.
fn authorized(claims: &Claims, client: &str) -> Result<()> {
    let several = claims.get("aud").and_then(Value::as_array).is_some_and(|audience| audience.len() > 1);
    match claims.get("azp").map(Value::as_str) {
        Some(azp) if azp != Some(client) => Err(refused("was issued for another client")),
        None if several => Err(refused("is for several clients, and azp names none")),
        _ => Ok(()),
    }
}

fn issued(claims: &Claims) -> Result<()> {
    let now = SystemClock.now().nanos() / Timestamp::SECOND;
    let latest = now.saturating_add_unsigned(LEEWAY);
    // Some issuers write fractions of seconds.
    let issued = claims.get("iat").and_then(Value::as_f64);
    match issued {
        Some(at) if at <= latest as f64 => Ok(()),
        Some(_) => Err(refused("is from the future: check the clocks")),
        None => Err(refused("has no issue time")),
    }
}

fn why(kind: &Why) -> &'static str {
    match kind {
        Why::InvalidSignature | Why::RsaFailedSigning | Why::InvalidKeyFormat => {
            "is not signed by the issuer"
        }
        Why::ExpiredSignature => "has expired: check the clocks",
        Why::ImmatureSignature => "is not valid yet: check the clocks",
        Why::InvalidIssuer => "is from another issuer",
        Why::InvalidAudience => "is for another client",
        Why::MissingRequiredClaim(_) | Why::InvalidClaimFormat(_) => "lacks exp, iss, aud or sub",
        _ => "cannot be read",
    }
}

fn refused(what: &str) -> Error {
    Error::new(ErrorKind::Denied, "log in", format!("the ID token {what}"))
}
