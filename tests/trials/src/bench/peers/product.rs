//! Trait of a measured product: it takes spans over OTLP, keeps them on disk and answers queries.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::bench::Load;
use crate::bench::load;
use crate::integration::Server;
use crate::integration::tools::Program;
use crate::integration::tree;

/// A product. Its store has its own folder, which may hold data of an earlier start.
pub trait Product {
    /// Its name in figures.
    fn name(&self) -> &'static str;

    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// It cannot be had, or does not come up.
    fn start(&self, folder: &Path) -> Result<Running>;

    /// Spans that its database holds now.
    ///
    /// # Errors
    /// The number cannot be read.
    fn stored(&self, running: &Running, folder: &Path) -> Result<u64>;

    /// Checkpoints its database after a stop.
    ///
    /// # Errors
    /// The database cannot be opened.
    fn fold(&self, folder: &Path) -> Result<()>;

    /// Queries over its own API.
    fn questions(&self, api: &str, sent: &Sent) -> Vec<Question>;
}

/// A repeated query, with its expected answer.
pub struct Question {
    /// Its name in figures, the same for every product.
    pub id: &'static str,
    /// URL of the query.
    pub url: String,
    /// The body of a POST; without one it is a GET.
    pub body: Option<Value>,
    /// Figure of the answer.
    pub answer: fn(&Value) -> f64,
    /// Expected figure.
    pub right: f64,
    /// The figure for the found share of `right`; without one, a wrong answer is an error.
    pub part: Option<&'static str>,
}

impl Question {
    /// The newest 50 traces.
    pub const fn list(url: String, body: Option<Value>, answer: fn(&Value) -> f64) -> Self {
        Self { id: "list_50", url, body, answer, right: 50.0, part: None }
    }

    /// A trace of 100 spans with all that they hold.
    pub const fn trace(url: String, answer: fn(&Value) -> f64) -> Self {
        Self { id: "trace_100", url, body: None, answer, right: 100.0, part: None }
    }

    /// All tokens. A product may count less than it was sent, and says how much.
    pub const fn tokens(url: String, body: Option<Value>, sent: &Sent, answer: fn(&Value) -> f64) -> Self {
        Self { id: "tokens", url, body, answer, right: sent.tokens as f64, part: Some("of_sent") }
    }
}

/// Sent load, as far as the queries need it.
pub struct Sent {
    /// Spans.
    pub spans: u64,
    /// Input and output tokens of all calls of language models.
    pub tokens: u64,
    /// The id of a trace of 100 spans, as 32 hexadecimal digits.
    pub trace: String,
}

impl Sent {
    /// Sums of a load and the spans before it; `None` if it has no trace of 100 spans.
    pub fn of(load: &Load, before: &[load::Span]) -> Option<Self> {
        let trace = load.traces().find(|trace| trace.spans == 100)?.hex();
        let timed = load.iter().map(|span| tokens(&span)).sum::<u64>();
        let first: u64 = before.iter().map(tokens).sum();
        Some(Self { spans: load.spans() + before.len() as u64, tokens: timed + first, trace })
    }
}

fn tokens(span: &load::Span) -> u64 {
    const COUNTED: [&str; 2] = ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"];
    let counted = span.attributes.iter().filter(|attribute| COUNTED.contains(&attribute.key));
    let values = counted.map(|attribute| match attribute.value {
        load::Value::Int(tokens) => tokens.unsigned_abs(),
        _ => 0,
    });
    values.sum()
}

/// A product at work. Dropping it kills it with all that it started.
pub struct Running {
    process: Process,
    /// From its start until it was ready.
    pub ready_after: Duration,
    /// Address for OTLP over HTTP.
    pub otlp: String,
    /// Headers of its senders.
    pub headers: &'static [(&'static str, &'static str)],
    /// Address of its query API.
    pub api: String,
}

enum Process {
    Ours(Box<Server>),
    Theirs(Program),
}

impl Running {
    /// Ours.
    pub fn ours(server: Server) -> Self {
        let (otlp, api, ready_after) = (server.otlp_http.clone(), server.http.clone(), server.ready_after);
        Self { process: Process::Ours(Box::new(server)), ready_after, otlp, headers: &[], api }
    }

    /// A started third-party product; it is ready once its time is put into `ready_after`.
    pub fn theirs(program: Program, url: String, headers: &'static [(&'static str, &'static str)]) -> Self {
        let process = Process::Theirs(program);
        Self { process, ready_after: Duration::ZERO, otlp: url.clone(), headers, api: url }
    }

    /// Its first process.
    pub fn id(&self) -> u32 {
        match &self.process {
            Process::Ours(server) => server.id(),
            Process::Theirs(program) => program.id(),
        }
    }

    /// Its output so far; empty for Quipu, whose errors include it.
    pub fn said(&self) -> String {
        match &self.process {
            Process::Ours(_) => String::new(),
            Process::Theirs(program) => program.said(),
        }
    }

    /// Ends it as an operator would.
    ///
    /// # Errors
    /// Ours does not end well.
    pub fn stop(self) -> Result<()> {
        match self.process {
            Process::Ours(server) => server.stop(),
            Process::Theirs(program) => {
                tree::end(program.id());
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_counted_with_what_went_before() {
        let load = Load::new(2_000);
        let before = load.one_of(50);
        let sent = Sent::of(&load, &before).unwrap();
        assert_eq!(sent.spans, 2_050);
        assert_eq!(sent.trace.len(), 32);
        let alone = Sent::of(&load, &[]).unwrap().tokens;
        // 300 to 9,000 tokens a call, and about three calls in ten spans.
        assert!(sent.tokens > alone && (200_000..6_000_000).contains(&alone), "{alone}");
    }
}
