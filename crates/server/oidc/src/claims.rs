//! Claims of a token, converted to an identity.

use quipu_core::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::token::Claims;
use crate::{Identity, OidcConfig};

/// The maximum length of a name or an e-mail address, in characters.
const TEXT: usize = 255;
/// Groups of an identity, and characters of each.
const GROUPS: usize = 1_000;
const GROUP: usize = 256;

impl Identity {
    pub(crate) fn of(claims: &Claims, settings: &OidcConfig) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(|text| plain(text, TEXT));
        let said = |name: &str| text(name).filter(|text| !text.is_empty());
        let subject = said("sub").unwrap_or_default();
        let email = said("email");
        let name = said("preferred_username").or_else(|| said("name")).or_else(|| email.clone());
        Self {
            name: name.unwrap_or_else(|| subject.clone()),
            subject,
            email,
            email_verified: is_true(claims.get("email_verified")),
            groups: groups(find(claims, &settings.groups_claim)),
        }
    }

    /// Checks whether the identity may log in at all.
    ///
    /// # Errors
    /// `Denied`, with the reason.
    pub(crate) fn admitted(self, settings: &OidcConfig) -> Result<Self> {
        let refused = |what| Err(Error::new(ErrorKind::Denied, "log in", what));
        if settings.allowed_domains.is_empty() {
            return Ok(self);
        }
        let domain = self.email.as_deref().and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
        match domain {
            None => refused("the issuer sent no e-mail address, which access.oidc.allowed_domains requires"),
            Some(_) if !self.email_verified => refused("the issuer has not verified the e-mail address"),
            Some(domain)
                if settings.allowed_domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain)) =>
            {
                Ok(self)
            }
            Some(_) => refused("the e-mail address is not in access.oidc.allowed_domains"),
        }
    }
}

/// Returns whether claims are missing that the userinfo endpoint may supply.
pub(crate) fn is_thin(claims: &Claims, settings: &OidcConfig) -> bool {
    let named = ["preferred_username", "name", "email"].iter().any(|name| claims.contains_key(*name));
    let mailed = settings.allowed_domains.is_empty() || claims.contains_key("email");
    let grouped =
        settings.roles.keys().all(|group| group == "*") || find(claims, &settings.groups_claim).is_some();
    !(named && mailed && grouped)
}

/// Finds a claim by its name, or by a path of names with dots, as in Keycloak's `realm_access.roles`. A name
/// that contains dots takes precedence.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        rest.split('.').try_fold(claims.get(first)?, |value, step| value.get(step))
    })
}

fn groups(claim: Option<&Value>) -> Vec<String> {
    let group = |value: &Value| value.as_str().map(|group| plain(group, GROUP));
    match claim {
        Some(Value::Array(all)) => all.iter().take(GROUPS).filter_map(group).collect(),
        Some(one) => group(one).into_iter().collect(),
        None => Vec::new(),
    }
}

/// `true`, or the text `true`, which Apple and Cognito send.
fn is_true(claim: Option<&Value>) -> bool {
    claim.is_some_and(|value| value.as_bool() == Some(true) || value.as_str() == Some("true"))
}

/// Removes invisible characters, so that no name imitates another or breaks a line.
fn plain(text: &str, most: usize) -> String {
    let hidden = |letter: &char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter(|letter| !hidden(letter)).take(most).collect()
}
