//! Removal of a user, a session or traces from the books and from waiting notices.

use std::collections::HashSet;

use compact_str::CompactString;
use quipu_core::{Erasure, Owner, OwnerKind, Result, TraceFacts, TraceId};

use crate::registry::Mode;
use crate::{Budgets, Notice, scope};

impl Budgets {
    /// Removes users, sessions and traces from the books; returns the number of rows that named them.
    /// `rewritten` removes their ids from the text of a definition and returns `None` if it has none. Spent
    /// amounts stay: all removed users share one account. With `dry_run` nothing changes.
    ///
    /// # Errors
    /// The books cannot be read or written; repeating it is safe.
    pub fn erase(
        &self,
        owners: &[Owner],
        traces: &HashSet<TraceId>,
        rewritten: &dyn Fn(&str) -> Option<String>,
        dry_run: bool,
    ) -> Result<u64> {
        if self.0.mode != Mode::On {
            return Ok(0);
        }
        let is_theirs = |facts: &TraceFacts| owners.iter().any(|owner| names(owner, facts));
        let renamed = |name: &str| scope::without(name, owners);
        if !dry_run {
            self.0.untold.lock().retain(|notice| !tells_of(notice, owners, traces));
            let mut waiting = self.0.backlog.lock();
            waiting.facts.retain(|(trace, facts)| !traces.contains(trace) && !is_theirs(facts));
            for posting in &mut waiting.settled {
                if let Some(name) = renamed(&posting.account.scope) {
                    posting.account.scope = name;
                }
            }
        }
        let whose = Erasure { traces, is_theirs: &is_theirs, renamed: &renamed, rewritten };
        self.0.accounts.erase(&whose, dry_run)
    }
}

fn names(owner: &Owner, facts: &TraceFacts) -> bool {
    let said: &Option<CompactString> = match owner.kind {
        OwnerKind::User => &facts.user,
        OwnerKind::Session => &facts.session,
    };
    said.as_deref() == Some(owner.id.as_str())
}

fn tells_of(notice: &Notice, owners: &[Owner], traces: &HashSet<TraceId>) -> bool {
    let of_owner = |owner: &Owner| {
        let session = notice.session.as_deref().filter(|_| owner.kind == OwnerKind::Session);
        let scope = notice.scope.get(owner.kind.as_str()).map(String::as_str);
        [session, scope].contains(&Some(owner.id.as_str()))
    };
    notice.trace_id.is_some_and(|trace| traces.contains(&trace)) || owners.iter().any(of_owner)
}
