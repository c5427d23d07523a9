//! Queries for series of a metric.

use std::collections::BTreeMap;

use quipu_core::{MetricAggregate, MetricQuery, Timestamp};

use crate::{ParamError, Params, time};

/// Parameters of a question for series; `label` may be repeated.
pub const METRIC_PARAMS: &[&str] = &["name", "label", "labels", "by", "since", "until", "step", "agg"];
/// Most steps between `since` and `until`: the bound that Prometheus has for its range queries.
pub const MAX_STEPS: i64 = 11_000;

/// Steps that an unspecified `step` aims at.
const AIM: i64 = 240;
const STEP_EXPECTED: &str =
    "milliseconds as a whole number of at least 1000, or a duration such as 30s, 1m, 1h, 1d";

pub(crate) const AGGREGATES: &[(&str, MetricAggregate)] = &[
    ("avg", MetricAggregate::Average),
    ("sum", MetricAggregate::Sum),
    ("min", MetricAggregate::Min),
    ("max", MetricAggregate::Max),
    ("count", MetricAggregate::Count),
    ("last", MetricAggregate::Last),
    ("p50", MetricAggregate::P50),
    ("p95", MetricAggregate::P95),
    ("p99", MetricAggregate::P99),
];

impl Params {
    /// Reads a question for series. Labels come as `label=key=value`, repeated, or as `labels`, a JSON object
    /// of texts. `by` is a comma list of the labels by which series are put together, empty for one of all.
    /// Without `step` it is one minute, or wider if `since` is long ago.
    ///
    /// # Errors
    /// A parameter is unknown, missing, given twice, or has an invalid value; or `since`, `until` and `step`
    /// make more than [`MAX_STEPS`] steps.
    pub fn metric_query(&self) -> Result<MetricQuery, ParamError> {
        self.allow(&[METRIC_PARAMS], &["label"])?;
        let (since, until) = self.times()?;
        let range = since.map_or(0, |since| until.unwrap_or(self.now()).since(since));
        Ok(MetricQuery {
            name: self.metric_name()?,
            labels: self.labels()?,
            since,
            until,
            step: self.step(range)?,
            aggregate: self.word("agg", AGGREGATES)?.unwrap_or_default(),
            group_by: self.get("by").map(label_names),
        })
    }

    pub(crate) fn metric_name(&self) -> Result<String, ParamError> {
        let missing =
            || ParamError::Missing { name: "name", expected: "the name of a stored metric".to_owned() };
        self.text("name")?.ok_or_else(missing)
    }

    fn step(&self, range: i64) -> Result<i64, ParamError> {
        let minute = 60 * Timestamp::SECOND;
        let Some(step) = self.read("step", STEP_EXPECTED, read_step)? else {
            return Ok((range / AIM).max(minute) / minute * minute);
        };
        if range / step > MAX_STEPS {
            let found = self.get("step").unwrap_or_default();
            let least = range / MAX_STEPS / 1_000_000 + 1;
            return Err(ParamError::value(
                "step",
                found,
                format!("at least {least} ms: at most {MAX_STEPS} steps"),
            ));
        }
        Ok(step)
    }

    pub(crate) fn labels(&self) -> Result<BTreeMap<String, String>, ParamError> {
        let expected = "a JSON object of texts such as {\"model\":\"gpt-4o\"}";
        let mut labels =
            self.read("labels", expected, |text| serde_json::from_str(text).ok())?.unwrap_or_default();
        for pair in self.all("label") {
            let (key, value) = pair
                .split_once('=')
                .filter(|(key, _)| !key.is_empty())
                .ok_or_else(|| ParamError::value("label", pair, "key=value"))?;
            if BTreeMap::insert(&mut labels, key.to_owned(), value.to_owned()).is_some() {
                return Err(ParamError::value("label", pair, "each key once"));
            }
        }
        Ok(labels)
    }
}

pub(crate) fn label_names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

pub(crate) fn read_step(text: &str) -> Option<i64> {
    let millis = || text.parse::<i64>().ok()?.checked_mul(1_000_000);
    millis().or_else(|| time::parse_span(text)).filter(|step| *step >= Timestamp::SECOND)
}
