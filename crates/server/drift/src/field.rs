//! The canonical fields that are watched, and their presence on a span.

use quipu_core::{Canonical, Kind, Usage};

/// The cause of a field's presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The instrumentation decides: a change shows within a day.
    Steady,
    /// The application or its traffic decides too: a change needs several days.
    Traffic,
}

/// A field of the canonical form that a source can stop sending.
pub struct Field {
    /// Its name in the spans of the HTTP API.
    pub name: &'static str,
    /// The cause of its presence.
    pub presence: Presence,
    /// Whether a span has it.
    pub is_in: fn(&Canonical) -> bool,
}

const fn steady(name: &'static str, is_in: fn(&Canonical) -> bool) -> Field {
    Field { name, presence: Presence::Steady, is_in }
}

const fn traffic(name: &'static str, is_in: fn(&Canonical) -> bool) -> Field {
    Field { name, presence: Presence::Traffic, is_in }
}

fn used(read: &Canonical, figure: fn(&Usage) -> Option<u64>) -> bool {
    read.usage.as_ref().and_then(figure).is_some()
}

/// The watched fields. Stored counts use their names, so the order may change.
pub const FIELDS: [Field; 21] = [
    steady("kind", |read| read.kind != Kind::Other),
    steady("operation", |read| read.operation.is_some()),
    steady("provider", |read| read.provider.is_some()),
    steady("request_model", |read| read.request_model.is_some()),
    steady("response_model", |read| read.response_model.is_some()),
    steady("response_id", |read| read.response_id.is_some()),
    steady("input_tokens", |read| used(read, |usage| usage.input)),
    steady("output_tokens", |read| used(read, |usage| usage.output)),
    traffic("cache_read_tokens", |read| used(read, |usage| usage.cache_read)),
    traffic("cache_write_tokens", |read| used(read, |usage| usage.cache_write)),
    traffic("reasoning_tokens", |read| used(read, |usage| usage.reasoning)),
    steady("reported_cost_usd", |read| read.reported_cost.is_some()),
    traffic("ttft_ms", |read| read.time_to_first_token.is_some()),
    steady("finish_reasons", |read| !read.finish_reasons.is_empty()),
    traffic("session_id", |read| read.session.is_some()),
    traffic("user_id", |read| read.user.is_some()),
    traffic("agent", |read| read.agent.is_some()),
    steady("tool", |read| read.tool.is_some()),
    traffic("tool_call_id", |read| read.tool_call_id.is_some()),
    traffic("service_tier", |read| read.service_tier.is_some()),
    steady("error_type", |read| read.error_type.is_some()),
];

/// Index of `error_type` in [`FIELDS`], the only field of failed spans alone.
pub(crate) const ERROR_TYPE: usize = FIELDS.len() - 1;
/// Index of `kind` in [`FIELDS`]. Spans are not grouped by kind when it is judged.
pub(crate) const KIND: usize = 0;

/// Whether spans are separated by model when the field is judged; false if the field is the model.
pub(crate) fn is_by_model(field: usize) -> bool {
    !matches!(FIELDS[field].name, "kind" | "request_model" | "response_model")
}

/// The fields of a span, one bit each.
pub(crate) fn bits(read: &Canonical) -> u32 {
    FIELDS.iter().enumerate().filter(|(_, field)| (field.is_in)(read)).fold(0, |bits, (at, _)| bits | 1 << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_by_name_hold_and_names_are_unique() {
        assert_eq!((FIELDS[KIND].name, FIELDS[ERROR_TYPE].name), ("kind", "error_type"));
        let names: std::collections::BTreeSet<_> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), FIELDS.len());
    }

    #[test]
    fn a_span_has_the_fields_that_were_read() {
        let read = Canonical {
            kind: Kind::Llm,
            usage: Some(Usage { input: Some(0), ..Usage::default() }),
            ..Canonical::default()
        };
        let names: Vec<_> = (0..FIELDS.len()).filter(|at| bits(&read) >> at & 1 == 1).collect();
        assert_eq!(names.iter().map(|at| FIELDS[*at].name).collect::<Vec<_>>(), ["kind", "input_tokens"]);
    }
}
