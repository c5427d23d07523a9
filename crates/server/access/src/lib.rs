//! Access control: authentication, permissions, and the guard before every route.
//!
//! Verb: LET IN.
//! Takes: requests with a key, a session cookie or neither; names and passwords; identities from an issuer.
//! Gives: the principal and project of each request, or an error in the form of its protocol; audit entries.
//! Never: stores or shows a secret, opens a socket, or decides what a route does with an admitted request.

mod access;
mod admittance;
mod attempts;
mod client;
mod config;
mod cookies;
mod credential;
mod flood;
mod grant;
mod grantee;
mod guard;
mod logins;
mod origin;
mod password;
mod refusal;
mod register;
mod routes;
mod secret;
mod settle;

pub use access::Access;
pub use client::Secure;
pub use config::{AccessConfig, Mode};
pub use grant::{GrantError, Permission, Role, Roles, Scope, Scopes, check_project};
pub use grantee::{DEFAULT_PROJECT, Grantee};
pub use guard::{About, Gate, Need, guard, need};
pub use password::HashedPassword;
pub use register::{
    FILE, Key, MARK, MARKER, NewKey, NewPassword, NewUser, Register, RegisterError, User, UserChange,
};
pub use routes::{KeyAnswer, NewKeyAnswer, UserAnswer, openapi, routes};
pub use secret::{KeyText, SHORTEST_BOOTSTRAP};
