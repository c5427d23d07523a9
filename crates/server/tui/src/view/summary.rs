//! Totals of a row of usage, of a trace or of a session as facts.

use serde_json::Value;

use super::Ask;
use crate::figure::{cost, millis, percent, text, usd};
use crate::form::Tone;
use crate::page::Fact;

/// Totals of calls, equal to those of `quipu summary`.
pub(super) fn usage(total: &Value, ask: &Ask<'_>) -> Vec<Fact> {
    let words = ask.words;
    let (calls, errors) = (total["llm_calls"].as_f64(), total["errors"].as_f64().unwrap_or_default());
    let rate = calls.filter(|calls| *calls > 0.0).map(|calls| errors / calls);
    let bad = |some: bool, tone: Tone| if some { tone } else { Tone::Strong };
    let mut facts = vec![
        Fact::new(words.calls, text(&total["llm_calls"])),
        Fact::new(words.tokens, text(&total["tokens"]["total"])),
        Fact::new(words.cost, cost(total)),
        Fact::toned(words.errors, text(&total["errors"]), bad(errors > 0.0, Tone::Bad)),
        Fact::toned(words.error_rate, percent(rate), bad(errors > 0.0, Tone::Bad)),
        Fact::new("p50", millis(&total["latency_ms"]["p50"])),
        Fact::new("p95", millis(&total["latency_ms"]["p95"])),
    ];
    let unpriced = total["unpriced_calls"].as_u64().unwrap_or_default();
    facts.extend((unpriced > 0).then(|| Fact::toned(words.unpriced, unpriced.to_string(), Tone::Warn)));
    if total["cost_usd"].is_string() && total["subscription_usd"].is_string() {
        facts.push(Fact::new(words.plan, usd(&total["subscription_usd"])));
    }
    let estimated = &total["estimated"];
    if estimated["calls"].as_u64().is_some_and(|calls| calls > 0) {
        facts.push(Fact::new(
            words.estimated,
            format!("{} ({})", text(&estimated["calls"]), usd(&estimated["cost_usd"])),
        ));
    }
    facts
}

/// Facts of a trace.
pub(super) fn trace(trace: &Value, ask: &Ask<'_>) -> Vec<Fact> {
    let words = ask.words;
    let errors = trace["errors"].as_u64().is_some_and(|errors| errors > 0);
    let mut facts = vec![
        Fact::new(words.name, text(&trace["name"])),
        Fact { label: words.status, value: super::cells::status(&trace["status"]).piece },
        Fact::new(words.started, super::cells::clock(&trace["started_at"], ask)),
        Fact::new(words.duration, millis(&trace["duration_ms"])),
        Fact::new(words.spans, text(&trace["spans"])),
        Fact::new(words.calls, text(&trace["llm_calls"])),
        Fact::new(words.tool_runs, text(&trace["tool_calls"])),
        Fact::toned(words.errors, text(&trace["errors"]), if errors { Tone::Bad } else { Tone::Strong }),
        Fact::new(words.tokens, text(&trace["tokens"]["total"])),
        Fact::new(words.cost, cost(trace)),
    ];
    let named = [
        (words.service, "service"),
        (words.framework, "framework"),
        (words.of_session, "session_id"),
        (words.user, "user_id"),
        (words.project, "project"),
        (words.branch, "branch"),
        (words.agent, "agents"),
        (words.model, "models"),
    ];
    let known = |field: &str| match &trace[field] {
        Value::Array(all) => !all.is_empty(),
        other => !other.is_null(),
    };
    facts.extend(
        named
            .iter()
            .filter(|(_, field)| known(field))
            .map(|(label, field)| Fact::toned(label, text(&trace[*field]), Tone::Normal)),
    );
    facts
}

/// Facts of a session.
pub(super) fn session(session: &Value, ask: &Ask<'_>) -> Vec<Fact> {
    let words = ask.words;
    let errors = session["errors"].as_u64().is_some_and(|errors| errors > 0);
    let mut facts = vec![
        Fact::new(words.of_session, text(&session["session_id"])),
        Fact::new(words.started, super::cells::clock(&session["started_at"], ask)),
        Fact::new(words.last, super::cells::clock(&session["last_at"], ask)),
        Fact::new(words.traces_label, text(&session["traces"])),
        Fact::new(words.calls, text(&session["llm_calls"])),
        Fact::new(words.tool_runs, text(&session["tool_calls"])),
        Fact::toned(words.errors, text(&session["errors"]), if errors { Tone::Bad } else { Tone::Strong }),
        Fact::new(words.tokens, text(&session["tokens"]["total"])),
        Fact::new(words.cost, cost(session)),
    ];
    facts.extend(session["user_id"].is_string().then(|| Fact::new(words.user, text(&session["user_id"]))));
    facts
}
