//! Tests of redaction.

use std::sync::Arc;

use quipu_conformance::sample::draft;
use quipu_core::*;
use quipu_metrics::SelfMetrics;
use quipu_pipeline::{Capture, Pii, Redact, RedactConfig};

/// Fake secrets of every known format, assembled here so that secret scanners do not report this file.
fn secrets() -> Vec<(&'static str, String)> {
    let letters = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";
    vec![
        ("openai_key", format!("sk-proj-{letters}")),
        ("anthropic_key", format!("sk-ant-api03-{letters}")),
        ("google_key", format!("AIza{}", &letters[..35])),
        ("github_token", format!("ghp_{letters}")),
        ("aws_key", format!("AKIA{}", "ABCDEFGHIJKLMNOP")),
        ("bearer", format!("Bearer {letters}")),
        ("jwt", format!("eyJ{0}.eyJ{0}.{0}", &letters[..20])),
        ("private_key", format!("-----BEGIN RSA PRIVATE KEY-----\n{letters}\n-----END RSA PRIVATE KEY-----")),
    ]
}

fn redacted(config: &RedactConfig, mut batch: Batch) -> (Batch, String) {
    let metrics = Arc::new(SelfMetrics::new());
    let stage = Redact::new(config, Arc::clone(&metrics) as _).unwrap();
    stage.apply(&mut batch);
    (batch, metrics.text())
}

fn event(body: Value) -> Event {
    Event {
        time: Timestamp::from_nanos(0),
        level: Level::Info,
        name: "business.order".into(),
        trace_id: None,
        span_id: None,
        session: None,
        agent: None,
        framework: None,
        body,
        attributes: Attributes::new(),
        resource: Arc::default(),
        scope: Arc::default(),
        wire: None,
    }
}

#[test]
fn secrets_go_wherever_they_are_and_what_is_around_them_stays() {
    for (kind, secret) in secrets() {
        let text = format!("before {secret}, after");
        let mut span = draft(1, 1).with("note", text.as_str()).failed(&text).span();
        span.events.push(SpanEvent {
            attributes: [("said", text.as_str())].into_iter().collect(),
            ..SpanEvent::default()
        });
        let deep = Value::Array(vec![Value::Map(vec![("key".into(), Value::String(text.clone()))])]);
        let batch = Batch { spans: vec![span], events: vec![event(deep)], ..Batch::default() };
        let (batch, counted) = redacted(&RedactConfig::default(), batch);
        let shown = format!("{batch:?}");
        assert!(!shown.contains(&secret) && !shown.contains("0123456789\\n"), "{kind}: {shown}");
        let span = &batch.spans[0];
        assert!(span.attributes.text("note").unwrap().starts_with("before "), "{kind}");
        assert!(span.attributes.text("note").unwrap().ends_with(", after"), "{kind}");
        assert!(span.status_message.contains("[redacted:"), "{kind}");
        assert!(
            counted.contains(&format!("quipu_masked_secrets_total{{kind=\"{kind}\"}} 4")),
            "{kind}: {counted}"
        );
    }
}

#[test]
fn what_only_looks_alike_stays() {
    let harmless =
        "task-0123456789abcdefghij risk-assessment-of-something-long bearer of news AKIA user@host";
    let span = draft(1, 1).with("note", harmless).span();
    let (batch, counted) =
        redacted(&RedactConfig::default(), Batch { spans: vec![span], ..Batch::default() });
    assert_eq!(batch.spans[0].attributes.text("note"), Some(harmless));
    assert!(!counted.contains("quipu_masked_secrets_total{"), "{counted}");
}

#[test]
fn addresses_and_patterns_of_ones_own_when_asked_for() {
    let config =
        RedactConfig { emails: true, patterns: vec![r"ORDER-\d{4}".into()], ..RedactConfig::default() };
    let span = draft(1, 1).with("note", "ann@example.com has ORDER-1234").user("ann@example.com").span();
    let (batch, _) = redacted(&config, Batch { spans: vec![span], ..Batch::default() });
    assert_eq!(batch.spans[0].attributes.text("note"), Some("[redacted:email] has [redacted:custom]"));
    assert_eq!(batch.spans[0].canonical.user.as_deref(), Some("[redacted:email]"));
    let wrong = RedactConfig { patterns: vec!["(".into()], ..RedactConfig::default() };
    let error = Redact::new(&wrong, Arc::new(NoMeter)).err().unwrap().to_string();
    assert!(error.contains("redact.patterns") && error.contains('('), "{error}");
}

