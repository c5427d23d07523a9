//! A conversation with the model: the session's own, or that of a sub-agent.

use quipu_core::{Attributes, Span, SpanId, Timestamp, TraceId};
use serde_json::Value as Json;

use super::FAMILY;
use super::call::Call;
use crate::attributes::{Frame, Put, Source, transcript_span};
use crate::messages::cut;
use crate::reader::Desk;

/// Largest number of calls that may still get lines.
pub(super) const OPEN_CALLS: usize = 64;

/// The sub-agent of a conversation.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    pub(super) id: String,
    pub(super) name: Option<String>,
}

/// A turn: all work that follows one prompt.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) trace: TraceId,
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    prompt_id: Option<String>,
    prompt: Option<String>,
    session: String,
    start: Timestamp,
    end: Timestamp,
    /// Number of calls and tool runs in it; a turn without any gets no span.
    works: u64,
    changed: bool,
}

impl Turn {
    /// The turn of a prompt, by the prompt's id or the line's.
    pub(super) fn new(
        key: &str,
        chain: &str,
        parent: Option<(TraceId, SpanId)>,
        session: &str,
        start: Timestamp,
    ) -> Self {
        Self {
            trace: parent.map_or_else(|| TraceId::made_of(&[FAMILY, "transcript", key]), |(trace, _)| trace),
            id: Self::span_id(key, chain),
            parent: parent.map(|(_, span)| span),
            prompt_id: None,
            prompt: None,
            session: session.to_owned(),
            start,
            end: start,
            works: 0,
            changed: false,
        }
    }

    pub(super) fn span_id(key: &str, chain: &str) -> SpanId {
        SpanId::made_of(&[FAMILY, "turn", key, chain])
    }

    pub(super) fn prompted(mut self, id: Option<&str>, prompt: Option<String>) -> Self {
        (self.prompt_id, self.prompt) = (id.map(str::to_owned), prompt);
        self
    }

    pub(super) fn is_of(&self, prompt_id: &str) -> bool {
        self.prompt_id.as_deref() == Some(prompt_id)
    }

    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// Extends the turn to this time.
    pub(super) fn reach(&mut self, time: Timestamp) {
        if time > self.end {
            (self.end, self.changed) = (time, true);
        }
    }

    pub(super) fn work(&mut self) {
        (self.works, self.changed) = (self.works + 1, true);
    }
}

/// Position of a span: its turn and conversation.
pub(super) struct TurnPosition<'a> {
    pub(super) turn: &'a Turn,
    pub(super) agent: Option<&'a Agent>,
    pub(super) about: &'a Attributes,
    pub(super) source: &'a Source,
    pub(super) text_bytes: usize,
}

impl TurnPosition<'_> {
    /// Adds the attributes that every span has, in the words of Claude Code's telemetry.
    pub(super) fn mark(&self, to: &mut Attributes, span_type: &str) {
        to.push("span.type", span_type);
        to.push("session.id", self.turn.session.as_str());
        to.put("prompt.id", self.turn.prompt_id.as_deref());
        if let Some(agent) = self.agent {
            to.push("agent_id", agent.id.as_str());
            to.push("query_source", "subagent");
            to.put("gen_ai.agent.name", agent.name.as_deref());
        }
        for (key, value) in self.about {
            to.push(key.clone(), value.clone());
        }
    }
}

/// The state of a conversation.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) agent: Option<Agent>,
    pub(super) turn: Option<Turn>,
    /// Time of the last input to the model.
    pub(super) heard_at: Option<Timestamp>,
    /// Input to the model since its last answer began.
    pub(super) heard: Vec<Json>,
    pub(super) calls: Vec<Call>,
    /// Working folder, branch and similar facts.
    pub(super) about: Attributes,
    pub(super) source: Source,
}

impl Chain {
    /// The position of this chain's spans, once it has a turn.
    pub(super) fn place(&self, text_bytes: usize) -> Option<TurnPosition<'_>> {
        let turn = self.turn.as_ref()?;
        Some(TurnPosition {
            turn,
            agent: self.agent.as_ref(),
            about: &self.about,
            source: &self.source,
            text_bytes,
        })
    }

    /// Begins a turn, and emits the remaining spans of the previous one.
    pub(super) fn begin(&mut self, turn: Turn, desk: &mut Desk<'_>) {
        self.tell(desk);
        self.calls.clear();
        self.turn = Some(turn);
    }

    /// The call of this key, created if it is new.
    pub(super) fn call(&mut self, key: String, time: Timestamp) -> &mut Call {
        let at = match self.calls.iter().position(|call| call.key == key) {
            Some(at) => at,
            None => {
                let start = self.heard_at.filter(|heard| *heard <= time).unwrap_or(time);
                self.calls.push(Call::new(key, start, std::mem::take(&mut self.heard)));
                self.calls.len() - 1
            }
        };
        &mut self.calls[at]
    }

    /// Emits the spans that changed since they were last emitted.
    pub(super) fn tell(&mut self, desk: &mut Desk<'_>) {
        let mut told = 0;
        for at in 0..self.calls.len() {
            let (Some(place), Some(call)) = (self.place(desk.bounds.text_bytes), self.calls.get(at)) else {
                break;
            };
            let own = desk.known.is_own(Call::id(&call.key), place.turn.trace, place.turn.session());
            if call.changed && call.is_real() && own {
                desk.out.span(call.span(&place));
                told += 1;
            }
            if let Some(call) = self.calls.get_mut(at) {
                call.changed = false;
            }
        }
        let old = self.calls.len().saturating_sub(OPEN_CALLS);
        self.calls.drain(..old);
        if let Some(turn) = self.turn.as_mut().filter(|_| told > 0) {
            turn.work();
        }
        self.tell_turn(desk);
    }

    fn tell_turn(&mut self, desk: &mut Desk<'_>) {
        let Some(place) = self.place(desk.bounds.text_bytes) else { return };
        if !place.turn.changed || place.turn.works == 0 {
            return;
        }
        let span = turn_span(&place);
        desk.out.span(span);
        if let Some(turn) = self.turn.as_mut() {
            turn.changed = false;
        }
    }
}

fn turn_span(place: &TurnPosition<'_>) -> Span {
    let turn = place.turn;
    let frame = Frame {
        trace: turn.trace,
        id: turn.id,
        parent: turn.parent,
        name: "claude_code.interaction",
        start: turn.start,
        end: turn.end,
    };
    let mut span = transcript_span(&frame, place.source);
    place.mark(&mut span.attributes, "interaction");
    span.attributes.put("subagent_type", place.agent.and_then(|agent| agent.name.as_deref()));
    if let Some(prompt) = &turn.prompt {
        span.attributes.push("user_prompt", cut(prompt, place.text_bytes));
        span.attributes.put_count("user_prompt_length", u64::try_from(prompt.chars().count()).ok());
    }
    span
}
