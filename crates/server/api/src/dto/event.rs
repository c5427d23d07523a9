//! Structured events of agents.

use quipu_core::EventPage;
use quipu_query::CursorText;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::{json, name, object, text};

/// One structured event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Time of the event.
    pub time: String,
    /// `trace`, `debug`, `info`, `success`, `warning`, `error` or `critical`.
    pub level: String,
    /// Type of the event, such as `gen_ai.choice`; null for plain log lines.
    pub r#type: Option<String>,
    /// Body as sent.
    pub body: Json,
    /// Attributes as sent.
    #[schema(value_type = Object)]
    pub attributes: Map<String, Json>,
    /// Trace that it belongs to.
    pub trace_id: Option<String>,
    /// Span that it belongs to.
    pub span_id: Option<String>,
    /// Session.
    pub session_id: Option<String>,
    /// Agent.
    pub agent: Option<String>,
    /// Framework.
    pub framework: Option<String>,
    /// Service that produced it.
    pub service: Option<String>,
    /// Instrumentation scope that produced it.
    pub scope: Option<String>,
}

impl From<&quipu_core::Event> for Event {
    fn from(event: &quipu_core::Event) -> Self {
        Self {
            time: event.time.to_string(),
            level: event.level.as_str().to_owned(),
            r#type: text(&event.name),
            body: json(&event.body),
            attributes: object(&event.attributes),
            trace_id: event.trace_id.map(|id| id.to_string()),
            span_id: event.span_id.map(|id| id.to_string()),
            session_id: name(event.session.as_ref()),
            agent: name(event.agent.as_ref()),
            framework: name(event.framework.as_ref()),
            service: event.resource.service().map(str::to_owned),
            scope: text(&event.scope.name),
        }
    }
}

/// One page of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventsAnswer {
    /// Events, newest first.
    pub events: Vec<Event>,
    /// The `cursor` of the next page; null on the last page.
    pub next_cursor: Option<String>,
}

impl From<&EventPage> for EventsAnswer {
    fn from(page: &EventPage) -> Self {
        Self {
            events: page.rows.iter().map(Event::from).collect(),
            next_cursor: page.next.map(|(at, number)| CursorText::of_event(at, number)),
        }
    }
}