#[test]
fn contents_are_left_out_unless_they_are_allowed() {
    let make = || {
        let mut span = draft(1, 1)
            .with("gen_ai.input.messages", "[…]")
            .with("gen_ai.tool.call.arguments", "{}")
            .with("gen_ai.prompt.0.content", "hello")
            .with("gen_ai.request.model", "gpt-5")
            .span();
        span.events.push(SpanEvent { name: "gen_ai.user.message".into(), ..SpanEvent::default() });
        span.events.push(SpanEvent { name: "handoff".into(), ..SpanEvent::default() });
        let mut message = event(Value::String("hello".into()));
        message.name = "gen_ai.user.message".into();
        Batch {
            spans: vec![span],
            events: vec![message, event(Value::String("kept".into()))],
            ..Batch::default()
        }
    };
    let (batch, counted) = redacted(&RedactConfig::default(), make());
    let keys: Vec<_> = batch.spans[0].attributes.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["gen_ai.request.model"]);
    assert_eq!(batch.spans[0].events.len(), 1);
    assert_eq!((&batch.events[0].body, batch.events[1].body.as_str()), (&Value::Null, Some("kept")));
    assert!(counted.contains("quipu_dropped_contents_total{place=\"span\"} 4"), "{counted}");
    let allowed = RedactConfig { contents: Some(Capture::all(true)), ..RedactConfig::default() };
    assert_eq!(redacted(&allowed, make()).0, make());
}

#[test]
fn what_goes_out_beside_the_attributes_is_masked_too() {
    let (_, secret) = secrets().remove(0);
    let said = || [("note", secret.as_str())].into_iter().collect::<Attributes>();
    let mut span = draft(1, 1).span();
    let read = span.canonical.as_mut();
    (read.workflow, read.response_id) = (Some(secret.as_str().into()), Some(secret.as_str().into()));
    read.params.stop_sequences = vec![secret.as_str().into()];
    let mut message = event(Value::Null);
    message.wire =
        Some(Box::new(EventWire { severity_text: secret.as_str().into(), ..EventWire::default() }));
    let exemplar = ExemplarWire { attributes: said(), ..ExemplarWire::default() };
    let wire = PointWire { metadata: said(), exemplars: vec![exemplar], ..PointWire::default() };
    let metric = Metric {
        name: "calls".into(),
        unit: "".into(),
        description: String::new(),
        instrument: Instrument::Counter,
        temporality: Temporality::Delta,
        points: vec![Point {
            time: Timestamp::from_nanos(0),
            start: None,
            attributes: Attributes::new(),
            value: PointValue::Number(1.0),
            exemplars: Vec::new(),
            wire: Some(Box::new(wire)),
        }],
        resource: Arc::default(),
        scope: Arc::default(),
    };
    let batch = Batch { spans: vec![span], events: vec![message], metrics: vec![metric], costs: Vec::new() };
    let (batch, counted) = redacted(&RedactConfig::default(), batch);
    assert!(!format!("{batch:?}").contains(&secret), "{batch:?}");
    assert!(counted.contains("quipu_masked_secrets_total{kind=\"openai_key\"} 6"), "{counted}");
}

/// A redacted attribute with this name.
fn note(config: &RedactConfig, name: &str, text: &str) -> String {
    let span = draft(1, 1).with(name, text).span();
    let (batch, _) = redacted(config, Batch { spans: vec![span], ..Batch::default() });
    batch.spans[0].attributes.text(name).unwrap().to_owned()
}

