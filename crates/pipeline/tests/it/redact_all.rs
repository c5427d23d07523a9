//! Tests that every text of a record is redacted: a secret is planted in each, plain and encoded.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;
use quipu_core::*;
use quipu_pipeline::{Redact, RedactConfig};
use serde_json::Value as Json;

/// A fake secret, assembled here so that secret scanners do not report this file.
fn secret() -> String {
    format!("sk-ant-api03-{}", "A1b2C3d4".repeat(4))
}

fn stage() -> Redact {
    Redact::new(&RedactConfig { events: false, ..RedactConfig::default() }, Arc::new(NoMeter)).unwrap()
}

/// A batch with every text set. All fields are written out, so a new field does not compile until it is added
/// here.
#[allow(clippy::too_many_lines, reason = "one record of every kind, each of its fields written out")]
fn full() -> Batch {
    let text = || Some("said".into());
    let attributes = || -> Attributes {
        let nested =
            Value::Array(vec![Value::Map(vec![("inner".into(), Value::from("said"))]), Value::from("said")]);
        [("plain", Value::from("said")), ("nested", nested), ("raw", Value::Bytes(b"\xffsaid".to_vec()))]
            .into_iter()
            .collect()
    };
    let resource = Arc::new(Resource { attributes: attributes(), schema_url: "said".into() });
    let scope = Arc::new(Scope {
        name: "said".into(),
        version: "said".into(),
        attributes: attributes(),
        schema_url: "said".into(),
    });
    let (trace, span) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
    let time = Timestamp::from_nanos(0);
    let params = Params { reasoning_level: text(), stop_sequences: vec!["said".into()], ..Params::default() };
    let asked = vec![ToldCall { key: 1, id: 1, name: "said".into() }];
    let answered = vec![ToldResult { key: 1, id: 1, name: text(), failed: false }];
    let told = ToldRuns { asked, answered };
    let canonical = Canonical {
        kind: Kind::Llm,
        signal: Signal::default(),
        meeting: None,
        convention: "said".into(),
        framework: text(),
        operation: text(),
        provider: text(),
        request_model: text(),
        response_model: text(),
        response_id: text(),
        service_tier: text(),
        params: params.into(),
        usage: None,
        reported_cost: None,
        never_count: false,
        agent: text(),
        agent_id: text(),
        workflow: text(),
        step: text(),
        handoff_from: text(),
        handoff_to: text(),
        guardrail_triggered: None,
        tool: text(),
        tool_call_id: text(),
        session: text(),
        user: text(),
        error_type: text(),
        time_to_first_token: None,
        finish_reasons: vec!["said".into()],
        tags: vec!["said".into()],
        billing: None,
        project: text(),
        commit: text(),
        branch: text(),
        unknown_usage: vec!["said".into()],
        notes: vec!["said".into()],
        told: Some(Box::new(told)),
        marks: CallMarks {
            text: TextMark::of(["an answer before its redaction"].into_iter(), true),
            ..CallMarks::default()
        },
        estimate: None,
    };
    let span_record = Span {
        trace_id: trace,
        span_id: span,
        parent_id: None,
        name: "said".into(),
        start: time,
        end: Some(time),
        kind: SpanKind::Client,
        status: Status::Error,
        status_message: "said".into(),
        trace_state: "said".into(),
        resource: Arc::clone(&resource),
        scope: Arc::clone(&scope),
        attributes: attributes(),
        events: vec![SpanEvent { time, name: "said".into(), attributes: attributes() }],
        links: vec![Link { trace_id: trace, span_id: span, attributes: attributes() }],
        wire: SpanWire::default(),
        arrival: Default::default(),
        canonical: Box::new(canonical),
    };
    let event = Event {
        time,
        level: Level::Info,
        name: "said".into(),
        trace_id: None,
        span_id: None,
        session: text(),
        agent: text(),
        framework: text(),
        body: Value::Map(vec![(
            "body".into(),
            Value::Array(vec![Value::from("said"), Value::Bytes(b"said".to_vec())]),
        )]),
        attributes: attributes(),
        wire: Some(Box::new(EventWire { severity_text: "said".into(), ..EventWire::default() })),
        resource: Arc::clone(&resource),
        scope: Arc::clone(&scope),
    };
    let exemplar = ExemplarWire { attributes: attributes(), ..ExemplarWire::default() };
    let wire = PointWire { metadata: attributes(), exemplars: vec![exemplar], ..PointWire::default() };
    let point = Point {
        time,
        start: None,
        attributes: attributes(),
        value: PointValue::Number(1.0),
        exemplars: Vec::new(),
        wire: Some(Box::new(wire)),
    };
    let metric = Metric {
        name: "said".into(),
        unit: "said".into(),
        description: "said".into(),
        instrument: Instrument::Gauge,
        temporality: Temporality::default(),
        points: vec![point],
        resource,
        scope,
    };
    let price = PriceRef { source: "said".into(), version: "said".into(), id: "said".into() };
    let cost = Cost {
        trace_id: trace,
        span_id: span,
        version: 1,
        time,
        duration: None,
        kind: Kind::Llm,
        signal: Signal::default(),
        rule: Rule::Leaf,
        failed: false,
        service: text(),
        framework: text(),
        convention: "said".into(),
        agent: text(),
        tool: text(),
        provider: text(),
        request_model: text(),
        response_model: text(),
        service_tier: text(),
        billing: Billing::Metered,
        usage: None,
        amount: None,
        unpriced: None,
        price: Some(price),
        reported: None,
        inferred: vec![InferredRun { key: 1, tool: "said".into(), since: None, failed: false }],
        estimate: None,
        scopes: Vec::new(),
    };
    Batch { spans: vec![span_record], events: vec![event], metrics: vec![metric], costs: vec![cost] }
}

