//! Who somebody is, asked of an OpenID Connect issuer.
//!
//! Verb: IDENTIFY.
//! Takes: settings of an issuer, and the code that a browser brought back.
//! Gives: an address to send the browser to, and an identity whose token was checked.
//! Never: decides what somebody may do, keeps a session or a token, or puts a code, a token or a secret into an error.

mod ask;
mod claims;
mod discovery;
mod identity;
mod keys;
mod provider;
mod settings;
mod signatures;
mod token;

pub use identity::{Begun, Identity};
pub use provider::Provider;
pub use settings::Settings;
