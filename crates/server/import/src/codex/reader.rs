//! Reads the lines of one rollout, in order.

use std::collections::HashMap;

use quipu_core::{Attributes, SpanId, Timestamp, TraceId};
use quipu_semconv::quipu::BILLING;
use serde_json::Value as Json;

use super::call::{Answer, Call};
use super::content::{self, answered, asked};
use super::own::Own;
use super::tool::Tool;
use super::usage::Usage;
use super::{FAMILY, SCOPE};
use crate::attributes::{Frame, Put, Source, transcript_span};
use crate::json::{any_text, at, text, time};
use crate::messages::{self, cut};
use crate::reader::{Desk, Reader, parse};

/// A turn: all work that follows one prompt.
pub(super) struct Turn {
    pub(super) trace: TraceId,
    pub(super) id: SpanId,
    named: Option<String>,
    prompt: Option<String>,
    start: Timestamp,
    end: Timestamp,
    works: u64,
    changed: bool,
}

/// Position of a span: its turn and session.
pub(super) struct TurnPosition<'a> {
    pub(super) turn: &'a Turn,
    pub(super) session: &'a str,
    pub(super) source: &'a Source,
    pub(super) text_bytes: usize,
    about: &'a Attributes,
    model: Option<&'a str>,
    effort: Option<&'a str>,
}

impl TurnPosition<'_> {
    /// Adds the attributes that every span has, in the words of Codex's telemetry.
    pub(super) fn mark(&self, to: &mut Attributes) {
        to.push("conversation.id", self.session);
        to.put("turn.id", self.turn.named.as_deref());
        to.put("gen_ai.request.model", self.model);
        to.put("gen_ai.request.reasoning.level", self.effort);
        for (key, value) in self.about {
            to.push(key.clone(), value.clone());
        }
    }
}

/// Reads one rollout.
#[derive(Default)]
pub(crate) struct Codex {
    session: Option<String>,
    own: Own,
    source: Source,
    about: Attributes,
    model: Option<String>,
    effort: Option<String>,
    turn: Option<Turn>,
    turns: u64,
    calls: u64,
    total: Option<Usage>,
    recorded: Option<Usage>,
    heard_at: Option<Timestamp>,
    heard: Vec<Json>,
    answer: Answer,
    tools: HashMap<String, Tool>,
}

impl Codex {
    /// Reads a `session_meta`. The first one is the file's own; later ones are copies of its parents'.
    fn meta(&mut self, meta: &Json, at_line: Timestamp) -> Result<(), String> {
        if self.session.is_some() {
            return Ok(());
        }
        let session = text(meta, "id").ok_or("session_meta has no id")?;
        let created = meta.get("timestamp").and_then(time).unwrap_or(at_line);
        self.own = Own::new(session, meta, created);
        self.session = Some(session.to_owned());
        let originator =
            text(meta, "originator").filter(|name| name.starts_with("codex")).unwrap_or("codex_cli_rs");
        self.source = Source::new(originator, text(meta, "cli_version"), SCOPE);
        let about = &mut self.about;
        about.put("originator", text(meta, "originator"));
        about.put("app.version", text(meta, "cli_version"));
        about.put("gen_ai.provider.name", text(meta, "model_provider"));
        about.put("process.working_directory", text(meta, "cwd"));
        about.put("vcs.ref.head.name", at(meta, &["git", "branch"]).and_then(Json::as_str));
        about.put("vcs.ref.head.revision", at(meta, &["git", "commit_hash"]).and_then(Json::as_str));
        if let Some(subagent) = at(meta, &["source", "subagent"]) {
            let spawn = at(subagent, &["thread_spawn"]);
            let name = spawn.and_then(|spawn| any_text(spawn, &["agent_role", "agent_nickname"]));
            about.put("gen_ai.agent.name", name.or(subagent.as_str()));
            about.put("parent.conversation.id", spawn.and_then(|spawn| text(spawn, "parent_thread_id")));
        }
        Ok(())
    }

