//! Known calls of a service by one sender, which replace its metrics.

use quipu_core::{
    CostQuery, CostRow, GroupBy, Node, Result, Signal, Store, Timestamp, TraceFilter, TraceId, TraceQuery,
    UsageQuery,
};

use crate::row::Row;

/// Maximum number of pages of stored calls that are searched for a sender. Beyond it, metrics count.
const MOST_PAGES: usize = 16;
/// Maximum number of pages of a service's traces that are searched for calls that count elsewhere.
const MOST_TRACE_PAGES: usize = 4;
/// How long before the first call its trace can begin, in nanoseconds.
const EARLIER: i64 = 3_600_000_000_000;

/// The calls of a service in a time range by the senders with these credentials.
pub(crate) struct CallsOf<'a> {
    pub service: &'a str,
    pub from: Timestamp,
    pub until: Timestamp,
    pub credentials: u64,
}

impl CallsOf<'_> {
    /// Whether there are any among these rows.
    pub fn are_among(&self, rows: &[Row]) -> bool {
        let is_one = |row: &Row| {
            is_of_a_call(row)
                && row.cost.service.as_deref() == Some(self.service)
                && row.arrival.credentials() == self.credentials
                && self.is_within(row.cost.time)
        };
        rows.iter().any(is_one)
    }

    /// Whether there are any in the store. A call below the root of another service is not found if another
    /// record of it counts.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn are_stored(&self, store: &dyn Store) -> Result<bool> {
        Ok(self.are_counted(store).await? || self.are_joined(store).await?)
    }

    /// Whether a counted row of the service is one.
    async fn are_counted(&self, store: &dyn Store) -> Result<bool> {
        let filter = TraceFilter {
            service: Some(self.service.to_owned()),
            since: Some(self.from),
            until: Some(self.until),
            ..TraceFilter::default()
        };
        let sums = UsageQuery { filter: filter.clone(), group_by: Vec::<GroupBy>::new() };
        if !store.usage(&sums).await?.iter().any(|group| group.totals.llm_calls > 0) {
            return Ok(false);
        }
        let mut query = CostQuery { filter, ..CostQuery::default() };
        for _ in 0..MOST_PAGES {
            let page = store.costs(&query).await?;
            if self.are_in(&traces(&page.rows), store).await? {
                return Ok(true);
            }
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        Ok(false)
    }

    /// Whether a trace of the service has one. The record that counts can be of another service: a gateway
    /// records the call under its own name.
    async fn are_joined(&self, store: &dyn Store) -> Result<bool> {
        let filter = TraceFilter {
            service: Some(self.service.to_owned()),
            since: Some(self.from.plus(-EARLIER)),
            until: Some(self.until),
            ..TraceFilter::default()
        };
        let mut query = TraceQuery { filter, ..TraceQuery::default() };
        for _ in 0..MOST_TRACE_PAGES {
            let page = store.traces(&query).await?;
            let traces: Vec<_> = page.rows.iter().map(|row| (row.trace_id, row.started_at)).collect();
            if self.are_in(&traces, store).await? {
                return Ok(true);
            }
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        Ok(false)
    }

    /// Whether one of these traces has one.
    async fn are_in(&self, traces: &[(TraceId, Timestamp)], store: &dyn Store) -> Result<bool> {
        let nodes = store.nodes(traces).await?;
        Ok(nodes.iter().flatten().any(|node| self.is_one(node)))
    }

    fn is_one(&self, node: &Node) -> bool {
        let service = node.call.as_ref().and_then(|call| call.service.as_deref());
        node.kind.is_call()
            && service == Some(self.service)
            && node.arrival.credentials() == self.credentials
            && self.is_within(node.start)
    }

    fn is_within(&self, time: Timestamp) -> bool {
        time >= self.from && time < self.until
    }
}

/// Whether a row records a call by a more reliable signal than a metric.
pub(crate) fn is_of_a_call(row: &Row) -> bool {
    row.cost.signal != Signal::Metric && row.cost.kind.is_call()
}

/// The traces of counted calls, each with a time.
fn traces(rows: &[CostRow]) -> Vec<(TraceId, Timestamp)> {
    let calls = rows.iter().filter(|row| row.cost.is_call());
    let mut traces: Vec<(TraceId, Timestamp)> = calls.map(|row| (row.cost.trace_id, row.cost.time)).collect();
    traces.sort_unstable();
    traces.dedup_by_key(|(trace, _)| *trace);
    traces
}
