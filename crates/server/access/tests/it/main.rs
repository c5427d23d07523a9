//! Tests of access control: requests through the guard.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod audit;
mod gates;
mod house;
mod initial;
#[path = "../../../oidc/tests/it/issuer.rs"]
#[allow(dead_code, reason = "shared with the tests of quipu-oidc, which use more of it")]
mod issuer;
mod keys;
mod limits;
mod off;
mod oidc;
mod sessions;
#[path = "../../../oidc/tests/it/sign.rs"]
#[allow(dead_code, reason = "shared with the tests of quipu-oidc, which use more of it")]
mod sign;
mod strangers;
mod users;