    /// Begins a turn, unless it is the current one.
    fn begin(&mut self, named: Option<&str>, time: Timestamp, desk: &mut Desk<'_>) {
        let goes_on =
            self.turn.as_ref().is_some_and(|turn| named.is_none() || turn.named.as_deref() == named);
        if goes_on {
            return;
        }
        self.tell_turn(desk);
        let session = self.session.clone().unwrap_or_default();
        self.turns += 1;
        let key = named.map_or_else(|| format!("turn {}", self.turns), str::to_owned);
        self.turn = Some(Turn {
            trace: TraceId::made_of(&[FAMILY, &session, &key]),
            id: SpanId::made_of(&[FAMILY, "turn", &session, &key]),
            named: named.map(str::to_owned),
            prompt: None,
            start: time,
            end: time,
            works: 0,
            changed: false,
        });
    }

    /// Records a prompt, which begins a turn if turns have no ids.
    fn prompt(&mut self, said: &str, time: Timestamp, desk: &mut Desk<'_>) {
        let unnamed = self.turn.as_ref().is_some_and(|turn| turn.named.is_none() && turn.prompt.is_some());
        if unnamed {
            self.tell_turn(desk);
            self.turn = None;
        }
        self.begin(None, time, desk);
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.prompt.is_none()) {
            turn.prompt = Some(said.to_owned());
        }
    }

    fn event(&mut self, payload: &Json, time: Timestamp, desk: &mut Desk<'_>) {
        match text(payload, "type").unwrap_or_default() {
            "task_started" | "turn_started" => self.begin(text(payload, "turn_id"), time, desk),
            "user_message" => self.prompt(text(payload, "message").unwrap_or_default(), time, desk),
            "token_count" => {
                self.plan(payload);
                let Some(info) = at(payload, &["info"]) else { return };
                let total = at(info, &["total_token_usage"]).map(Usage::of);
                let last = at(info, &["last_token_usage"]).map(Usage::of);
                self.counted(last, total, time, desk);
            }
            _ => {}
        }
    }

    /// Reads rate-limit windows, which only a plan has; a key has none.
    fn plan(&mut self, payload: &Json) {
        let Some(limits) = at(payload, &["rate_limits"]) else { return };
        let plan = text(limits, "plan_type");
        let has_windows =
            ["primary", "secondary"].iter().any(|name| limits.get(*name).is_some_and(Json::is_object));
        let known = self.about.get(BILLING).is_some();
        if (has_windows || plan.is_some()) && !known {
            self.about.push(BILLING, "subscription");
            self.about.put("codex.plan_type", plan);
        }
    }

    /// Reads a call's usage, reported as the last call's and as the total so far.
    fn counted(&mut self, last: Option<Usage>, total: Option<Usage>, time: Timestamp, desk: &mut Desk<'_>) {
        let again = match (&total, &self.total) {
            (Some(now), Some(before)) => now.agrees(before),
            _ => false,
        };
        // A record of the same call came before.
        let recorded = self.recorded.take();
        let told = recorded.is_some_and(|recorded| last.is_some_and(|last| last.agrees(&recorded)));
        let before = self.total.unwrap_or_default();
        self.total = total.or(self.total);
        let usage = last.or_else(|| total.map(|total| total.since(&before)));
        let Some(usage) = usage.filter(Usage::is_known) else { return };
        if !again && !told {
            self.call(None, usage, time, desk);
        }
    }

    fn record_of_usage(&mut self, payload: &Json, time: Timestamp, desk: &mut Desk<'_>) {
        let Some(usage) = at(payload, &["usage"]).map(Usage::of).filter(Usage::is_known) else { return };
        self.total = at(payload, &["thread_token_usage"]).map(Usage::of).or(self.total);
        self.recorded = Some(usage);
        self.call(text(payload, "response_id"), usage, time, desk);
    }

    fn call(&mut self, response: Option<&str>, usage: Usage, time: Timestamp, desk: &mut Desk<'_>) {
        self.begin(None, time, desk);
        self.calls += 1;
        let mut answer = std::mem::take(&mut self.answer);
        if !answer.is_begun() {
            answer.begin(self.heard_at, &mut self.heard);
        }
        if let Some(place) = self.place(desk.bounds.text_bytes) {
            let call = Call::new(place.session, self.calls, response, usage);
            if desk.known.is_own(call.id, place.turn.trace, place.session) {
                desk.out.span(answer.span(&call, time, &place));
            }
        }
        self.worked(time);
    }

    fn item(&mut self, item: &Json, time: Timestamp, desk: &mut Desk<'_>) {
        let most = desk.bounds.text_bytes;
        let parts = content::parts(item, most);
        if let Some(answer) = answered(item) {
            self.answered(&answer, time, desk);
            self.hear("tool", parts, time);
            return;
        }
        let role = text(item, "role").unwrap_or("assistant");
        if role != "assistant" {
            // Instructions precede the first prompt and do not tell when the model was called.
            return self.hear(if role == "developer" { "system" } else { role }, parts, time);
        }
        self.answer.item(parts, time, self.heard_at, &mut self.heard);
        if let Some(asked) = asked(item) {
            self.tools.insert(asked.id.clone(), Tool { asked, start: time });
        }
        self.reach(time);
    }

    fn hear(&mut self, role: &str, parts: Vec<Json>, time: Timestamp) {
        self.answer.heard();
        self.heard_at = Some(time);
        if !parts.is_empty() {
            self.heard.push(messages::message(role, parts));
        }
        self.reach(time);
    }

    fn answered(&mut self, answer: &content::Answered<'_>, time: Timestamp, desk: &mut Desk<'_>) {
        let Some(tool) = self.tools.remove(answer.id) else { return };
        if let Some(place) = self.place(desk.bounds.text_bytes) {
            desk.out.span(tool.span(answer, time, &place));
            self.worked(time);
        }
    }

    fn reach(&mut self, time: Timestamp) {
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.end < time) {
            (turn.end, turn.changed) = (time, true);
        }
    }

    fn worked(&mut self, time: Timestamp) {
        self.reach(time);
        if let Some(turn) = &mut self.turn {
            (turn.works, turn.changed) = (turn.works + 1, true);
        }
    }

    fn place(&self, text_bytes: usize) -> Option<TurnPosition<'_>> {
        Some(TurnPosition {
            turn: self.turn.as_ref()?,
            session: self.session.as_deref()?,
            source: &self.source,
            text_bytes,
            about: &self.about,
            model: self.model.as_deref(),
            effort: self.effort.as_deref(),
        })
    }

    fn tell_turn(&mut self, desk: &mut Desk<'_>) {
        let Some(place) = self.place(desk.bounds.text_bytes) else { return };
        let turn = place.turn;
        if !turn.changed || turn.works == 0 {
            return;
        }
        let (start, end) = (turn.start, turn.end);
        let frame =
            Frame { trace: turn.trace, id: turn.id, parent: None, name: "session_task.turn", start, end };
        let mut span = transcript_span(&frame, place.source);
        span.attributes.push("gen_ai.operation.name", "invoke_agent");
        place.mark(&mut span.attributes);
        span.attributes.put("prompt", turn.prompt.as_ref().map(|prompt| cut(prompt, place.text_bytes)));
        desk.out.span(span);
        if let Some(turn) = &mut self.turn {
            turn.changed = false;
        }
    }
}

