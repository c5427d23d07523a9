//! Format of the lines, compared with examples.

use quipu_conformance::sample::{at, batch, draft, event, priced, unpriced};
use quipu_core::{Batch, Level, Unpriced};

fn lines(of: &Batch) -> Vec<String> {
    let mut out = Vec::new();
    quipu_jsonl::batch(&mut out, of);
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_span_has_the_words_of_the_http_interface_and_its_cost() {
    let span = draft(1, 2)
        .below(1)
        .named("chat gpt-5")
        .service("shop")
        .llm("gpt-5", 120, 22)
        .lasts(1_500_000)
        .span();
    let found = lines(&batch([span.clone()], [priced(&span, "0.0042")]));
    let want = concat!(
        r#"{"record":"span","trace_id":"00000000000000000000000000000001","span_id":"0000000000000002","#,
        r#""parent_span_id":"0000000000000001","name":"chat gpt-5","kind":"llm","#,
        r#""started_at":"2026-03-02T10:00:02.000000000Z","ended_at":"2026-03-02T10:00:02.001500000Z","duration_ms":1.5,"#,
        r#""status":"unset","service":"shop","model":"gpt-5","operation":"chat","provider":"openai","#,
        r#""request_model":"gpt-5","response_model":"gpt-5","#,
        r#""tokens":{"input":120,"output":22,"total":142,"reading":"inclusive"},"#,
        r#""counted":true,"counted_rule":"leaf","cost_usd":"0.0042","#,
        r#""price":{"source":"sample","version":"1","id":"openai/gpt-5"},"#,
        r#""attributes":{"gen_ai.operation.name":"chat","gen_ai.provider.name":"openai","gen_ai.request.model":"gpt-5","#,
        r#""gen_ai.response.model":"gpt-5","gen_ai.usage.input_tokens":120,"gen_ai.usage.output_tokens":22},"#,
        r#""resource":{"service.name":"shop"},"source":{"convention":"genai"}}"#
    );
    assert_eq!(found[0], want);
    assert!(
        found[1].starts_with(r#"{"record":"cost","trace_id":"00000000000000000000000000000001""#),
        "{}",
        found[1]
    );
}

#[test]
fn an_unknown_price_has_its_reason() {
    let span = draft(1, 1).llm("unheard-of", 1, 1).span();
    let found = lines(&batch([span.clone()], [unpriced(&span, Unpriced::UnknownModel)]));
    assert!(
        found[0].contains(r#""cost_reason":"unknown_model""#) && !found[0].contains("cost_usd"),
        "{}",
        found[0]
    );
}

#[test]
fn an_event_is_one_line() {
    let found = lines(&Batch {
        events: vec![event(at(1), Level::Warning, "agent.stop", "done\n")],
        ..Batch::default()
    });
    let want = concat!(
        r#"{"record":"event","time":"2026-03-02T10:00:01.000000000Z","level":"warning","type":"agent.stop","#,
        r#""body":"done\n","attributes":{}}"#
    );
    assert_eq!(found, [want]);
}
