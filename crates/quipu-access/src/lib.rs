//! Who may come in, and to what.
//!
//! Verb: LET IN.
//! Takes: requests with a key, a session's cookie or nothing; names and passwords; what an issuer says of somebody.
//! Gives: the principal and the project of each request, or a refusal in the words of its protocol; entries for the audit.
//! Never: stores or shows a secret, opens a socket, or decides what a route does with the one it was let in for.

mod access;
mod admittance;
mod attempts;
mod client;
mod cookies;
mod credential;
mod flood;
mod grant;
mod guard;
mod origin;
mod password;
mod principal;
mod refusal;
mod register;
mod routes;
mod secret;
mod settings;
mod settle;

pub use access::Access;
pub use client::Secure;
pub use grant::{GrantError, Permission, Role, Roles, Scope, Scopes, check_project};
pub use guard::{About, Gate, Need, guard, need};
pub use password::HashedPassword;
pub use principal::{DEFAULT_PROJECT, Principal, PrincipalKind, Project};
pub use register::{
    FILE, Key, MARK, MARKER, NewKey, NewPassword, NewUser, Register, RegisterError, User, UserChange,
};
pub use routes::{KeyAnswer, NewKeyAnswer, UserAnswer, openapi, routes};
pub use secret::{KeyText, SHORTEST_BOOTSTRAP};
pub use settings::{AccessSettings, Mode};
