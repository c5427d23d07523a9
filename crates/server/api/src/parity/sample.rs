//! Sample of calls: the calls of the latest traces, read again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use quipu_core::{Detail, SpanQuery};

use super::signals::SampledCall;
use super::{Key, Latest, Matrix, PATIENCE, ParityQuery};
use crate::shared::Api;
use crate::{Problem, said};

/// Most traces that are sampled over all frameworks.
const TRACES: usize = 400;
/// Spans that are read of one trace, the first.
const SPANS: usize = 500;
/// Calls that are sampled of one framework and convention.
const CALLS: u64 = 200;

/// Reads the latest traces until the sample is full or time is up.
pub(super) async fn sample(api: &Arc<Api>, asked: &ParityQuery, matrix: &mut Matrix) -> Result<(), Problem> {
    let begin = Instant::now();
    for (key, trace) in in_turn(std::mem::take(&mut matrix.latest)) {
        if begin.elapsed() > PATIENCE {
            break;
        }
        if !is_full(matrix, &key) {
            read(api, asked, matrix, &key, &trace).await?;
        }
    }
    Ok(())
}

/// The latest trace of every key, then the second of every key, and so on: none waits for another's
/// twentieth.
fn in_turn(latest: BTreeMap<Key, Vec<Latest>>) -> Vec<(Key, Latest)> {
    let lists = latest.into_iter();
    let mut traces: Vec<(usize, Key, Latest)> = lists
        .flat_map(|(key, list)| list.into_iter().enumerate().map(move |(at, trace)| (at, key.clone(), trace)))
        .collect();
    traces.sort_by_key(|(at, ..)| *at);
    traces.truncate(TRACES);
    traces.into_iter().map(|(_, key, trace)| (key, trace)).collect()
}

fn is_full(matrix: &Matrix, key: &Key) -> bool {
    matrix.rows.get(key).is_some_and(|row| row.tally.calls() >= CALLS)
}

/// Counts what the calls of one trace send, each for its own framework and convention and for those of the
/// trace.
async fn read(
    api: &Arc<Api>,
    asked: &ParityQuery,
    matrix: &mut Matrix,
    of_trace: &Key,
    trace: &Latest,
) -> Result<(), Problem> {
    let query = SpanQuery { trace_id: trace.trace_id, after: None, limit: SPANS, detail: Detail::Full };
    let mut rows = api.store.spans(&query).await?.rows;
    rows.retain(|row| row.cost.as_ref().is_some_and(quipu_core::Cost::is_call));
    for call in said::calls(api, trace.trace_id, rows).await? {
        let (Some(cost), Some(raw)) = (&call.row.cost, &call.row.raw) else { continue };
        let convention = Some(&cost.convention).filter(|name| !name.is_empty());
        let own = (cost.framework.clone(), convention.cloned());
        let seen = SampledCall {
            cost,
            read: &raw.canonical,
            said: &call.said,
            has_messages: call.has_messages,
            trace,
        };
        let keys = [of_trace].into_iter().chain((own != *of_trace).then_some(&own));
        for key in keys.filter(|key| asked.wants(key)) {
            if !is_full(matrix, key) {
                matrix.rows.entry(key.clone()).or_default().tally.add(&seen);
            }
        }
    }
    Ok(())
}
