//! Views: each asks the source and makes a page of the answers.

mod alerts;
mod budgets;
mod cells;
mod conversation;
mod costs;
mod overview;
mod pace;
mod series;
mod span;
mod summary;
mod system;
mod tables;
mod trace;
mod traces;
mod windows;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

pub use pace::Limits;

use crate::page::Page;
use crate::place::Place;
use crate::source::{AskError, Request, Source};
use crate::words::Words;

/// Orders of the list of traces; the first is the default.
pub(crate) const SORTS: [&str; 4] = ["-started_at", "-cost", "-duration", "-tokens"];

/// A question of a view.
pub(crate) struct Ask<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) words: &'static Words,
    pub(crate) zone: &'a TimeZone,
    pub(crate) now: Timestamp,
    /// Time range such as `24h`; empty for all stored data.
    pub(crate) range: &'a str,
    /// Filter in the query language.
    pub(crate) filter: &'a str,
    /// Order of traces.
    pub(crate) sort: &'static str,
    pub(crate) limits: &'a Limits,
}

impl Ask<'_> {
    /// A question about the time range, with the filter.
    fn of(&self, path: &str) -> Request {
        self.since(path, self.range)
    }

    /// A question about another time range, with the filter.
    fn since(&self, path: &str, range: &str) -> Request {
        let since = if range.is_empty() { String::new() } else { format!("-{range}") };
        Request::get(path).with("since", since).with("filter", self.filter)
    }

    fn ask(&self, request: &Request) -> Result<Value, AskError> {
        self.source.ask(request)
    }

    /// The answer of a part of the page that may be missing, such as alerts of a project without rules.
    fn ask_if_there(&self, request: &Request) -> Value {
        self.source.ask(request).unwrap_or_default()
    }
}

/// Asks for the contents of a view.
///
/// # Errors
/// The source is not reachable, or it rejects the question.
pub(crate) fn load(place: &Place, ask: &Ask<'_>) -> Result<Page, AskError> {
    match place {
        Place::Overview => overview::load(ask),
        Place::Traces => traces::load(ask),
        Place::Trace(id) => trace::load(ask, id),
        Place::Span(trace, span) => span::load(ask, trace, span),
        Place::Conversation(id) => conversation::of_trace(ask, id),
        Place::SessionConversation(id) => conversation::of_session(ask, id),
        Place::Sessions => tables::sessions(ask),
        Place::Session(id) => traces::of_session(ask, id),
        Place::Agents => tables::agents(ask),
        Place::Models => tables::models(ask),
        Place::Tools => tables::tools(ask),
        Place::Costs => costs::load(ask),
        Place::Budgets => budgets::load(ask),
        Place::Alerts => alerts::load(ask),
        Place::System => system::load(ask),
    }
}

/// Items of an answer's list.
fn list<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    answer[name].as_array().into_iter().flatten()
}
