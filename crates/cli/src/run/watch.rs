//! Figures of a run, asked from its server.

use std::time::Duration;

use anyhow::Result;
use quipu::core::Usd;
use quipu_semconv::quipu::RUN as RUN_KEY;
use serde_json::Value;

use super::place::{Refused, budget_name};
use crate::ask::{OpenSource, Question};

/// Route of calls, tokens and costs.
const USAGE: &str = "/api/v1/usage";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Watches the records of one run.
pub struct Watch {
    source: OpenSource,
    id: String,
    since: String,
    budget: Option<Usd>,
    refused: Refused,
}

impl Watch {
    /// Watches a run that begins now.
    pub fn new(url: &str, id: &str, budget: Option<Usd>, refused: Refused) -> Self {
        let since = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(1);
        Self {
            source: OpenSource::Server(url.to_owned()),
            id: id.to_owned(),
            since: since.to_string(),
            budget,
            refused,
        }
    }

    /// Asks about the records of the run.
    ///
    /// # Errors
    /// The server gives no answer.
    pub fn ask(&self, path: &str, more: &[(&'static str, &str)]) -> Result<Value> {
        self.ask_for(&format!("attr.{RUN_KEY}:{}", self.id), path, more)
    }

    fn ask_for(&self, filter: &str, path: &str, more: &[(&'static str, &str)]) -> Result<Value> {
        let question = Question::get(path)
            .with("since", &Some(self.since.clone()))
            .with("filter", &Some(filter.to_owned()));
        let with = |question: Question, (name, value): &(&'static str, &str)| {
            question.with(name, &Some((*value).to_owned()))
        };
        self.source.ask_within(&more.iter().fold(question, with), PATIENCE)
    }

    /// Whether the budget is spent, or the gateway refused a call for it.
    pub fn is_spent(&self) -> bool {
        let Some(budget) = self.budget else { return false };
        if self.refused.is_refused() {
            return true;
        }
        // The store finds a tag by its index, and reads spans for an attribute. The tag is that of whole
        // traces, so other programs may share it: the attribute decides.
        let by_tag = format!("tag:{}", budget_name(&self.id));
        let is_spent = |usage: Result<Value>| {
            // A server that does not answer now is asked again.
            let usage = usage.unwrap_or_default();
            let cost = usage["total"]["cost_usd"].as_str().and_then(|usd| usd.parse::<Usd>().ok());
            cost.is_some_and(|cost| cost >= budget)
        };
        is_spent(self.ask_for(&by_tag, USAGE, &[])) && is_spent(self.ask(USAGE, &[]))
    }
}
