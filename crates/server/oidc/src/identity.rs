//! A login in progress, and the identity that results from it.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// A login in progress. Store it where only the browser that began it can refer to it. A client with this
/// value and the code of the callback is logged in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The address to send the browser to.
    pub url: String,
    /// The `state` that the callback has to return.
    pub state: String,
    /// The `nonce` that the ID token has to contain.
    pub nonce: String,
    /// The proof that the client with the code began the login (RFC 7636).
    pub verifier: String,
}

/// All fields are secret until the login ends.
impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Begun(***)")
    }
}

impl Begun {
    /// Compares the `state` of a callback with this login in constant time.
    pub fn is_of(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }
}

/// An identity that the issuer signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The issuer's permanent id of the person. It identifies the user.
    pub subject: String,
    /// The display name: `preferred_username`, else `name`, else the e-mail address, else the subject.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the issuer has verified the e-mail address.
    pub email_verified: bool,
    /// The groups.
    pub groups: Vec<String>,
}
