//! A login that was begun, and who somebody turned out to be.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// A login that was begun. It is kept where only the browser that began it can bring it back from: whoever has it and the code of the
/// callback is logged in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Where to send the browser.
    pub url: String,
    /// What the callback has to bring back.
    pub state: String,
    /// What the ID token has to hold.
    pub nonce: String,
    /// What proves that whoever brings the code began the login (RFC 7636).
    pub verifier: String,
}

/// Everything in it is a secret until the login is over.
impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Begun(***)")
    }
}

impl Begun {
    /// Whether a callback's `state` is that of this login; takes the same time either way.
    pub fn is_of(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }
}

/// Who somebody is, as the issuer says and signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The issuer's lasting id of them: what to know them by.
    pub subject: String,
    /// What to call them: `preferred_username`, else `name`, else the e-mail address, else the subject.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether the issuer knows it to be theirs.
    pub email_verified: bool,
    /// Their groups.
    pub groups: Vec<String>,
}