impl Reader for Codex {
    fn record(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<(), String> {
        let line = parse(bytes)?;
        let kind = text(&line, "type").unwrap_or_default();
        let Some(payload) = at(&line, &["payload"]) else {
            return match line.is_object() {
                true if line.get("record_type").is_some() => Ok(()),
                true => {
                    Err("it has no payload: a rollout of an older Codex, which has no token counts".into())
                }
                false => Err("not an object".into()),
            };
        };
        let time =
            line.get("timestamp").and_then(time).ok_or("its time (timestamp) is missing or not a time")?;
        if kind == "session_meta" {
            return self.meta(payload, time);
        }
        if self.session.is_none() {
            return Err("it comes before the session_meta of its session".into());
        }
        let own = self.own.is(&line, payload, time);
        match kind {
            // The model and the totals apply to later lines, also when a copied line reports them.
            "turn_context" => {
                self.model = text(payload, "model").map(str::to_owned).or(self.model.take());
                self.effort = text(payload, "effort").map(str::to_owned);
                if own {
                    self.begin(text(payload, "turn_id"), time, desk);
                }
            }
            _ if !own => self.inherit(payload),
            "event_msg" => self.event(payload, time, desk),
            "response_item" => self.item(payload, time, desk),
            "token_usage_record" => self.record_of_usage(payload, time, desk),
            _ => {}
        }
        Ok(())
    }

    fn settle(&mut self, desk: &mut Desk<'_>) {
        self.tell_turn(desk);
    }
}

impl Codex {
    fn inherit(&mut self, payload: &Json) {
        let total =
            at(payload, &["info", "total_token_usage"]).or_else(|| at(payload, &["thread_token_usage"]));
        self.total = total.map(Usage::of).or(self.total);
    }
}
