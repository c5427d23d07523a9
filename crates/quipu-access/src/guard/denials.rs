//! Refusals in the audit.

use axum::http::request::Parts;
use quipu_audit::{Actor, ActorKind, Entry, Outcome};
use quipu_core::Timestamp;

use super::need::Wanted;
use crate::client::Client;
use crate::flood::Flood;
use crate::principal::Principal;
use crate::refusal::Refusal;

/// Characters of a path that are noted.
const PATH: usize = 200;

/// Refusals that were noted lately.
#[derive(Default)]
pub struct Denials(Flood);

impl Denials {
    /// The entry of a refusal; `None` where there were too many of that address lately.
    pub fn entry(
        &self,
        parts: &Parts,
        client: &Client,
        wanted: &Wanted,
        principal: Option<&Principal>,
        refusal: &Refusal,
        now: Timestamp,
    ) -> Option<Entry> {
        let unknown = || Actor::new(ActorKind::Unknown, "");
        let actor = principal.map_or_else(unknown, Principal::actor);
        let mut entry = Entry::new(actor, "denied").from(client.address).ended(Outcome::Denied);
        entry.object.clone_from(&wanted.object);
        let path: String = parts.uri.path().chars().take(PATH).collect();
        entry = entry
            .with("request", format!("{} {path}", parts.method))
            .with("status", refusal.status().as_u16().to_string())
            .with("reason", refusal.word());
        self.0.let_through(entry, now)
    }
}
