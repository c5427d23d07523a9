//! The other records of a call, and the data that only they have.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_core::{SpanId, Timestamp, TraceId};
use quipu_ledger::{Joined, Ledger};

use crate::shared::Api;
use crate::{Problem, dto};

/// Rules by which a record is one of several of its call.
const SHARED: [&str; 3] = ["merged", "duplicate", "echo"];
/// Spans of a trace whose records are looked for; the records of a larger one are shown span by span.
pub(crate) const MOST_SPANS: u64 = 10_000;
/// Calls of a page that take over the messages of another record.
const MOST_MOVED: usize = 100;

/// The records of the calls of one trace, looked up once, and only if a span asks for them.
pub(crate) struct Records {
    trace: (TraceId, Timestamp),
    known: Option<BTreeMap<SpanId, Vec<Joined>>>,
}

impl Records {
    /// Key of a trace, with its start or the start of any of its spans.
    pub(crate) const fn of(trace_id: TraceId, start: Timestamp) -> Self {
        Self { trace: (trace_id, start), known: None }
    }

    /// Key of a trace that is too large to read whole.
    pub(crate) const fn none(trace_id: TraceId, start: Timestamp) -> Self {
        Self { trace: (trace_id, start), known: Some(BTreeMap::new()) }
    }

    /// Adds to each span the other records of its call, and to a call that counts without messages those of
    /// another record.
    pub(crate) async fn add(&mut self, api: &Arc<Api>, spans: &mut [dto::Span]) -> Result<(), Problem> {
        let mut moved = 0;
        for span in spans.iter_mut().filter(|span| is_shared(span)) {
            let Ok(id) = span.span_id.parse::<SpanId>() else { continue };
            let Some(others) = self.others(api).await?.get(&id) else { continue };
            span.joined = others.iter().map(dto::JoinedSpan::from).collect();
            if span.counted && is_silent(span) && moved < MOST_MOVED {
                moved += 1;
                take_messages(api, span, others).await?;
            }
        }
        Ok(())
    }

    async fn others(&mut self, api: &Arc<Api>) -> Result<&BTreeMap<SpanId, Vec<Joined>>, Problem> {
        if self.known.is_none() {
            let mut ledger = Ledger::new(Ledger::NODES);
            self.known = Some(ledger.joined(self.trace, api.store.as_ref()).await?);
        }
        Ok(self.known.get_or_insert_default())
    }
}

fn is_shared(span: &dto::Span) -> bool {
    span.counted_rule.as_deref().is_some_and(|rule| SHARED.contains(&rule))
}

/// Whether a span that is shown in full has no messages.
fn is_silent(span: &dto::Span) -> bool {
    let none = |messages: &Option<Vec<dto::Message>>| messages.as_ref().is_some_and(Vec::is_empty);
    none(&span.input_messages) && none(&span.output_messages)
}

async fn take_messages(api: &Arc<Api>, span: &mut dto::Span, others: &[Joined]) -> Result<(), Problem> {
    for other in others {
        let Some(row) = api.store.span(other.trace_id, other.span_id).await? else { continue };
        let told = super::spans(api, other.trace_id, vec![row]).await?;
        if let Some(told) = told.into_iter().find(|told| !is_silent(told)) {
            span.input_messages = told.input_messages;
            span.output_messages = told.output_messages;
            if span.tool_definitions.as_ref().is_none_or(Vec::is_empty) {
                span.tool_definitions = told.tool_definitions;
            }
            return Ok(());
        }
    }
    Ok(())
}
