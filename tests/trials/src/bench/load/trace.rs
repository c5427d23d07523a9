//! One trace of the load: an agent that calls models, runs tools and retrieves documents.

use super::{Attribute, MODELS, SERVICES, Span, Value};
use crate::bench::words::{Random, Words};

const TOOLS: [&str; 20] = [
    "search_web",
    "get_weather",
    "run_sql",
    "read_file",
    "write_file",
    "send_mail",
    "list_tickets",
    "book_table",
    "get_price",
    "convert_money",
    "open_issue",
    "run_tests",
    "fetch_page",
    "find_person",
    "make_chart",
    "translate",
    "get_route",
    "check_stock",
    "plan_trip",
    "call_api",
];
const AGENTS: [&str; 6] = ["planner", "researcher", "writer", "reviewer", "router", "executor"];
const CALLS: f64 = 0.307;

/// Filler words.
const FILLERS: [&str; 18] = [
    "app.tenant",
    "app.region",
    "app.release",
    "app.feature",
    "app.experiment",
    "app.request",
    "app.shard",
    "app.queue",
    "app.worker",
    "app.host",
    "app.zone",
    "app.team",
    "app.channel",
    "app.plan",
    "app.locale",
    "app.device",
    "app.flow",
    "app.step",
];
const SECOND: u64 = 1_000_000_000;

/// The id of the trace of this index.
pub fn id(index: u64) -> [u8; 16] {
    begin(index).1
}

/// Random numbers of a trace after its id.
fn begin(index: u64) -> (Random, [u8; 16]) {
    let mut random = Random::new(index.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(7));
    let mut id = [0; 16];
    id[..8].copy_from_slice(&random.next().to_be_bytes());
    id[8..].copy_from_slice(&(index + 1).to_be_bytes());
    (random, id)
}

/// The spans of a trace, by end. The same index gives the same trace.
pub fn spans(words: &Words, index: u64, start: u64, size: u64) -> Vec<Span> {
    let (mut random, trace_id) = begin(index);
    let agent = *random.pick(&AGENTS);
    let session = format!("session-{}", index / 4);
    let user = format!("user-{}", index % 997);
    let common = [("gen_ai.agent.name", agent), ("gen_ai.conversation.id", &session), ("user.id", &user)];
    let mut run = Run { random, words, trace_id, service: SERVICES[index as usize % SERVICES.len()], common };
    let mut spans = run.below_root(start, size);
    let end = spans.iter().map(|span| span.end).max().unwrap_or(start) + SECOND / 1_000;
    let mut root =
        run.span(format!("invoke_agent {agent}"), 1, vec![text("gen_ai.operation.name", "invoke_agent")]);
    (root.start, root.end) = (start, end);
    spans.iter_mut().for_each(|span| span.parent_id = Some(root.span_id));
    spans.push(root);
    spans.sort_by_key(|span| span.end);
    spans
}

/// A trace as it is being made.
struct Run<'a> {
    random: Random,
    words: &'a Words,
    trace_id: [u8; 16],
    service: &'static str,
    common: [(&'static str, &'a str); 3],
}

