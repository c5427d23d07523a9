//! Time range of the figures, and its steps.

use quipu_core::{Error, ErrorKind, Result, Store, Timestamp};
use quipu_query::{AUTO_STEPS, FigureAsk, StepAsk, round_step};

use super::{MAX_POINTS, done, metric, usage};

/// So many steps from the first record to the end tell its time well enough.
const NEAR: i64 = 5;

/// The time that figures are of, and the steps that it is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// Its start; without a requested one but with points, about the start of the first record.
    pub(super) since: Option<Timestamp>,
    pub(super) until: Timestamp,
    /// Width of a step in nanoseconds.
    pub(super) step: Option<i64>,
}

impl Times {
    pub(super) async fn of(store: &dyn Store, ask: &FigureAsk, now: Timestamp) -> Result<Self> {
        let until = ask.filter.until.unwrap_or(now);
        if ask.step == StepAsk::None {
            return Ok(Self { since: ask.filter.since, until, step: None });
        }
        let since = match ask.filter.since {
            Some(since) => Some(since),
            None => first(store, ask, until).await?,
        };
        let range = since.map_or(0, |since| until.since(since)).max(0);
        let step = match ask.step {
            StepAsk::Of(step) => step.max(Timestamp::SECOND),
            _ => round_step(range, AUTO_STEPS.min(MAX_POINTS / groups(ask) - 1)),
        };
        bound(ask, range, step)?;
        Ok(Self { since, until, step: Some(step) })
    }
}

impl Times {
    /// Those of a query that gives its start and the width of its steps.
    pub(super) fn unbounded(ask: &FigureAsk, now: Timestamp) -> Self {
        let step = match ask.step {
            StepAsk::Of(step) => Some(step.max(Timestamp::SECOND)),
            StepAsk::None | StepAsk::Auto => None,
        };
        Self { since: ask.filter.since, until: ask.filter.until.unwrap_or(now), step }
    }
}

/// Some time before the first record, and near it as seen from `until`: its day, its hour or its minute.
async fn first(store: &dyn Store, ask: &FigureAsk, until: Timestamp) -> Result<Option<Timestamp>> {
    let mut ask = ask.clone();
    for width in [Timestamp::DAY, Timestamp::HOUR, 60 * Timestamp::SECOND] {
        let Some(found) = first_step(store, &ask, width).await? else { break };
        ask.filter.since = Some(found);
        if until.since(found) > NEAR * width {
            break;
        }
    }
    Ok(ask.filter.since)
}

/// The first step of this width that has a record.
async fn first_step(store: &dyn Store, ask: &FigureAsk, width: i64) -> Result<Option<Timestamp>> {
    let rows = match (&ask.metric, ask.source) {
        (Some(metric), _) => return metric::first(store, ask, metric, width).await,
        (None, quipu_query::FigureSource::Calls) if !ask.failed => {
            usage(store, &ask.filter, Vec::new(), Some(width)).await?
        }
        (None, _) => done(store, ask, Vec::new(), Some(width)).await?,
    };
    Ok(rows.rows.into_iter().filter_map(|(_, at, _)| at).min())
}

/// Limit of groups with points.
fn groups(ask: &FigureAsk) -> i64 {
    let one = match &ask.metric {
        Some(metric) => metric.by.as_deref() == Some(&[]),
        None => ask.group_by.is_empty(),
    };
    i64::try_from(if one { 1 } else { ask.top }).unwrap_or(i64::MAX).max(1)
}

fn bound(ask: &FigureAsk, range: i64, step: i64) -> Result<()> {
    let (groups, points) = (groups(ask), range / step + 1);
    if points.saturating_mul(groups) <= MAX_POINTS {
        return Ok(());
    }
    let seconds = step as f64 / Timestamp::SECOND as f64;
    let why = format!(
        "steps of {seconds} s give {points} points for each of {groups} groups, more than {MAX_POINTS} in \
         total: request wider steps, a shorter time or a smaller top"
    );
    Err(Error::new(ErrorKind::Invalid, "sum figures", why))
}
