//! Summaries of one trace with many spans, agents and tools, asked by several clients at a time.

use anyhow::Result;
use serde_json::{Value, json};

use super::Case;
use super::caged::{ANSWERED, ASKERS, Ground, Step, joined, now, send, span_at, text};
use crate::integration::{Bench, Http};

/// Number of the trace, and spans of one request.
const TRACE: u64 = 0xfade;
const A_REQUEST: u64 = 1_000;

/// Runs the case.
///
/// # Errors
/// The server does not come up or does not survive.
pub fn summaries(bench: &Bench) -> Result<Case> {
    const STEPS: [Step; 2] = [("one trace of many agents", fill), ("summaries", ask)];
    let ground = Ground::start(bench, "")?;
    let case = ground.case("summaries under 512 MiB", ASKERS, &STEPS)?;
    ground.server.stop()?;
    Ok(case)
}

fn fill(ground: &Ground) -> Result<String> {
    let spans = if ground.release { 100_000 } else { 8_000 };
    let start = now();
    for first in (0..spans).step_by(usize::try_from(A_REQUEST)?) {
        let some: Vec<Value> = (first..first + A_REQUEST).map(|number| span(start, number)).collect();
        send(&ground.server, "summaries", &some)?;
    }
    Ok(format!("{spans} spans"))
}

/// A call, tool run or agent below an earlier span, with a name of its own.
fn span(start: u64, number: u64) -> Value {
    let name = |kind: &str| format!("{kind}-{}", format!("{number:08x}").repeat(12));
    let attributes = match number % 3 {
        0 => vec![text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", &name("agent"))],
        1 => vec![text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", &name("tool"))],
        _ => vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.request.model", &name("model")),
            text("gen_ai.conversation.id", &format!("session-{}", number % 100)),
            text("input.value", &name("words").repeat(10)),
        ],
    };
    let mut span = span_at(start + number * 1_000, TRACE, number + 1, &attributes);
    if number > 0 {
        span["parentSpanId"] = json!(format!("{:016x}", number / 3 + 1));
    }
    span
}

/// Every summary is answered or refused, and the lists are answered to one who asks alone.
fn ask(ground: &Ground) -> Result<String> {
    let trace = format!("traces/{TRACE:032x}");
    let mut told = Vec::new();
    for path in [
        format!("{trace}/agents"),
        format!("{trace}/graph"),
        format!("{trace}/outline"),
        format!("{trace}/search?q=words"),
        "map".to_owned(),
    ] {
        let url = ground.server.api(&path);
        let get = || Http::new(ANSWERED).get(&url).map(|answer| answer.status);
        let statuses = std::thread::scope(|scope| {
            let askers: Vec<_> = (0..ASKERS).map(|_| scope.spawn(get)).collect();
            askers.into_iter().map(joined).collect::<Result<Vec<u16>>>()
        })?;
        anyhow::ensure!(
            statuses.iter().all(|status| matches!(status, 200 | 413 | 429 | 503)),
            "{path}: {statuses:?}"
        );
        told.push(format!("{} {statuses:?}", path.rsplit('/').next().unwrap_or_default()));
    }
    for path in
        [format!("{trace}?limit=10"), "traces".into(), "sessions".into(), "agents".into(), "tools".into()]
    {
        ground.ask(&path)?;
    }
    Ok(told.join(", "))
}