impl Run<'_> {
    fn below_root(&mut self, start: u64, size: u64) -> Vec<Span> {
        // The root is never a call: the share is that of the others.
        let calls = CALLS * size as f64 / size.saturating_sub(1).max(1) as f64;
        let mut at = start;
        let mut model = *self.random.pick(&MODELS);
        let mut spans = Vec::new();
        for _ in 1..size {
            if self.random.chance(0.2) {
                model = *self.random.pick(&MODELS);
            }
            let kind = self.random.unit();
            let mut span = match kind {
                _ if kind < calls => self.call(model),
                _ if kind < calls + 0.25 => self.tool(),
                _ => self.step(),
            };
            let length = self.random.range(SECOND / 50, 3 * SECOND).min(500 * SECOND / size);
            (span.start, span.end) = (at, at + length);
            at += length / 2 + 1;
            spans.push(span);
        }
        spans
    }

    /// A span with what every span has, filled up to as many attributes as instrumentations send.
    fn span(&mut self, name: String, kind: u8, particular: Vec<Attribute>) -> Span {
        let failed = self.random.chance(0.02);
        let mut attributes: Vec<Attribute> =
            self.common.iter().map(|(key, value)| text(key, value)).collect();
        attributes.extend(particular);
        if failed {
            attributes.push(text("error.type", "503"));
        }
        let wanted = self.random.range(15, 26) as usize;
        for key in FILLERS.iter().take(wanted.saturating_sub(attributes.len())) {
            let word = self.words.ranked(self.random.range(0, 200) as usize);
            attributes.push(text(key, &format!("{word}-{}", self.random.range(0, 40))));
        }
        let span_id = (self.random.next() | 1).to_be_bytes();
        let (trace_id, service) = (self.trace_id, self.service);
        Span { trace_id, span_id, parent_id: None, name, kind, start: 0, end: 0, failed, service, attributes }
    }

    fn call(&mut self, (provider, model): (&str, &str)) -> Span {
        let prompt = self.random.range(1_200, 2_700) as usize;
        let answer = self.random.range(200, 800) as usize;
        let question = self.words.text(&mut self.random, prompt);
        let reply = self.words.text(&mut self.random, answer);
        let input = self.random.range(300, 8_000) as i64;
        let particular = vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", provider),
            text("gen_ai.request.model", model),
            text("gen_ai.response.model", model),
            text(
                "gen_ai.response.id",
                &format!("resp_{:016x}{:08x}", self.random.next(), self.random.next() as u32),
            ),
            Attribute { key: "gen_ai.response.finish_reasons", value: Value::Texts(vec!["stop".into()]) },
            Attribute { key: "gen_ai.request.temperature", value: Value::Double(0.7) },
            int("gen_ai.request.max_tokens", 2_048),
            int("gen_ai.usage.input_tokens", input),
            int("gen_ai.usage.cache_read.input_tokens", input / 3),
            int("gen_ai.usage.output_tokens", self.random.range(20, 900) as i64),
            text("server.address", "api.example.com"),
            int("server.port", 443),
            text(
                "gen_ai.input.messages",
                &format!(r#"[{{"role":"user","parts":[{{"type":"text","content":"{question}"}}]}}]"#),
            ),
            text(
                "gen_ai.output.messages",
                &format!(
                    r#"[{{"role":"assistant","parts":[{{"type":"text","content":"{reply}"}}],"finish_reason":"stop"}}]"#
                ),
            ),
        ];
        self.span(format!("chat {model}"), 3, particular)
    }

    fn tool(&mut self) -> Span {
        let tool = *self.random.pick(&TOOLS);
        let particular = vec![
            text("gen_ai.operation.name", "execute_tool"),
            text("gen_ai.tool.name", tool),
            text("gen_ai.tool.type", "function"),
            text("gen_ai.tool.call.id", &format!("call_{:012x}", self.random.next() >> 16)),
            text(
                "gen_ai.tool.call.arguments",
                &format!(
                    r#"{{"query":"{}","limit":{}}}"#,
                    self.words.text(&mut self.random, 30),
                    self.random.range(1, 50)
                ),
            ),
            text(
                "gen_ai.tool.call.result",
                &format!(r#"{{"found":"{}"}}"#, self.words.text(&mut self.random, 60)),
            ),
        ];
        self.span(format!("execute_tool {tool}"), 1, particular)
    }

    fn step(&mut self) -> Span {
        const ROUTES: [&str; 4] = ["/v1/items", "/v1/orders", "/internal/cache", "/v2/search"];
        let route = *self.random.pick(&ROUTES);
        let particular = vec![
            text("http.request.method", "GET"),
            text("url.path", route),
            int("http.response.status_code", 200),
            text("network.protocol.version", "1.1"),
            text("server.address", "backend.internal"),
        ];
        self.span(format!("GET {route}"), 3, particular)
    }
}

fn text(key: &'static str, value: &str) -> Attribute {
    Attribute { key, value: Value::Text(value.to_owned()) }
}

const fn int(key: &'static str, value: i64) -> Attribute {
    Attribute { key, value: Value::Int(value) }
}
