//! Figures that need single ledger rows, in one pass.

use std::cmp::Reverse;

use compact_str::CompactString;
use foldhash::HashMap;
use quipu_core::{Billing, CostRow, PriceBook, Result, Store, TraceFilter, Usd};

use super::cache::Caches;
use super::suggest::Mixes;
use super::{Deviations, SessionCost};
use crate::rows::Rows;

/// Limit of reported sessions.
const SESSIONS: usize = 10;

/// Sums over single rows.
#[derive(Default)]
pub(super) struct Scan {
    pub rows: u64,
    pub metered: Caches,
    pub subscription: Caches,
    pub mixes: Mixes,
    pub deviations: Deviations,
    sessions: HashMap<CompactString, SessionCost>,
}

impl Scan {
    /// Reads every row that the filter lets through, a page at a time.
    pub(super) async fn of(store: &dyn Store, book: &dyn PriceBook, filter: TraceFilter) -> Result<Self> {
        let mut scan = Self::default();
        let mut rows = Rows::of(store, filter);
        while let Some(page) = rows.next().await? {
            page.iter().for_each(|row| scan.add(book, row));
        }
        Ok(scan)
    }

    fn add(&mut self, book: &dyn PriceBook, row: &CostRow) {
        self.rows += 1;
        match row.cost.billing {
            Billing::Metered => {
                self.metered.add(book, row);
                self.mixes.add(&row.cost);
            }
            Billing::Subscription => self.subscription.add(book, row),
        }
        if row.cost.deviates() {
            self.deviations.calls += 1;
            self.deviations.computed += row.cost.amount.unwrap_or_default();
            self.deviations.reported += row.cost.reported.unwrap_or_default();
        }
        self.add_session(row);
    }

    fn add_session(&mut self, row: &CostRow) {
        let (Some(session), cost) = (&row.session, &row.cost) else { return };
        if !self.sessions.contains_key(session) {
            self.sessions.insert(session.clone(), fresh(session, row));
        }
        let Some(sum) = self.sessions.get_mut(session) else { return };
        match cost.billing {
            Billing::Metered => sum.cost = Usd::sum_known(sum.cost, cost.amount),
            Billing::Subscription => sum.subscription = Usd::sum_known(sum.subscription, cost.amount),
        }
        sum.llm_calls += u64::from(cost.is_call());
        sum.tokens = sum.tokens.saturating_add(cost.usage.as_ref().map_or(0, |usage| usage.tokens().total()));
        sum.first = sum.first.min(cost.time);
        sum.last = sum.last.max(cost.time);
    }

    /// The most expensive sessions: by metered cost, then by list price, then by tokens.
    pub(super) fn dearest(&mut self) -> Vec<SessionCost> {
        let mut sessions: Vec<_> = std::mem::take(&mut self.sessions).into_values().collect();
        sessions.sort_unstable_by_key(|sum| {
            (Reverse((sum.cost, sum.subscription, sum.tokens)), sum.session_id.clone())
        });
        sessions.truncate(SESSIONS);
        sessions
    }
}

fn fresh(session: &CompactString, row: &CostRow) -> SessionCost {
    SessionCost {
        session_id: session.clone(),
        cost: None,
        subscription: None,
        llm_calls: 0,
        tokens: 0,
        first: row.cost.time,
        last: row.cost.time,
    }
}
