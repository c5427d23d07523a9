//! Known calls of a service by one sender, which replace its metrics.

use quipu_core::{
    CostQuery, CostRow, GroupBy, Node, Result, Signal, Store, Timestamp, TraceFilter, TraceId, UsageQuery,
};

use crate::row::Row;

/// Maximum number of pages of stored calls that are searched for a sender. Beyond it, metrics count.
const MOST_PAGES: usize = 16;

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

    /// Whether there are any in the store.
    pub async fn are_stored(&self, store: &dyn Store) -> Result<bool> {
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
            let nodes = store.nodes(&traces(&page.rows)).await?;
            if nodes.iter().flatten().any(|node| self.is_one(node)) {
                return Ok(true);
            }
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        Ok(false)
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