#[test]
fn values_within_json_are_looked_at_each_for_itself() {
    let own = RedactConfig { patterns: vec![r"^CUST-\d+$".into()], ..RedactConfig::default() };
    assert_eq!(note(&own, "note", r#"{"id":"CUST-17"}"#), r#"{"id":"[redacted:custom]"}"#);
    let plain = RedactConfig::default();
    let url = note(&plain, "note", r#"{"db":"postgres:\/\/app:hunter2pw9@db\/x"}"#);
    assert!(!url.contains("hunter2pw9") && url.contains("[redacted:"), "{url}");
    assert_eq!(
        note(&plain, "note", r#"{"password": 83920174, "age": 83920174}"#),
        r#"{"password": "[redacted:named_secret]", "age": 83920174}"#
    );
    let span = draft(1, 1).with("db.password", 83_920_i64).span();
    let (batch, _) = redacted(&plain, Batch { spans: vec![span], ..Batch::default() });
    assert_eq!(batch.spans[0].attributes.text("db.password"), Some("[redacted:named_secret]"));
}

#[test]
fn json_that_is_too_deep_stays_json() {
    let config = RedactConfig { pii: Pii::All(true), ..RedactConfig::default() };
    let mut text = r#"{"n":4111111111111111,"s":"4111111111111111"}"#.to_owned();
    for _ in 0..9 {
        text = serde_json::to_string(&serde_json::json!({ "in": text })).unwrap();
    }
    let mut clean = note(&config, "note", &text);
    assert!(!clean.contains("4111111111111111"), "{clean}");
    // Every layer is still valid JSON.
    while clean.starts_with('{') {
        let value: serde_json::Value = serde_json::from_str(&clean).unwrap();
        clean = value["in"].as_str().unwrap_or_default().to_owned();
    }
}

#[test]
fn numbers_behind_refused_ones_are_found() {
    let config = RedactConfig { pii: Pii::All(true), ..RedactConfig::default() };
    let row = "1 2 ".repeat(20);
    let clean = note(&config, "note", &format!("{row} tel (030 1234567, then +49 30 1234567"));
    assert!(clean.starts_with(&row) && !clean.contains("1234567"), "{clean}");
}

/// Ways in which texts, lists and objects name a secret. None of the values has a known format.
fn named_secrets(value: &str) -> Vec<String> {
    let at = |form: &str| form.replace("VALUE", value);
    [
        "mysql --password VALUE -h db",
        "tool --token VALUE",
        "tool --hf-token=VALUE",
        "curl -s -u admin:VALUE https://h/",
        "curl --user=\"admin:VALUE\" https://h/",
        "X-Api-Key: VALUE",
        "X-Auth-Token: VALUE",
        "Cookie: session=VALUE; theme=dark",
        "password: |\n  VALUE",
        "<password>VALUE</password>",
        ":password=>\"VALUE\"",
        "a=b&token=VALUE&x=1",
        r#"["mysql", "--password", "VALUE"]"#,
        r#"["--token", "VALUE"]"#,
        r#"[["X-Api-Key", "VALUE"]]"#,
        r#"{"X-Api-Key": "VALUE"}"#,
        r#"{"env": [{"name": "DB_PASSWORD", "value": "VALUE"}]}"#,
        r#"[{"value": "VALUE", "key": "api_key"}]"#,
        r#"{"password": {"value": "VALUE", "at": [1]}}"#,
    ]
    .map(at)
    .to_vec()
}

#[test]
fn a_name_in_another_text_marks_a_secret() {
    let value = "Tr0ub4dor3xyzzy";
    for text in named_secrets(value) {
        let span = draft(1, 1).with("note", text.as_str()).span();
        let batch = Batch { spans: vec![span], ..Batch::default() };
        let (batch, _) = redacted(&RedactConfig::default(), batch);
        let note = batch.spans[0].attributes.text("note").unwrap();
        assert!(!note.contains(value) && note.contains("[redacted:"), "{text}: {note}");
        let is_json = text.starts_with(['[', '{']);
        assert!(!is_json || serde_json::from_str::<serde_json::Value>(note).is_ok(), "{note}");
    }
}

#[test]
fn a_name_in_another_value_marks_a_secret_within_a_text_in_any_notation() {
    let value = "Tr0ub4dor3xyzzy";
    for form in [
        r#"["mysql", "--password", "VALUE"]"#,
        r#"["--token", "VALUE"]"#,
        "('--hf-token', 'VALUE')",
        r#"[["X-Api-Key", "VALUE"]]"#,
        "('Authorization', 'VALUE')",
        r#"{"env": [{"name": "DB_PASSWORD", "value": "VALUE"}]}"#,
        r#"{"name":"DB_PASSWORD","type":"string","value":"VALUE"}"#,
        "{\"name\": \"DB_PASSWORD\",\n   \"value\": \"VALUE\"}",
        r#"{\"name\": \"DB_PASSWORD\", \"value\": \"VALUE\"}"#,
        r#"[{"value": "VALUE", "key": "api_key"}]"#,
        r#"{"value":"VALUE","secure":true,"name":"SESSION_TOKEN"}"#,
        r#"{"password": {"value": "VALUE", "at": [1]}}"#,
        "[{'name': 'DB_PASSWORD', 'value': 'VALUE'}]",
        r#"[{:key=>"api_key", :value=>"VALUE"}]"#,
        "- name: DB_PASSWORD\n  value: VALUE",
        "password:\n  value: VALUE",
        "<name>DB_PASSWORD</name><value>VALUE</value>",
        "name = \"db_password\"\n value = \"VALUE\"",
        "name=password&value=VALUE",
    ] {
        let text = format!("it said: {} and left", form.replace("VALUE", value));
        let span = draft(1, 1).with("note", text.as_str()).span();
        let (batch, _) = redacted(&RedactConfig::default(), Batch { spans: vec![span], ..Batch::default() });
        let note = batch.spans[0].attributes.text("note").unwrap();
        assert!(!note.contains(value) && note.contains("[redacted:"), "{text}: {note}");
    }
}

#[test]
fn a_name_in_another_attribute_value_marks_a_secret() {
    let text = |text: &str| Value::from(text);
    let pair =
        |name: &str| Value::Map(vec![("name".into(), text(name)), ("value".into(), text("Tr0ub4dor3xyzzy"))]);
    for value in [
        Value::Array(vec![text("--password"), text("Tr0ub4dor3xyzzy")]),
        Value::Array(vec![pair("API_KEY")]),
        Value::Map(vec![("secret".into(), Value::Map(vec![("a".into(), text("Tr0ub4dor3xyzzy"))]))]),
    ] {
        let event = event(value);
        let (batch, _) =
            redacted(&RedactConfig::default(), Batch { events: vec![event], ..Batch::default() });
        let said = format!("{:?}", batch.events[0].body);
        assert!(!said.contains("Tr0ub4dor"), "{said}");
    }
}

#[test]
fn names_of_secrets_in_schemas_and_lists_change_nothing() {
    for text in [
        r#"{"required":["username","password","email"],"name":"password","value":"string"}"#,
        r#"{"properties":{"password":{"type":"string","minLength":"twelve"}}}"#,
        r#"[{"name":"city","value":"Paris75001x"}]"#,
        r#"["--max-tokens","4096tokens"]"#,
        "the --password option and the token of the password page",
        "see {\"name\": \"city\", \"value\": \"Paris75001x\"} there",
        "fields: ['username', 'password', 'email'], value: 'string'",
        "- name: DB_PASSWORD\n  valueFrom: secretRef12345",
        "Cookie: the word has no value here 1 2 3",
        "na\u{ef}ve \u{2013} a state\u{2011}of\u{2011}the\u{2011}art \u{ff0c}text",
    ] {
        let span = draft(1, 1).with("note", text).span();
        let batch = Batch { spans: vec![span], ..Batch::default() };
        let (batch, _) = redacted(&RedactConfig::default(), batch);
        assert_eq!(batch.spans[0].attributes.text("note"), Some(text));
    }
}

#[test]
fn letters_that_look_alike_hide_no_secret() {
    let secret = format!("sk-ant-api03-{}", "A1b2C3d4".repeat(4));
    let wide = |letter: char| char::from_u32(u32::from(letter) + 0xFEE0).unwrap();
    for text in [secret.replace('-', "\u{2011}"), secret.chars().map(wide).collect()] {
        let span = draft(1, 1).with("note", format!("a {text} b").as_str()).span();
        let batch = Batch { spans: vec![span], ..Batch::default() };
        let (batch, _) = redacted(&RedactConfig::default(), batch);
        let note = batch.spans[0].attributes.text("note").unwrap();
        assert_eq!(note, "a [redacted:anthropic_key] b", "{text}");
    }
}

#[test]
fn pieces_of_a_secret_in_a_list_are_masked() {
    let secret = format!("sk-ant-api03-{}", "A1b2C3d4".repeat(4));
    let (one, rest) = secret.split_at(9);
    let (two, three) = rest.split_at(12);
    let list = [&format!("it is {one}"), two, &format!("{three}, so")];
    let value = Value::Array(list.iter().map(|piece| Value::from(*piece)).collect());
    let said = serde_json::to_string(&list).unwrap();
    let span = draft(1, 1).with("note", said.as_str()).with("list", value).span();
    let (batch, text) = redacted(&RedactConfig::default(), Batch { spans: vec![span], ..Batch::default() });
    let attributes = &batch.spans[0].attributes;
    let expected = ["it is [redacted:anthropic_key]", "", ", so"];
    assert_eq!(attributes.text("note"), Some(serde_json::to_string(&expected).unwrap().as_str()));
    let expected = Value::Array(expected.iter().map(|piece| Value::from(*piece)).collect());
    assert_eq!(attributes.get("list"), Some(&expected));
    assert!(text.contains("anthropic_key"), "{text}");
}
