//! Figures by group and over time: counts, durations, outcomes and cost.

mod metric;
mod sums;
mod table;
mod times;

use quipu_core::{
    AnswerMemory, FacetField, GroupBy, MemoryHold, Result, Store, Timestamp, TraceFilter, UsageGroup,
    UsageKey, UsageQuery, WorkGroup, WorkKey, WorkQuery,
};
use quipu_query::{FigureAsk, FigureSource};

pub use sums::Figures;
pub use table::{Answer, Group};

use crate::parts::split;
use table::{Row, Table};
use times::Times;

/// Points of an answer at most, over all groups.
pub const MAX_POINTS: i64 = 20_000;

/// Answers a query for figures.
///
/// # Errors
/// The store cannot be read, or the answer would have more than [`MAX_POINTS`] points.
pub async fn figures(store: &dyn Store, ask: &FigureAsk, now: Timestamp) -> Result<Answer> {
    answer(store, ask, Times::of(store, ask, now).await?, true).await
}

/// [`figures`] in steps of a given width, without a limit of points. The memory of the request limits the
/// answer. Calls have no first token, triggered guardrail or example without `of_spans`, which halves the
/// time.
///
/// # Errors
/// The store cannot be read, or no memory is left.
pub async fn buckets(store: &dyn Store, ask: &FigureAsk, now: Timestamp, of_spans: bool) -> Result<Answer> {
    answer(store, ask, Times::unbounded(ask, now), of_spans).await
}

async fn answer(store: &dyn Store, ask: &FigureAsk, times: Times, of_spans: bool) -> Result<Answer> {
    let mut table = Table::new(ask.group_by.iter().map(|key| key.word.into()).collect())?;
    match (&ask.metric, ask.source) {
        (Some(metric), _) => metric::read(store, ask, metric, &times, &mut table).await?,
        (None, FigureSource::Calls) if !ask.failed => calls(store, ask, &times, of_spans, &mut table).await?,
        (None, _) => work(store, ask, &times, &mut table).await?,
    }
    Ok(table.answer(ask, &times))
}

/// Sums over the ledger, with figures that only spans have: the first token, running spans, and an example.
async fn calls(
    store: &dyn Store,
    ask: &FigureAsk,
    times: &Times,
    of_spans: bool,
    table: &mut Table,
) -> Result<()> {
    let keys: Vec<GroupBy> = ask.group_by.iter().filter_map(|key| key.usage).collect();
    let groups = usage(store, &ask.filter, keys.clone(), times.step).await?;
    // A call is in the group of each tag, environment and version of its trace: sums of groups are no total.
    // Groups that were left out have no steps.
    let apart = keys.iter().any(|by| by.overlaps()) || groups.truncated;
    table.take(groups, !apart)?;
    if apart {
        for (_, at, figures) in usage(store, &ask.filter, Vec::new(), times.step).await?.rows {
            table.add_total(at, &figures);
        }
    }
    if !of_spans || asks_for_tool(&ask.filter) {
        return Ok(());
    }
    // A call's work has its own tool; its usage has the tool that it ran within.
    let of_work = |key: &quipu_query::FigureKey| key.work.filter(|key| *key != WorkKey::Tool);
    let keys: Option<Vec<WorkKey>> = ask.group_by.iter().map(of_work).collect();
    if let Some(keys) = keys {
        let besides = done(store, ask, keys, times.step).await?.map(Figures::besides_usage);
        let truncated = besides.truncated;
        table.take(besides, !truncated)?;
        if !truncated {
            return Ok(());
        }
    }
    for (_, at, figures) in done(store, ask, Vec::new(), times.step).await?.rows {
        table.add_total(at, &figures.besides_usage());
    }
    Ok(())
}

/// Whether the filter asks for a tool: of usage that is one that the trace ran, of work its own.
fn asks_for_tool(filter: &TraceFilter) -> bool {
    filter.tool.is_some() || filter.terms.iter().any(|term| term.criterion.tests(FacetField::Tool))
}

async fn work(store: &dyn Store, ask: &FigureAsk, times: &Times, table: &mut Table) -> Result<()> {
    let keys = ask.group_by.iter().filter_map(|key| key.work).collect();
    let groups = done(store, ask, keys, times.step).await?;
    let truncated = groups.truncated;
    table.take(groups, !truncated)?;
    if truncated {
        for (_, at, figures) in done(store, ask, Vec::new(), times.step).await?.rows {
            table.add_total(at, &figures);
        }
    }
    Ok(())
}

/// Groups of a store, and whether it left some out.
struct Rows {
    rows: Vec<Row>,
    truncated: bool,
    /// Memory of the rows.
    hold: MemoryHold,
}

impl Rows {
    /// Converts groups of `bytes`.
    ///
    /// # Errors
    /// No memory is left for the request.
    fn of<G>(
        groups: Vec<G>,
        bytes: impl Fn(&G) -> usize,
        parts: impl Fn(G) -> (Vec<UsageKey>, Figures),
    ) -> Result<Self> {
        let count = groups.len();
        // Both lists exist until the last group is converted.
        let mut hold = AnswerMemory::current().hold(groups.iter().map(bytes).sum())?;
        hold.grow(count * size_of::<Row>())?;
        let (mut rows, mut truncated) = (Vec::with_capacity(count), false);
        for group in groups {
            let (key, figures) = parts(group);
            if key.first() == Some(&UsageKey::Rest) {
                truncated = true;
            } else {
                rows.push(row(key, figures));
            }
        }
        hold.set(hold.bytes() - count * size_of::<G>())?;
        Ok(Self { rows, truncated, hold })
    }

    fn map(self, change: impl Fn(Figures) -> Figures) -> Self {
        let rows = self.rows.into_iter().map(|(key, at, figures)| (key, at, change(figures))).collect();
        Self { rows, ..self }
    }
}

async fn usage(
    store: &dyn Store,
    filter: &TraceFilter,
    keys: Vec<GroupBy>,
    step: Option<i64>,
) -> Result<Rows> {
    let group_by = keys.into_iter().chain(step.map(GroupBy::Step)).collect();
    let groups = store.usage(&UsageQuery { filter: filter.clone(), group_by }).await?;
    Rows::of(groups, UsageGroup::bytes, |group| (group.key, Figures::from(&group.totals)))
}

async fn done(store: &dyn Store, ask: &FigureAsk, keys: Vec<WorkKey>, step: Option<i64>) -> Result<Rows> {
    let query = WorkQuery {
        of: ask.source.worked(),
        filter: ask.filter.clone(),
        failed: ask.failed,
        group_by: keys.into_iter().chain(step.map(WorkKey::Step)).collect(),
    };
    let groups = store.work(&query).await?;
    Rows::of(groups, WorkGroup::bytes, |group| (group.key, Figures::from(&group.totals)))
}

fn row(key: Vec<UsageKey>, figures: Figures) -> Row {
    let (names, at) = split(key);
    (names, at, figures)
}
