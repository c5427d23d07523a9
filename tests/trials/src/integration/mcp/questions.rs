//! Forty questions with known answers: each is answered by at most three calls and, in the median, within
//! 6,000 tokens.

use std::time::Duration;

use anyhow::{Result, bail};
use quipu_tokens::Encoding;
use serde_json::{Value, json};

use super::called;
use crate::integration::{Bench, Http, Report, Server};

/// Traces of the store. Each has an agent, a call of a model and a run of a tool.
const TRACES: u64 = 12;
const MODELS: [&str; 4] = ["gpt-4o", "gpt-4o-mini", "o3", "claude-sonnet-4-5"];
const AGENTS: [&str; 3] = ["planner", "critic", "writer"];
const PROJECTS: [&str; 2] = ["atlas", "borealis"];
const TOOLS: [&str; 2] = ["search", "fetch"];
/// Traces whose tool failed.
const FAILED: [u64; 2] = [3, 7];
/// The longest trace.
const SLOWEST: u64 = 9;
/// Calls of one question at most, and the median of its tokens.
const MOST_CALLS: usize = 3;
const MEDIAN_TOKENS: u64 = 6_000;

/// A question, the calls that answer it, and text that the last answer holds.
struct Question {
    asked: String,
    path: Vec<(&'static str, Value)>,
    answer: String,
}

/// Asks a store of known content.
///
/// # Errors
/// The server does not come up or answer.
pub fn run(bench: &Bench, report: Report) -> Result<Report> {
    let server = Server::fresh(&bench.binary, &[])?;
    let http = Http::new(Duration::from_secs(30));
    let url = format!("{}/v1/traces", server.otlp_http);
    let sent = http.post(&url, &[("content-type", "application/json")], store().to_string().as_bytes())?;
    if sent.status != 200 {
        bail!("the store cannot be filled: {} {}", sent.status, sent.text());
    }
    let questions = questions();
    let (mut tokens, mut wrong) = (Vec::new(), Vec::new());
    for question in &questions {
        let mut used = 0;
        let mut last = String::new();
        for (tool, arguments) in &question.path {
            last = called(&http, &server, tool, arguments)?.unwrap_or_default();
            used += Encoding::O200kBase.count(&last);
        }
        tokens.push(used);
        if !last.contains(&question.answer) {
            wrong.push(format!("{}: expected {:?} in {last:?}", question.asked, question.answer));
        }
        if question.path.len() > MOST_CALLS {
            wrong.push(format!("{}: {} calls", question.asked, question.path.len()));
        }
    }
    tokens.sort_unstable();
    let median = tokens.get(tokens.len() / 2).copied().unwrap_or_default();
    if median > MEDIAN_TOKENS {
        wrong.push(format!("the median of the tokens is {median}"));
    }
    let most = tokens.last().copied().unwrap_or_default();
    let name = format!("{} questions, {median} tokens in the median, {most} at most", questions.len());
    Ok(report.judged(&name, &wrong))
}

fn input(trace: u64) -> u64 {
    1_000 + 100 * trace
}

fn output(trace: u64) -> u64 {
    100 + 10 * trace
}

fn of<'a>(names: &[&'a str], trace: u64) -> &'a str {
    names[usize::try_from(trace).unwrap_or_default() % names.len()]
}

fn trace_id(trace: u64) -> String {
    format!("{:032x}", 0xabc0 + trace)
}

fn span_id(trace: u64, span: u64) -> String {
    format!("{:016x}", 0x1000 * (trace + 1) + span)
}

/// Calls, failures and tokens of the traces with a property, as the tools write them.
fn figures(has: impl Fn(u64) -> bool) -> String {
    let mine = || (0..TRACES).filter(|trace| has(*trace));
    let tokens: u64 = mine().map(|trace| input(trace) + output(trace)).sum();
    let inputs: u64 = mine().map(input).sum();
    format!("{} calls, 0 errors, {tokens} tokens ({inputs} in", mine().count())
}

