//! Figures of a stored metric: its series, separately or grouped.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use quipu_core::{MetricAggregate, MetricQuery, MetricSeries, Result, Store, Timestamp};
use quipu_query::{FigureAsk, MetricAsk};

use super::Figures;
use super::table::{Key, Table};
use super::times::Times;

/// A step that is wider than all time.
const ALL_TIME: i64 = i64::MAX;

/// The first step of this width that has a point.
pub(super) async fn first(
    store: &dyn Store,
    ask: &FigureAsk,
    metric: &MetricAsk,
    width: i64,
) -> Result<Option<Timestamp>> {
    let asking = Asking { store, ask, metric };
    let series = asking.series(width, MetricAggregate::Count, Some(Vec::new())).await?;
    Ok(series.iter().filter_map(|series| series.points.first().map(|(at, _)| *at)).min())
}

pub(super) async fn read(
    store: &dyn Store,
    ask: &FigureAsk,
    metric: &MetricAsk,
    times: &Times,
    table: &mut Table,
) -> Result<()> {
    let asking = Asking { store, ask, metric };
    let whole = asking.figures(ALL_TIME, metric.by.clone()).await?;
    let labels = whole.iter().flat_map(|(series, _)| series.keys().cloned());
    let keys: Vec<CompactString> = match &metric.by {
        Some(by) => by.iter().map(CompactString::from).collect(),
        None => labels.collect::<BTreeSet<_>>().into_iter().collect(),
    };
    let key = |labels: &Labels| -> Key {
        keys.iter().map(|label| labels.get(label).map(CompactString::from)).collect()
    };
    for (labels, steps) in whole {
        steps.iter().try_for_each(|(_, figures)| table.add_group(key(&labels), None, figures))?;
    }
    for (_, steps) in asking.figures(ALL_TIME, Some(Vec::new())).await? {
        steps.iter().for_each(|(_, figures)| table.add_total(None, figures));
    }
    if let Some(step) = times.step {
        for (labels, steps) in asking.figures(step, metric.by.clone()).await? {
            steps.iter().try_for_each(|(at, figures)| table.add_group(key(&labels), Some(*at), figures))?;
        }
        for (_, steps) in asking.figures(step, Some(Vec::new())).await? {
            steps.iter().for_each(|(at, figures)| table.add_total(Some(*at), figures));
        }
    }
    table.set_keys(keys);
    Ok(())
}

type Labels = BTreeMap<CompactString, String>;
/// Figures by the start of their step.
type Steps = Vec<(Timestamp, Figures)>;

/// One query for a metric.
struct Asking<'a> {
    store: &'a dyn Store,
    ask: &'a FigureAsk,
    metric: &'a MetricAsk,
}

impl Asking<'_> {
    /// Value and number of observations of each step.
    async fn figures(&self, step: i64, by: Option<Vec<String>>) -> Result<Vec<(Labels, Steps)>> {
        let values = self.series(step, self.metric.aggregate, by.clone()).await?;
        let counts = self.series(step, MetricAggregate::Count, by).await?;
        let mut counts: BTreeMap<Labels, BTreeMap<Timestamp, f64>> =
            counts.into_iter().map(|series| (series.labels, series.points.into_iter().collect())).collect();
        let steps = |series: MetricSeries| {
            let counts = counts.remove(&series.labels).unwrap_or_default();
            let figures = |(at, value)| {
                let count = counts.get(&at).copied().unwrap_or(0.0).max(0.0) as u64;
                (at, Figures { count, value: Some(value), ..Figures::default() })
            };
            (series.labels, series.points.into_iter().map(figures).collect())
        };
        Ok(values.into_iter().map(steps).collect())
    }

    async fn series(
        &self,
        step: i64,
        aggregate: MetricAggregate,
        group_by: Option<Vec<String>>,
    ) -> Result<Vec<MetricSeries>> {
        let query = MetricQuery {
            name: self.metric.name.clone(),
            labels: self.metric.labels.clone(),
            since: self.ask.filter.since,
            until: self.ask.filter.until,
            step,
            aggregate,
            group_by,
        };
        self.store.metric(&query).await
    }
}
