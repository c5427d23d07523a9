//! Figures of a source, read from the store.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::{Store, Tokens, TraceFilter, UsageQuery, Usd};

use crate::store::Fed;

/// Totals and names.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Found {
    pub tokens: Tokens,
    pub calls: u64,
    /// Failed calls among them.
    pub failed: u64,
    pub cost: Option<Usd>,
    pub reported: Option<Usd>,
    /// Runs and failed runs by tool.
    pub tools: BTreeMap<String, (u64, u64)>,
    pub agents: BTreeSet<String>,
    pub sessions: BTreeSet<String>,
    pub users: BTreeSet<String>,
}

impl Found {
    /// Queries the store.
    pub fn of(fed: &Fed) -> Self {
        let total = fed.ask(fed.store.usage(&UsageQuery::default()));
        let total = total.into_iter().next().map(|group| group.totals).unwrap_or_default();
        let tools = fed.ask(fed.store.tools(&TraceFilter::default()));
        let mut found = Self {
            tokens: total.tokens,
            calls: total.llm_calls,
            failed: total.errors,
            cost: total.cost,
            reported: total.reported,
            tools: tools.into_iter().map(|tool| (tool.tool.to_string(), (tool.calls, tool.errors))).collect(),
            ..Self::default()
        };
        for trace in fed.traces() {
            found.agents.extend(trace.agents.iter().map(ToString::to_string));
            found.sessions.extend(trace.session.iter().map(ToString::to_string));
            found.users.extend(trace.user.iter().map(ToString::to_string));
        }
        found
    }

    /// All tool runs.
    pub fn runs(&self) -> u64 {
        self.tools.values().map(|(runs, _)| runs).sum()
    }
}