fn questions() -> Vec<Question> {
    let ask =
        |asked: String, path: Vec<(&'static str, Value)>, answer: String| Question { asked, path, answer };
    let mut all = Vec::new();
    let groups: [(&str, &[&str]); 3] = [("model", &MODELS), ("agent", &AGENTS), ("project", &PROJECTS)];
    for (key, names) in groups {
        for name in names {
            let path = vec![("cost", json!({"group_by": key}))];
            let answer = format!("{name}: {}", figures(|trace| of(names, trace) == *name));
            all.push(ask(format!("calls and tokens of {key} {name}"), path, answer));
        }
    }
    for trace in 0..6 {
        let filter = format!("session:session-{trace}");
        let answer = figures(|other| other == trace);
        all.push(ask(
            format!("tokens of session {trace}"),
            vec![("overview", json!({"filter": filter}))],
            answer,
        ));
    }
    for trace in 0..6 {
        let found = ("search", json!({"filter": format!("session:session-{trace}")}));
        let outline = ("trace", json!({"id": trace_id(trace)}));
        let text = |span| ("trace", json!({"id": trace_id(trace), "span": span_id(trace, span)}));
        let path = vec![found.clone(), outline.clone(), text(2)];
        all.push(ask(format!("prompt of session {trace}"), path, format!("question number {trace}")));
        let path = vec![found, outline, text(3)];
        all.push(ask(format!("arguments of the tool of session {trace}"), path, format!("argument-{trace}")));
    }
    for trace in FAILED {
        let path = vec![("search", json!({"filter": "status:error"}))];
        all.push(ask(format!("is trace {trace} a failed one"), path, trace_id(trace)));
    }
    for tool in TOOLS {
        let path = vec![("query", json!({"from": "tools", "group_by": "tool"}))];
        all.push(ask(format!("runs of {tool}"), path, format!("{tool}: count {}", TRACES / 2)));
    }
    let single = [
        ("all calls", ("overview", json!({})), figures(|_| true)),
        ("number of failures", ("errors", json!({})), format!("{} failures", FAILED.len())),
        ("kind of failure", ("errors", json!({})), "timeout".to_owned()),
        ("slowest run", ("search", json!({"sort": "-duration", "limit": 1})), trace_id(SLOWEST)),
        ("dearest model", ("cost", json!({"max_tokens": 200})), "Groups:".to_owned()),
        ("budgets", ("budget", json!({})), "No budget".to_owned()),
        ("words of a prompt", ("search", json!({"q": "question number 8"})), trace_id(8)),
        ("my session", ("whoami", json!({"session": "session-5"})), figures(|trace| trace == 5)),
        (
            "two runs",
            ("compare", json!({"a": trace_id(0), "b": trace_id(1)})),
            (input(1) + output(1)).to_string(),
        ),
    ];
    all.extend(single.into_iter().map(|(asked, call, answer)| ask(asked.to_owned(), vec![call], answer)));
    all
}

/// The store as an OTLP request in JSON.
fn store() -> Value {
    let spans: Vec<Value> = (0..TRACES).flat_map(spans).collect();
    let service = json!({"key": "service.name", "value": {"stringValue": "known"}});
    json!({"resourceSpans": [{
        "resource": {"attributes": [service]},
        "scopeSpans": [{"scope": {"name": "known"}, "spans": spans}],
    }]})
}

fn spans(trace: u64) -> Vec<Value> {
    let now = u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or_default();
    let begin = now - 3_600_000_000_000 + trace * 60_000_000_000;
    let length = if trace == SLOWEST { 50_000_000_000 } else { 5_000_000_000 + trace * 1_000_000 };
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let number = |key: &str, value: u64| json!({"key": key, "value": {"intValue": value.to_string()}});
    let span = |id: u64, name: &str, length: u64, failed: bool, own: Vec<Value>| {
        let mut attributes = vec![
            text("session.id", &format!("session-{trace}")),
            text("gen_ai.agent.name", of(&AGENTS, trace)),
            text("quipu.project", of(&PROJECTS, trace)),
        ];
        attributes.extend(own);
        let parent = if id == 1 { String::new() } else { span_id(trace, 1) };
        json!({
            "traceId": trace_id(trace), "spanId": span_id(trace, id), "parentSpanId": parent, "name": name, "kind": 1,
            "startTimeUnixNano": (begin + id * 1_000_000).to_string(),
            "endTimeUnixNano": (begin + id * 1_000_000 + length).to_string(),
            "attributes": attributes, "status": if failed { json!({"code": 2, "message": "timeout"}) } else { json!({}) },
        })
    };
    let failed = FAILED.contains(&trace);
    let model = of(&MODELS, trace);
    let said =
        json!([{"role": "user", "parts": [{"type": "text", "content": format!("question number {trace}")}]}]);
    let call = vec![
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", if model.starts_with("claude") { "anthropic" } else { "openai" }),
        text("gen_ai.request.model", model),
        text("gen_ai.response.id", &format!("chatcmpl-{:012x}", 0xfeed_0000 + trace)),
        number("gen_ai.usage.input_tokens", input(trace)),
        number("gen_ai.usage.output_tokens", output(trace)),
        text("gen_ai.input.messages", &said.to_string()),
    ];
    let run = vec![
        text("gen_ai.operation.name", "execute_tool"),
        text("gen_ai.tool.name", of(&TOOLS, trace)),
        text("gen_ai.tool.call.arguments", &format!("{{\"q\": \"argument-{trace}\"}}")),
    ];
    let agent = vec![text("gen_ai.operation.name", "invoke_agent")];
    vec![
        span(1, "invoke_agent", length, failed, agent),
        span(2, "chat", 1_000_000_000, false, call),
        span(3, "execute_tool", 500_000_000, failed, run),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_forty_questions_of_at_most_three_calls() {
        let all = questions();
        assert_eq!(all.len(), 40);
        assert!(all.iter().all(|question| (1..=MOST_CALLS).contains(&question.path.len())));
    }
}
