//! Places: the views with their subjects, and what a row leads to.

use crate::figure::clean;

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// Totals, latest traces, and what needs attention.
    Overview,
    /// List of traces.
    Traces,
    /// Spans of a trace.
    Trace(String),
    /// One span of a trace.
    Span(String, String),
    /// Messages of a trace.
    Conversation(String),
    /// Messages of all traces of a session.
    SessionConversation(String),
    /// List of sessions.
    Sessions,
    /// Traces of a session.
    Session(String),
    /// Agents.
    Agents,
    /// Models.
    Models,
    /// Tools.
    Tools,
    /// Cost, and the windows of subscriptions.
    Costs,
    /// Budgets.
    Budgets,
    /// Alerts.
    Alerts,
    /// The server and its machine.
    System,
}

impl Place {
    /// The views with a key of their own, in the order of the keys.
    pub const MENU: [Self; 10] = [
        Self::Overview,
        Self::Traces,
        Self::Sessions,
        Self::Agents,
        Self::Models,
        Self::Tools,
        Self::Costs,
        Self::Budgets,
        Self::Alerts,
        Self::System,
    ];

    /// Word of the view in commands and `--view`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Traces => "traces",
            Self::Trace(_) => "trace",
            Self::Span(..) => "span",
            Self::Conversation(_) | Self::SessionConversation(_) => "conversation",
            Self::Sessions => "sessions",
            Self::Session(_) => "session",
            Self::Agents => "agents",
            Self::Models => "models",
            Self::Tools => "tools",
            Self::Costs => "cost",
            Self::Budgets => "budgets",
            Self::Alerts => "alerts",
            Self::System => "system",
        }
    }

    /// Reads the word of a view, with the id that `trace`, `conversation` and `session` need.
    ///
    /// # Errors
    /// The word is unknown, or an id is missing or not wanted.
    pub fn read(text: &str) -> Result<Self, String> {
        let (word, id) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let id = id.trim();
        if let Some(place) = Self::MENU.into_iter().find(|place| place.word() == word) {
            return if id.is_empty() {
                Ok(place)
            } else {
                Err(format!("{word} has no id, got {}", clean(id)))
            };
        }
        let of: fn(String) -> Self = match word {
            "trace" => Self::Trace,
            "conversation" if is_trace(id) => Self::Conversation,
            "conversation" => Self::SessionConversation,
            "session" => Self::Session,
            _ => return Err(format!("no view is named {}", clean(word))),
        };
        if id.is_empty() { Err(format!("{word} needs an id")) } else { Ok(of(id.to_owned())) }
    }

    /// The entry of the menu that this view belongs to.
    pub const fn menu(&self) -> usize {
        match self {
            Self::Overview => 0,
            Self::Traces | Self::Trace(_) | Self::Span(..) | Self::Conversation(_) => 1,
            Self::Sessions | Self::Session(_) | Self::SessionConversation(_) => 2,
            Self::Agents => 3,
            Self::Models => 4,
            Self::Tools => 5,
            Self::Costs => 6,
            Self::Budgets => 7,
            Self::Alerts => 8,
            Self::System => 9,
        }
    }

    /// Whether the filter and the time range apply.
    pub const fn is_filtered(&self) -> bool {
        matches!(
            self,
            Self::Overview
                | Self::Traces
                | Self::Sessions
                | Self::Agents
                | Self::Models
                | Self::Tools
                | Self::Costs
        )
    }

    /// Trace of the view.
    pub fn trace(&self) -> Option<&str> {
        match self {
            Self::Trace(id) | Self::Span(id, _) | Self::Conversation(id) => Some(id),
            _ => None,
        }
    }

    /// Session of the view.
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::Session(id) | Self::SessionConversation(id) => Some(id),
            _ => None,
        }
    }
}

fn is_trace(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The target of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A view.
    Open(Place),
    /// The traces that match a term of the query language, such as `model:gpt-5`.
    Narrow(String),
    /// A state of an alert rule.
    Alert {
        /// Rule.
        rule: String,
        /// Keys and values of its group.
        group: Vec<(String, String)>,
        /// Open episode.
        episode: Option<String>,
    },
}

impl Target {
    /// A term that matches one value of a field.
    pub fn term(field: &str, value: &str) -> Self {
        Self::Narrow(format!("{field}:\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
    }

    /// The text that `y` copies.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Open(Place::Span(_, span)) => Some(span),
            Self::Open(place) => place.trace().or_else(|| place.session()),
            Self::Narrow(term) => Some(term),
            Self::Alert { episode, rule, .. } => Some(episode.as_deref().unwrap_or(rule)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_word_names_a_view_and_its_subject() {
        for place in Place::MENU {
            assert_eq!(Place::read(place.word()), Ok(place));
        }
        let id = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(Place::read(&format!("trace {id}")), Ok(Place::Trace(id.into())));
        assert_eq!(Place::read(&format!(" conversation  {id} ")), Ok(Place::Conversation(id.into())));
        assert_eq!(Place::read("conversation s-1"), Ok(Place::SessionConversation("s-1".into())));
        assert_eq!(Place::read("trace").unwrap_err(), "trace needs an id");
        assert_eq!(Place::read("models x").unwrap_err(), "models has no id, got x");
        assert_eq!(Place::read("mod\u{1b}els").unwrap_err(), "no view is named mod els");
    }

    #[test]
    fn a_term_quotes_its_value() {
        assert_eq!(Target::term("agent", r#"a "b" \"#).id(), Some(r#"agent:"a \"b\" \\""#));
    }
}
