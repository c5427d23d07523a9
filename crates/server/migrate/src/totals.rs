//! Comparison of two stores by their totals: by day and model, digit by digit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use quipu_core::{
    GroupBy, Result, Store, Timestamp, TraceFilter, UsageKey, UsageQuery, UsageTotals, Usd, WorkQuery, Worked,
};

use crate::migration::{Migration, holds};
use crate::points::count_points;

/// Differences that are told one by one.
const TOLD: usize = 100;

/// Figures of a store, by their names.
type Figures = BTreeMap<String, String>;

impl Migration<'_> {
    /// Every difference of the totals, in words.
    pub(crate) async fn compare(&self) -> Result<Vec<String>> {
        let mut found = Differences(self.differences.clone(), 0);
        let mut days = BTreeSet::new();
        for store in [self.from, self.to] {
            days.extend(store.need_copying()?.days().await?.into_iter().map(|one| one.day));
        }
        found.add("all days", &overall(self.from).await?, &overall(self.to).await?);
        for day in days {
            let name = day.to_string();
            let name = name.split('T').next().unwrap_or_default();
            found.add(name, &figures_of(self.from, day).await?, &figures_of(self.to, day).await?);
        }
        Ok(found.told())
    }
}

/// Differences with the number of those that are not listed.
struct Differences(Vec<String>, u64);

impl Differences {
    fn add(&mut self, at: &str, from: &Figures, to: &Figures) {
        let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for name in names {
            let (from, to) = (from.get(name), to.get(name));
            if from == to {
                continue;
            }
            if self.0.len() >= TOLD {
                self.1 += 1;
                continue;
            }
            let shown = |figure: Option<&String>| figure.map_or_else(|| "none".to_owned(), String::clone);
            self.0.push(format!("{at}, {name}: {} in the source, {} in the target", shown(from), shown(to)));
        }
    }

    fn told(mut self) -> Vec<String> {
        if self.1 > 0 {
            self.0.push(format!("{} further differences", self.1));
        }
        self.0
    }
}

/// Totals over everything.
async fn overall(store: &dyn Store) -> Result<Figures> {
    let mut figures = Figures::new();
    figures.insert("spans".into(), store.info().await?.spans.to_string());
    figures.insert("holds".into(), format!("{:?}", holds(store).await?.len()));
    let metrics = store.metrics().await?;
    figures.extend(metrics.iter().map(|one| (format!("series of {}", one.name), one.series.to_string())));
    add_usage(&mut figures, store, TraceFilter::default(), &[]).await?;
    Ok(figures)
}

/// Totals of a day: usage by model, tool runs, traces, spans, events and points.
async fn figures_of(store: &dyn Store, day: Timestamp) -> Result<Figures> {
    let filter =
        TraceFilter { since: Some(day), until: Some(day.plus(Timestamp::DAY)), ..TraceFilter::default() };
    let mut figures = Figures::new();
    add_usage(&mut figures, store, filter.clone(), &[GroupBy::Model]).await?;
    for tool in store.tools(&filter).await? {
        let runs = format!("{} calls, {} errors, {} inferred", tool.calls, tool.errors, tool.inferred);
        figures.insert(format!("tool {}", tool.tool), runs);
    }
    for (name, of) in
        [("traces", Worked::Traces), ("spans", Worked::Spans(Vec::new())), ("events", Worked::Events)]
    {
        let query = WorkQuery { of, filter: filter.clone(), ..WorkQuery::default() };
        let counts: Vec<(u64, u64)> = store
            .work(&query)
            .await?
            .iter()
            .map(|group| (group.totals.count, group.totals.errors))
            .filter(|counts| *counts != (0, 0))
            .collect();
        figures.extend(
            counts.iter().map(|(count, errors)| (name.to_owned(), format!("{count}, {errors} failed"))),
        );
    }
    let points = count_points(store, day).await?;
    figures
        .extend(points.into_iter().map(|(metric, count)| (format!("points of {metric}"), count.to_string())));
    Ok(figures)
}

async fn add_usage(
    figures: &mut Figures,
    store: &dyn Store,
    filter: TraceFilter,
    keys: &[GroupBy],
) -> Result<()> {
    for group in store.usage(&UsageQuery { filter, group_by: keys.to_vec() }).await? {
        let name = match group.key.first() {
            None => "all models".to_owned(),
            Some(UsageKey::Name(Some(model))) => format!("model {model}"),
            Some(UsageKey::Name(None)) => "no model".to_owned(),
            Some(key) => format!("{key:?}"),
        };
        let named = usage_figures(&group.totals).into_iter();
        figures.extend(named.map(|(figure, value)| (format!("{name}, {figure}"), value)));
    }
    Ok(())
}

/// Every figure of a sum that is not zero or missing.
fn usage_figures(totals: &UsageTotals) -> Vec<(&'static str, String)> {
    let UsageTotals {
        llm_calls,
        errors,
        tokens,
        cost,
        subscription,
        unpriced,
        reported,
        deviating,
        latency,
        estimated,
    } = totals;
    let money = |amount: &Option<Usd>| amount.as_ref().map(ToString::to_string);
    let other = |value: &dyn Debug, is_default: bool| (!is_default).then(|| format!("{value:?}"));
    let count = |count: &u64| (*count > 0).then(|| count.to_string());
    let figures = [
        ("calls", count(llm_calls)),
        ("errors", count(errors)),
        ("input tokens", count(&tokens.input)),
        ("output tokens", count(&tokens.output)),
        ("cache read tokens", count(&tokens.cache_read)),
        ("cache write tokens", count(&tokens.cache_write)),
        ("reasoning tokens", count(&tokens.reasoning)),
        ("cost_usd", money(cost)),
        ("list price of subscriptions", money(subscription)),
        ("reported cost_usd", money(reported)),
        ("deviating costs", count(deviating)),
        ("unpriced calls", other(unpriced, unpriced.is_empty())),
        ("latencies", other(&latency.parts(), latency.count() == 0)),
        ("estimated usage", other(estimated, *estimated == Default::default())),
    ];
    figures.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
