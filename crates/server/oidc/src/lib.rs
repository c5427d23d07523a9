//! Login by OpenID Connect.
//!
//! Verb: IDENTIFY.
//! Takes: the configuration of an issuer, and the code that a browser brings back.
//! Gives: an address to send the browser to, and an identity from a verified token.
//! Never: decides what a user may do, keeps a session or a token, or puts a secret into an error.

mod ask;
mod claims;
mod config;
mod discovery;
mod identity;
mod keys;
mod provider;
mod signatures;
mod token;

pub use config::OidcConfig;
pub use identity::{Begun, Identity};
pub use provider::Provider;
