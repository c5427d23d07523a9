//! Audit entries of rejected requests.

use axum::http::request::Parts;
use quipu_audit::{Actor, ActorKind, Entry, Outcome};
use quipu_core::Timestamp;

use super::need::{Wanted, recorded};
use crate::client::Client;
use crate::flood::Flood;
use crate::grantee::Grantee;
use crate::refusal::Refusal;

/// The maximum length of a recorded path, in characters.
const PATH: usize = 200;

/// The recent entries of rejected requests.
#[derive(Default)]
pub struct Denials(Flood);

impl Denials {
    /// Returns the entry of a rejected request; `None` if its address has reached its limit.
    pub fn entry(
        &self,
        parts: &Parts,
        client: &Client,
        wanted: &Wanted,
        grantee: Option<&Grantee>,
        refusal: &Refusal,
        now: Timestamp,
    ) -> Option<Entry> {
        let unknown = || Actor::new(ActorKind::Unknown, "");
        let actor = grantee.map_or_else(unknown, Grantee::actor);
        let mut entry = Entry::new(actor, "denied").from(client.address).ended(Outcome::Denied);
        entry.object.clone_from(&wanted.object);
        let path: String = recorded(parts.uri.path()).chars().take(PATH).collect();
        entry = entry
            .with("request", format!("{} {path}", parts.method))
            .with("status", refusal.status().as_u16().to_string())
            .with("reason", refusal.word());
        self.0.let_through(entry, now)
    }
}
