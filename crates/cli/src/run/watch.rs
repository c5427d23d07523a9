//! Figures of a run, asked from its server.

use std::time::Duration;

use anyhow::Result;
use quipu::core::Usd;
use serde_json::Value;

use super::environment::RUN_KEY;
use super::place::Refused;
use crate::ask::{OpenSource, Question};

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
        let question = Question::get(path)
            .with("since", &Some(self.since.clone()))
            .with("filter", &Some(format!("attr.{RUN_KEY}:{}", self.id)));
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
        // A server that does not answer now is asked again.
        let usage = self.ask("/api/v1/usage", &[]).unwrap_or_default();
        let cost = usage["total"]["cost_usd"].as_str().and_then(|usd| usd.parse::<Usd>().ok());
        cost.is_some_and(|cost| cost >= budget)
    }
}
