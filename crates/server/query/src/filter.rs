//! Filter of traces.

use quipu_core::{Criterion, ErrorClass, FacetField, Term, Timestamp, TraceFilter, TraceStatus, Usd, Wanted};

use crate::{ParamError, Params, parse_terms, parse_time, time};

/// Parameters that choose traces; every question about traces takes them.
pub const FILTER_PARAMS: &[&str] = &[
    "since",
    "until",
    "q",
    "service",
    "framework",
    "agent",
    "model",
    "tool",
    "status",
    "session",
    "user",
    "tag",
    "project",
    "commit",
    "branch",
    "error",
    "min_duration_ms",
    "min_cost_usd",
    "filter",
];

pub(crate) const STATUSES: &[(&str, TraceStatus)] = &[
    ("ok", TraceStatus::Ok),
    ("error", TraceStatus::Error),
    ("unset", TraceStatus::Unset),
    ("running", TraceStatus::Running),
];

/// Reads the parameters of [`FILTER_PARAMS`]; ignores others.
///
/// # Errors
/// A value is invalid, or `until` is before `since`.
pub fn parse_trace_filter(params: &Params) -> Result<TraceFilter, ParamError> {
    let (since, until) = params.times()?;
    Ok(TraceFilter {
        since,
        until,
        q: params.text("q")?,
        service: params.text("service")?,
        framework: params.text("framework")?,
        agent: params.text("agent")?,
        model: params.text("model")?,
        tool: params.text("tool")?,
        status: params.word("status", STATUSES)?,
        session: params.text("session")?,
        user: params.text("user")?,
        tag: params.text("tag")?,
        project: params.text("project")?,
        commit: params.text("commit")?,
        branch: params.text("branch")?,
        min_duration: params.read(
            "min_duration_ms",
            "milliseconds such as 250 or 0.5, not negative",
            time::parse_millis,
        )?,
        min_cost: params.read("min_cost_usd", "US dollars such as 0.05, not negative", |text| {
            text.parse::<Usd>().ok().filter(|cost| *cost >= Usd::ZERO)
        })?,
        terms: terms(params)?,
    })
}

/// The terms of `filter`, and that of `error`.
fn terms(params: &Params) -> Result<Vec<Term>, ParamError> {
    let mut terms = params.text("filter")?.map_or(Ok(Vec::new()), |text| parse_terms(&text))?;
    if let Some(class) = params.word("error", &ERRORS)? {
        let wanted = vec![Wanted::Exactly(class.as_str().to_owned())];
        terms.push(Term { not: false, criterion: Criterion::Named(FacetField::Error, wanted) });
    }
    Ok(terms)
}

/// Error classes by their words.
const ERRORS: [(&str, ErrorClass); ErrorClass::ALL.len()] = {
    let mut words = [("", ErrorClass::Other); ErrorClass::ALL.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = (ErrorClass::ALL[at].as_str(), ErrorClass::ALL[at]);
        at += 1;
    }
    words
};

impl Params {
    /// A time parameter.
    ///
    /// # Errors
    /// It is not a time that [`parse_time`] reads.
    pub fn time(&self, name: &'static str) -> Result<Option<Timestamp>, ParamError> {
        self.read(name, time::EXPECTED, |text| parse_time(text, self.now()))
    }

    /// `since` and `until`.
    ///
    /// # Errors
    /// A value is not a time, or `until` is before `since`.
    pub fn times(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), ParamError> {
        let (since, until) = (self.time("since")?, self.time("until")?);
        match (since, until) {
            (Some(since), Some(until)) if until < since => {
                let found = self.get("until").unwrap_or_default();
                Err(ParamError::value(
                    "until",
                    found,
                    format!("a time at or after `since`, which is {since}"),
                ))
            }
            times => Ok(times),
        }
    }
}
