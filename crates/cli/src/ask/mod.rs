//! The query commands: each sends a request to the HTTP interface of a server, or to its routes over the
//! files.

mod alerts;
mod analysis;
mod archive;
mod books;
mod budgets;
mod estimate;
mod explain;
mod incidents;
mod lens;
mod parity;
mod price;
mod print;
mod source;
mod tree;
mod update;

use std::io::Write;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::args::{Command, Events, Filter, Slo, SloWhat, Source, Trace};

pub use source::{
    OpenSource, Refused, ask, ask_server, ask_to_change, ask_to_write, escape, place, server_of, server_with,
};

/// A request to the HTTP interface.
pub struct Question {
    method: &'static str,
    path: String,
    params: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Question {
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), params: Vec::new(), body: None }
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self { method: "DELETE", ..Self::get(path) }
    }

    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: "POST", body: Some(body), ..Self::get(path) }
    }

    pub fn with(mut self, name: &'static str, value: &Option<String>) -> Self {
        self.params.extend(value.iter().map(|value| (name, value.clone())));
        self
    }

    pub fn filtered(self, filter: &Filter) -> Self {
        self.with("since", &filter.since)
            .with("until", &filter.until)
            .with("q", &filter.q)
            .with("service", &filter.service)
            .with("framework", &filter.framework)
            .with("agent", &filter.agent)
            .with("model", &filter.model)
            .with("tool", &filter.tool)
            .with("status", &filter.status)
            .with("session", &filter.session)
            .with("user", &filter.user)
            .with("tag", &filter.tag)
            .with("project", &filter.project)
            .with("commit", &filter.commit)
            .with("branch", &filter.branch)
            .with("error", &filter.error)
            .with("min_duration_ms", &filter.min_duration_ms)
            .with("min_cost_usd", &filter.min_cost_usd)
            .with("filter", &filter.filter)
    }
}

/// Sends the request and prints the answer; `false` when a budget, an alert or an objective says no.
pub fn run(command: &Command) -> Result<bool> {
    match command {
        Command::Prices(ask) => return books::run(&ask.what),
        Command::Alerts(ask) => return alerts::run(&ask.what),
        Command::Incidents(ask) => return incidents::run(&ask.what),
        Command::Slo(Slo { what: Some(SloWhat::Report(ask)), .. }) => return incidents::slo_report(ask),
        Command::Slo(ask) => return alerts::slo(ask),
        Command::Health(ask) => return alerts::health(ask),
        Command::Budget(ask) => return budgets::run(&ask.what),
        Command::Estimate(ask) => return estimate::run(ask),
        Command::Price(ask) => show(ask.source.json, &price::ask(ask)?, print::price)?,
        Command::Trace(ask) if ask.lens => show(ask.source.json, &lens::ask(ask)?, lens::print)?,
        other => match explained(other) {
            Some(filter) => explain::run(filter)?,
            None => {
                let (question, source, print) = question(other)?;
                show(source.json, &ask(source, &question)?, print)?;
            }
        },
    }
    Ok(true)
}

/// The filter of a command that only explains it.
fn explained(command: &Command) -> Option<&str> {
    let filter = match command {
        Command::Traces(ask) => &ask.filter,
        Command::Sessions(ask) => &ask.filter,
        Command::Usage(ask) => &ask.filter,
        Command::Plans(ask) => &ask.filter,
        Command::Tools(ask) => &ask.filter,
        _ => return None,
    };
    filter.filter.as_deref().filter(|_| filter.explain)
}

/// How an answer is shown to people.
type Print = fn(&Value) -> String;

/// Request of a command, its source, and the function that prints the answer.
fn question(command: &Command) -> Result<(Question, &Source, Print)> {
    let of = |path: &str, filter| Question::get(path).filtered(filter);
    Ok(match command {
        Command::Traces(ask) => {
            let question =
                of("/api/v1/traces", &ask.filter).with("sort", &ask.sort).with("limit", &ask.limit);
            (question.with("cursor", &ask.cursor), &ask.source, print::traces)
        }
        Command::Frameworks(ask) => {
            let question = Question::get("/api/parity-matrix")
                .with("time_range", &ask.time_range)
                .with("frameworks", &ask.frameworks);
            (question, &ask.source, parity::print)
        }
        Command::Trace(ask) => trace(ask),
        Command::Sessions(ask) => {
            (of("/api/v1/sessions", &ask.filter).with("limit", &ask.limit), &ask.source, print::sessions)
        }
        Command::Usage(ask) if ask.analysis => {
            let question = of("/api/v1/costs/analysis", &ask.filter).with("bucket", &ask.bucket);
            (question, &ask.source, analysis::print)
        }
        Command::Usage(ask) => {
            let keys = Some(ask.group_by.clone()).filter(|keys| !keys.is_empty());
            (of("/api/v1/usage", &ask.filter).with("group_by", &keys), &ask.source, print::usage)
        }
        Command::Plans(ask) => (of("/api/v1/plans", &ask.filter), &ask.source, analysis::plans),
        Command::Tools(ask) => (of("/api/v1/tools", &ask.filter), &ask.source, print::tools),
        Command::Events(ask) => (events(ask), &ask.source, print::events),
        _ => bail!("not a question"),
    })
}

fn trace(ask: &Trace) -> (Question, &Source, Print) {
    let path = format!("/api/v1/traces/{}", escape(&ask.id));
    match &ask.cost {
        None => (Question::get(path), &ask.source, tree::trace),
        Some(span) => {
            let question = Question::get(format!("{path}/spans/{}/cost", escape(span)));
            (question, &ask.source, print::cost_of_span)
        }
    }
}

fn events(ask: &Events) -> Question {
    Question::get("/api/v1/events")
        .with("since", &ask.since)
        .with("until", &ask.until)
        .with("level", &ask.level)
        .with("type", &ask.name)
        .with("session", &ask.session)
        .with("agent", &ask.agent)
        .with("trace_id", &ask.trace_id)
        .with("q", &ask.q)
        .with("limit", &ask.limit)
}

/// Prints the answer. A reader that has seen enough is an error here, and none for the command.
fn show(json: bool, answer: &Value, print: impl Fn(&Value) -> String) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json { writeln!(out, "{answer:#}") } else { writeln!(out, "{}", print(answer)) }
}
