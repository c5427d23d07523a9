//! The asking commands: a question goes to the HTTP interface, of a server or of one's own over the files.

mod lens;
mod parity;
mod price;
mod print;
mod source;
mod tree;

use std::io::Write;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::args::{Command, Events, Filter};

pub use source::{default_folder, place};

/// A question to the HTTP interface.
pub struct Question {
    path: String,
    params: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Question {
    fn get(path: impl Into<String>) -> Self {
        Self { path: path.into(), params: Vec::new(), body: None }
    }

    fn with(mut self, name: &'static str, value: &Option<String>) -> Self {
        self.params.extend(value.iter().map(|value| (name, value.clone())));
        self
    }

    fn filtered(self, filter: &Filter) -> Self {
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
            .with("min_duration_ms", &filter.min_duration_ms)
            .with("min_cost_usd", &filter.min_cost_usd)
    }
}

/// Asks and prints.
pub fn run(command: &Command) -> Result<()> {
    let (question, source, print): (_, _, fn(&Value) -> String) = match command {
        Command::Traces(ask) => {
            let question = Question::get("/api/v1/traces").filtered(&ask.filter).with("sort", &ask.sort);
            (question.with("limit", &ask.limit).with("cursor", &ask.cursor), &ask.source, print::traces)
        }
        Command::Trace(ask) if ask.lens => {
            show(ask.source.json, &lens::ask(ask)?, lens::print)?;
            return Ok(());
        }
        Command::Frameworks(ask) => {
            let question = Question::get("/api/parity-matrix")
                .with("time_range", &ask.time_range)
                .with("frameworks", &ask.frameworks);
            (question, &ask.source, parity::print)
        }
        Command::Trace(ask) => {
            let question = Question::get(format!("/api/v1/traces/{}", source::escape(&ask.id)));
            (question, &ask.source, tree::trace)
        }
        Command::Sessions(ask) => {
            let question = Question::get("/api/v1/sessions").filtered(&ask.filter).with("limit", &ask.limit);
            (question, &ask.source, print::sessions)
        }
        Command::Usage(ask) => {
            let keys = Some(ask.group_by.clone()).filter(|keys| !keys.is_empty());
            (
                Question::get("/api/v1/usage").filtered(&ask.filter).with("group_by", &keys),
                &ask.source,
                print::usage,
            )
        }
        Command::Tools(ask) => {
            (Question::get("/api/v1/tools").filtered(&ask.filter), &ask.source, print::tools)
        }
        Command::Events(ask) => (events(ask), &ask.source, print::events),
        Command::Price(ask) => {
            show(ask.json, &price::ask(ask)?, print::price)?;
            return Ok(());
        }
        _ => bail!("not a question"),
    };
    let answer = source::ask(source, &question)?;
    show(source.json, &answer, print)?;
    Ok(())
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
fn show(json: bool, answer: &Value, print: fn(&Value) -> String) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json { writeln!(out, "{answer:#}") } else { writeln!(out, "{}", print(answer)) }
}
