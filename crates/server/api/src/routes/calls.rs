//! Single calls of models, in any order.

use std::cmp::Ordering;

use axum::extract::State;
use quipu_core::{AnswerMemory, CostQuery, CostRow};
use quipu_query::CallSort;

use super::Answer;
use crate::dto::{Call, CallsAnswer, CallsParams, FilterParams};
use crate::extract::Ask;
use crate::json::Json;
use crate::shared::Shared;

/// Calls that are read at a time.
const PAGE: usize = 5_000;
/// Limit of calls read for one answer.
const MOST: u64 = 200_000;
/// Memory of a call and its JSON form.
const CALL: usize = 3_072;

/// Calls
///
/// The first calls of models in an order: newest, longest, most expensive, most tokens. Filters apply as for
/// usage.
#[utoipa::path(get, path = "/api/v1/calls", tag = "figures", params(FilterParams, CallsParams),
    responses((status = 200, description = "Calls.", body = CallsAnswer)))]
pub(crate) async fn calls(State(api): Shared, Ask(params): Ask) -> Answer<CallsAnswer> {
    let ask = params.call_ask()?;
    let _hold = AnswerMemory::current().hold((ask.limit + PAGE).saturating_mul(CALL))?;
    let mut query = CostQuery { filter: ask.filter, limit: PAGE, cursor: None };
    let (mut first, mut total): (Vec<CostRow>, u64) = (Vec::new(), 0);
    loop {
        let page = api.store.costs(&query).await?;
        let calls =
            page.rows.into_iter().filter(|row| row.cost.is_call() && (row.cost.failed || !ask.failed));
        let known = first.len();
        first.extend(calls);
        total += (first.len() - known) as u64;
        first.sort_by(|a, b| order(ask.sort, a, b));
        first.truncate(ask.limit);
        query.cursor = page.next;
        if query.cursor.is_none() || total >= MOST {
            break;
        }
    }
    let complete = query.cursor.is_none();
    Ok(Json(CallsAnswer { calls: first.iter().map(Call::from).collect(), total, complete }))
}

/// Calls without the figure are last in both directions.
fn order(sort: CallSort, a: &CostRow, b: &CostRow) -> Ordering {
    let newest = || (b.cost.time, b.cost.span_id).cmp(&(a.cost.time, a.cost.span_id));
    let tokens = |row: &CostRow| row.cost.usage.as_ref().map(|usage| usage.tokens().total());
    let first = match sort {
        CallSort::Newest => Ordering::Equal,
        CallSort::Oldest => newest().reverse(),
        CallSort::Longest => most(a.cost.duration, b.cost.duration),
        CallSort::Shortest => least(a.cost.duration, b.cost.duration),
        CallSort::MostTokens => most(tokens(a), tokens(b)),
        CallSort::FewestTokens => least(tokens(a), tokens(b)),
        CallSort::Dearest => most(a.cost.amount, b.cost.amount),
        CallSort::Cheapest => least(a.cost.amount, b.cost.amount),
    };
    first.then_with(newest)
}

fn most<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
    b.cmp(&a)
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
