//! Adapter of Gemini CLI and Qwen Code: reads their spans, and makes spans from their logs and metrics.

use compact_str::{CompactString, format_compact};
use quipu_core::{
    Adapter, Billing, Canonical, Event, Kind, Lens, Meeting, Messages, Metric, Role, Signal, Span, Status,
};
use quipu_normalize::{
    Slots, canonical, count_at, explain, flag_at, is_of_metrics, label_at, lens, message_list, messages_as,
    spans_of_metrics,
};

use crate::logs;
use crate::product::{GEMINI_CLI, PRODUCTS, Product};
use crate::tokens;

/// The convention's name, also for Qwen Code.
const NAME: &str = "gemini-cli";
/// Marks the spans that Qwen Code makes from its own log records, for backends without logs.
const BRIDGED: &str = "log.bridge";
/// Sign-in methods and the provider of each. Other providers follow from the model.
const PROVIDERS: &[(&str, &str)] = &[
    ("gemini-api-key", "gcp.gemini"),
    ("gemini", "gcp.gemini"),
    ("oauth-personal", "gcp.gemini"),
    ("cloud-shell", "gcp.gemini"),
    ("vertex-ai", "gcp.vertex_ai"),
    ("anthropic", "anthropic"),
];

/// Sign-in method of the products, on their records and metrics.
const AUTH: &str = "auth_type";
/// Billing by sign-in method: a login is a plan, even a free one; a key is billed by use. Billing of service
/// accounts is unknown.
const BILLING: &[(&str, Billing)] = &[
    ("oauth-personal", Billing::Subscription),
    ("login-with-google", Billing::Subscription),
    ("cloud-shell", Billing::Subscription),
    ("qwen-oauth", Billing::Subscription),
    ("gemini-api-key", Billing::Metered),
    ("vertex-ai", Billing::Metered),
    ("gemini", Billing::Metered),
    ("anthropic", Billing::Metered),
    ("openai", Billing::Metered),
];

/// Reads telemetry of Gemini CLI and Qwen Code.
#[derive(Debug, Clone, Copy, Default)]
pub struct GeminiCli;

impl Adapter for GeminiCli {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self, span: &Span) -> bool {
        Product::of_span(span).is_some()
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let product = Product::of_span(span).unwrap_or(&GEMINI_CLI);
        let mut read =
            if is_of_metrics(span) { canonical(&Slots::of(span), NAME) } else { record(span, product) };
        read.framework = Some(CompactString::const_new(product.name));
        read.billing = read.billing.or_else(|| billing(span));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let kind = self.canonical(span).kind;
        match span.attributes.get("prompt").filter(|_| kind == Kind::Agent) {
            Some(prompt) => Messages { input: message_list(prompt, &Role::User), ..Messages::default() },
            None => messages_as(span, kind),
        }
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        let mut lens = lens(span, read);
        if billing(span).is_some() {
            explain(&mut lens, "billing", AUTH, "a login is a subscription, an API key is metered");
        }
        lens
    }

    fn event(&self, event: &mut Event) {
        let is_ours = Product::of_event(event).is_some();
        if is_ours && event.session.is_none() {
            event.session = label_at(&event.attributes, "session.id");
        }
    }

    fn span_of_event(&self, event: &Event) -> Option<Span> {
        logs::span(event)
    }

    fn spans_of_metrics(&self, metrics: &[Metric]) -> Vec<Span> {
        PRODUCTS
            .into_iter()
            .flat_map(|product| spans_of_metrics(metrics, &product.metrics, |_| true))
            .collect()
    }
}

fn billing(span: &Span) -> Option<Billing> {
    let auth = span.attributes.text(AUTH)?;
    BILLING.iter().find(|(word, _)| word.eq_ignore_ascii_case(auth)).map(|(_, billing)| *billing)
}

fn record(span: &Span, product: &Product) -> Canonical {
    let attributes = &span.attributes;
    let mut read = canonical(&Slots::of(span), NAME);
    let is_log = read.signal == Signal::Log || flag_at(attributes, BRIDGED) == Some(true);
    read.session = label_at(attributes, "session.id").or(read.session.take());
    read.meeting = read.session.as_ref().map(|session| Meeting::of(product.name, session));
    read.kind = kind(span, product, is_log).unwrap_or(read.kind);
    if is_log {
        read.signal = Signal::Log;
        of_log(span, product, &mut read);
    }
    name_agent(span, product, &mut read);
    if read.kind == Kind::Llm {
        let auth = label_at(attributes, AUTH);
        let known = auth.as_deref().and_then(provider);
        read.provider = known.or(read.provider.take());
        // With a login instead of a key, the list price does not apply.
        read.tags.extend(auth.map(|auth| format_compact!("auth:{auth}")));
    }
    if read.kind != Kind::Tool {
        read.tool = None;
    }
    if flag_at(attributes, "success") == Some(false) || span.status == Status::Error {
        read.error_type = read.error_type.take().or_else(|| Some(error_type(span, read.kind)));
    }
    read
}

/// Reads values under names that differ between log records and spans: the answering model, the function, its
/// tokens.
fn of_log(span: &Span, product: &Product, read: &mut Canonical) {
    let attributes = &span.attributes;
    match read.kind {
        Kind::Llm => {
            let failed = span.status == Status::Error;
            let model = label_at(attributes, "model");
            (read.request_model, read.response_model) = if failed { (model, None) } else { (None, model) };
            read.response_id = read.response_id.take().or_else(|| label_at(attributes, "response_id"));
            read.usage = tokens::usage(attributes, product).filter(|_| !failed);
        }
        Kind::Tool => read.tool = label_at(attributes, "function_name").or(read.tool.take()),
        _ => {}
    }
}

fn kind(span: &Span, product: &Product, is_log: bool) -> Option<Kind> {
    let name = match is_log {
        true => span.attributes.text("event.name").unwrap_or(&span.name),
        false => &span.name,
    };
    let known = match product.short(name).unwrap_or(name) {
        "llm_request" | "api_response" | "api_error" => Kind::Llm,
        "tool" | "tool_call" => Kind::Tool,
        "interaction" | "subagent" | "user_prompt" | "agent.finish" => Kind::Agent,
        "schedule_tool_calls" | "tool.execution" | "tool.blocked_on_user" | "hook" => Kind::Task,
        _ if is_log => Kind::Other,
        _ => return None,
    };
    // A span of that name is a sign of life. The record of that name is the start of the turn.
    let is_mere_sign = !is_log && name == "user_prompt";
    Some(if is_mere_sign { Kind::Other } else { known })
}

fn name_agent(span: &Span, product: &Product, read: &mut Canonical) {
    let keys = ["agent_name", "subagent_name", "qwen-code.subagent.name"];
    let named = || keys.iter().find_map(|key| label_at(&span.attributes, key));
    read.agent = read.agent.take().or_else(named);
    if read.kind == Kind::Agent && read.agent.is_none() {
        read.agent = Some(CompactString::const_new(product.name));
    }
}

fn provider(auth: &str) -> Option<CompactString> {
    PROVIDERS.iter().find(|(word, _)| *word == auth).map(|(_, provider)| CompactString::const_new(provider))
}

fn error_type(span: &Span, kind: Kind) -> CompactString {
    let attributes = &span.attributes;
    let status = || count_at(attributes, "status_code").map(|status| format_compact!("{status}"));
    let word = if kind == Kind::Tool { "tool_error" } else { "error" };
    status().unwrap_or_else(|| CompactString::const_new(word))
}
