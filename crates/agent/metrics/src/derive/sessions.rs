//! Counters of sessions and active sessions.

use compact_str::CompactString;
use quipu_core::{Span, Timestamp};

use super::recent::Recent;
use super::tell::Tell;
use crate::name::kept;

/// Remembered sessions.
const SESSIONS: usize = 8_192;
/// Time after its last span for which a session is active, in nanoseconds.
const ACTIVE: i64 = 15 * 60 * Timestamp::SECOND;

/// The end of the last span of each session.
#[derive(Default)]
pub(crate) struct Sessions(Recent<CompactString, Timestamp, SESSIONS>);

impl Sessions {
    pub fn see(&mut self, span: &Span, tell: &Tell<'_>) {
        let named = span.canonical.session.as_deref().or_else(|| span.attributes.text("session.id"));
        // The number of entries is bounded, so each id is limited as well.
        let named = named.map(|id| kept(id.trim())).filter(|id| !id.is_empty());
        let (Some(session), Some(end)) = (named, span.end) else { return };
        match self.0.insert(session.into(), end) {
            Some(before) if before > end => {
                self.0.insert(session.into(), before);
            }
            Some(_) => {}
            None => tell.count("quipu.session.count", 1, &[]),
        }
    }

    pub fn active(&self, now: Timestamp) -> usize {
        self.0.values().filter(|end| now.since(**end) <= ACTIVE).count()
    }
}