/// Paths of all texts, and of all lists that can be the bytes of a text.
fn leaves(json: &Json, path: &str, found: &mut Vec<String>) {
    match json {
        Json::String(_) => found.push(path.to_owned()),
        Json::Array(values) => {
            if !values.is_empty() && values.iter().all(Json::is_u64) {
                found.push(path.to_owned());
            }
            values.iter().enumerate().for_each(|(at, value)| leaves(value, &format!("{path}/{at}"), found));
        }
        Json::Object(members) => members.iter().for_each(|(name, value)| {
            leaves(value, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

/// The batch with another text at a path; `None` if no text is allowed there, as in an id or the name of a
/// variant.
fn planted(json: &Json, path: &str, text: &str) -> Option<Batch> {
    let mut json = json.clone();
    let place = json.pointer_mut(path)?;
    *place = if place.is_string() { text.into() } else { text.as_bytes().into() };
    serde_json::from_value(json).ok()
}

/// All texts of a batch, with bytes as texts.
fn shown(batch: &Batch) -> String {
    fn say(json: &Json, out: &mut String) {
        match json {
            Json::String(text) => out.push_str(text),
            Json::Array(values) => {
                let bytes: Option<Vec<u8>> =
                    values.iter().map(|value| u8::try_from(value.as_u64()?).ok()).collect();
                match bytes {
                    Some(bytes) => out.push_str(&String::from_utf8_lossy(&bytes)),
                    None => values.iter().for_each(|value| say(value, out)),
                }
            }
            Json::Object(members) => members.iter().for_each(|(name, value)| {
                out.push_str(name);
                out.push('\n');
                say(value, out);
            }),
            _ => {}
        }
        out.push('\n');
    }
    let mut out = String::new();
    say(&serde_json::to_value(batch).unwrap(), &mut out);
    out
}

#[test]
fn no_text_of_a_record_is_passed_over() {
    let (stage, json) = (stage(), serde_json::to_value(full()).unwrap());
    let mut paths = Vec::new();
    leaves(&json, "", &mut paths);
    let (mut planted_at, secret) = (0, secret());
    for path in &paths {
        let Some(mut batch) = planted(&json, path, &format!("it says {secret} here")) else { continue };
        planted_at += 1;
        stage.apply(&mut batch);
        assert!(!shown(&batch).contains(&secret), "{path}: {batch:?}");
    }
    // Fewer texts would mean that this test no longer finds them.
    assert!(planted_at >= 120, "{planted_at} of {}: {paths:?}", paths.len());
}

#[test]
fn an_answer_with_a_finding_cannot_be_recognised_by_its_hash() {
    let (stage, mut batch) = (stage(), full());
    stage.apply(&mut batch);
    assert!(batch.spans[0].canonical.marks.text.is_some(), "nothing was found in this span");
    batch.spans[0].attributes.push("llm.output", format!("the key is {}", secret()));
    stage.apply(&mut batch);
    assert_eq!(batch.spans[0].canonical.marks.text, None);
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Encodings of a text. The last ones are encoded twice.
fn spellings(text: &str) -> Vec<String> {
    let unicode: String = text.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let hex: String = text.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    vec![
        text.replace('-', "%2d"),
        percent(text),
        percent(&percent(text)),
        format!("https://host.example/a/b?q={}&r=1", percent(text)),
        unicode.clone(),
        hex,
        text.replacen('a', "\\u0061", 1),
        BASE64_STANDARD.encode(format!("key={text};")),
        BASE64_STANDARD.encode(text),
        format!("data:text/plain;base64,{}", BASE64_STANDARD.encode(text)),
        format!("a/path/{}", BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"key\":\"{text}\"}}"))),
        format!("{{\"a\":[\"{}\"]}}", percent(text)),
        format!("{{\"a\":\"{unicode}\"}}"),
        format!("{{\"a\":\"{}\"}}", BASE64_STANDARD.encode(text)),
        percent(&format!("{{\"a\":\"{text}\"}}")),
        BASE64_STANDARD.encode(percent(text)),
        percent(&BASE64_STANDARD.encode(text)),
        BASE64_STANDARD.encode(BASE64_STANDARD.encode(text)),
    ]
}

/// Whether a text contains another in any of these encodings, nested to any depth.
fn says(text: &str, wanted: &str) -> bool {
    let mut texts = vec![text.to_owned()];
    for _ in 0..3 {
        for text in texts.clone() {
            texts.push(unescaped(&text));
            let letter = |letter: char| letter.is_ascii_alphanumeric() || "+/-_".contains(letter);
            for run in text.split(|other| !letter(other)).filter(|run| run.len() >= 16) {
                let run = run.replace('-', "+").replace('_', "/");
                for shift in 0..4 {
                    let part = &run[shift..];
                    let bytes =
                        BASE64_STANDARD.decode(format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4)));
                    texts.extend(bytes.ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
        }
    }
    texts.iter().any(|text| text.contains(wanted))
}

fn unescaped(text: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some(first) = rest.first() {
        let width = match rest {
            [b'%', ..] => 1,
            [b'\\', b'x', ..] => 2,
            [b'\\', b'u', b'0', b'0', ..] => 4,
            _ => 0,
        };
        let digits = rest.get(width..width + 2).filter(|_| width > 0);
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match byte {
            Some(byte) => {
                out.push(byte);
                rest = &rest[width + 2..];
            }
            None => {
                out.push(*first);
                rest = &rest[1..];
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn no_spelling_hides_a_secret() {
    let (stage, secret) = (stage(), secret());
    for spelt in spellings(&secret) {
        assert!(says(&spelt, &secret), "the test itself can read {spelt}");
        let mut batch = full();
        batch.spans[0].attributes.push("note", spelt.as_str());
        stage.apply(&mut batch);
        let left = batch.spans[0].attributes.text("note").unwrap();
        assert!(!says(left, &secret) && !left.contains(&secret), "{spelt}: {left}");
    }
}

#[test]
fn what_is_around_a_hidden_secret_stays_as_it_was_spelt() {
    let (stage, secret) = (stage(), secret());
    let text = |text: String| {
        let mut batch = full();
        batch.spans[0].attributes.push("note", text);
        stage.apply(&mut batch);
        batch.spans[0].attributes.text("note").unwrap().to_owned()
    };
    let sent = format!("https://h.example/%C3%A9?k={}&r=%20b", percent(&secret));
    assert_eq!(text(sent), "https://h.example/%C3%A9?k=[redacted:anthropic_key]&r=%20b");
    let packed = BASE64_STANDARD.encode(format!("user said {secret}, and more"));
    let left = text(format!("before {packed} after"));
    let middle = left.strip_prefix("before ").and_then(|left| left.strip_suffix(" after")).unwrap();
    let left = String::from_utf8(BASE64_STANDARD.decode(middle).unwrap()).unwrap();
    assert_eq!(left, "user said [redacted:anthropic_key], and more");
    for same in [
        "100 % of 50%25 at C:\\users\\x",
        "%zz \\u12",
        "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b",
        "aGVsbG8gd29ybGQsIGhvdyBhcmUgeW91Pw==",
    ] {
        assert_eq!(text(same.to_owned()), same);
    }
}

#[test]
fn a_patterns_owner_does_not_rename_what_is_counted_by() {
    let config: RedactConfig = toml::from_str("patterns = ['[a-z_]+']\nevents = false\n").unwrap();
    let stage = Redact::new(&config, Arc::new(NoMeter)).unwrap();
    let mut batch = full();
    batch.spans[0].attributes = [("quipu.sampled", false)].into_iter().collect();
    batch.spans[0].attributes.push("CUST_one", "1");
    stage.apply(&mut batch);
    assert!(!batch.spans[0].is_sampled());
    assert_eq!(batch.spans[0].attributes.get("CUST_one"), None, "what a sender chose is looked through");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any surrounding text, any position, any encoding.
    #[test]
    fn a_planted_secret_is_never_left(
        at in 0_usize..200,
        spelling in 0_usize..18,
        before in "[a-z ]{0,12} ",
        after in " [a-zA-Z0-9=:;,. ]{0,12}",
    ) {
        let (json, secret) = (serde_json::to_value(full()).unwrap(), secret());
        let mut paths = Vec::new();
        leaves(&json, "", &mut paths);
        let spelt = format!("{before}{}{after}", spellings(&secret)[spelling]);
        if let Some(mut batch) = planted(&json, &paths[at % paths.len()], &spelt) {
            stage().apply(&mut batch);
            prop_assert!(!says(&shown(&batch), &secret), "{}: {batch:?}", paths[at % paths.len()]);
        }
    }
}
