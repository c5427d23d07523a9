//! Tests of redaction modes, rules by name, and reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_conformance::sample::draft;
use quipu_core::*;
use quipu_metrics::SelfMetrics;
use quipu_pipeline::{Capture, HashKey, Mode, OwnPattern, Pii, PiiKind, Redact, RedactConfig};

/// A test number from the issuer's documentation.
const CARD: &str = "4111111111111111";

fn all() -> RedactConfig {
    RedactConfig { contents: Some(Capture::all(true)), pii: Pii::All(true), ..RedactConfig::default() }
}

fn read(text: &str) -> RedactConfig {
    let config: RedactConfig = toml::from_str(text).unwrap();
    RedactConfig { contents: config.contents.or(Some(Capture::all(true))), ..config }
}

fn batch(spans: Vec<Span>) -> Batch {
    Batch { spans, ..Batch::default() }
}

fn redacted(config: &RedactConfig, mut batch: Batch) -> (Batch, String) {
    let metrics = Arc::new(SelfMetrics::new());
    Redact::new(config, Arc::clone(&metrics) as _).unwrap().apply(&mut batch);
    (batch, metrics.text())
}

/// A redacted attribute value.
fn value(config: &RedactConfig, name: &str, value: impl Into<Value>) -> Value {
    let mut span = draft(1, 1).span();
    span.attributes.push(name, value);
    let (batch, _) = redacted(config, batch(vec![span]));
    batch.spans[0].attributes.get(name).cloned().unwrap_or_default()
}

fn text(config: &RedactConfig, name: &str, text: &str) -> String {
    value(config, name, text).as_str().unwrap().to_owned()
}

fn refusal(config: &RedactConfig) -> String {
    Redact::new(config, Arc::new(NoMeter)).err().unwrap().to_string()
}

#[test]
fn json_stays_json_and_all_else_of_it_stays_byte_for_byte() {
    let sent = r#"[ {"role":"user",  "content":"I am ann@example.com\nand \"B\"", "n":1.50, "big":12345678901234567890,
        "pan":4111111111111111, "args":"{\"to\":\"ann@example.com\",\"x\":[1, 2]}", "u":"\u0061nn\u0040example.com", "e":"é😀"} ]"#;
    let got = text(&all(), "gen_ai.input.messages", sent);
    let want = sent
        .replace(r"I am ann@example.com\nand", r"I am [redacted:email]\nand")
        .replace(r#"\"ann@example.com\""#, r#"\"[redacted:email]\""#)
        .replace(r"\u0061nn\u0040example.com", "[redacted:email]")
        .replace(CARD, "\"[redacted:card]\"");
    assert_eq!(got, want);
    let read: serde_json::Value = serde_json::from_str(&got).unwrap();
    assert_eq!(read[0]["pan"], "[redacted:card]");
    let inner: serde_json::Value = serde_json::from_str(read[0]["args"].as_str().unwrap()).unwrap();
    assert_eq!(inner["to"], "[redacted:email]");
}

#[test]
fn a_string_of_json_stays_one_and_a_number_is_a_text() {
    let sent = r#"  "I am\nann@example.com and \"B\"""#;
    assert_eq!(text(&all(), "output.value", sent), r#"  "I am\n[redacted:email] and \"B\"""#);
    assert_eq!(text(&all(), "output.value", r#""a" ann@example.com "b""#), r#""a" [redacted:email] "b""#);
    assert_eq!(text(&all(), "output.value", CARD), "[redacted:card]");
}

#[test]
fn what_only_begins_as_json_is_a_text_like_others() {
    for broken in
        ["{\"a\":\"ann@example.com\"", "[ann@example.com]", "{ann@example.com}", "{\"a\":ann@example.com}"]
    {
        let got = text(&all(), "note", broken);
        assert_eq!(got, broken.replace("ann@example.com", "[redacted:email]"));
    }
    let deep = format!("{}{}{}", "[".repeat(500), "\"ann@example.com\"", "]".repeat(500));
    assert!(!text(&all(), "note", &deep).contains("ann@"), "deeper than it is read");
}

#[test]
fn numbers_are_looked_at_too() {
    let card: i64 = CARD.parse().unwrap();
    assert_eq!(value(&all(), "pan", card), Value::from("[redacted:card]"));
    assert_eq!(value(&all(), "pan", card as f64), Value::from("[redacted:card]"));
    assert_eq!(value(&all(), "user.phone", 2_125_550_123_i64), Value::from("[redacted:phone]"));
    for harmless in [2_125_550_123_i64, 1_718_822_400_123, i64::MIN, 0] {
        assert_eq!(value(&all(), "count", harmless), Value::Int(harmless));
    }
    assert_eq!(
        value(&RedactConfig { pii: Pii::default(), ..all() }, "pan", card),
        Value::Int(card),
        "only when asked for"
    );
}

#[test]
fn a_hash_is_the_same_for_the_same_value_and_says_nothing_without_its_key() {
    let with = |key: &str| RedactConfig { mode: Mode::Hash, key: Some(HashKey::new(key)), ..all() };
    let (one, other) = (with("0123456789abcdef"), with("0123456789abcdeg"));
    let token = text(&one, "note", "ann@example.com");
    assert!(token.starts_with("[email:") && token.len() == "[email:]".len() + 16, "{token}");
    assert_eq!(text(&one, "other", "Mail ANN@example.com!"), format!("Mail {token}!"), "however it is spelt");
    assert_ne!(text(&one, "note", "bob@example.com"), token);
    assert_ne!(text(&other, "note", "ann@example.com"), token);
    assert_eq!(text(&one, "n", "4111 1111 1111 1111"), text(&one, "n", CARD));
    assert!(!format!("{one:?}").contains("0123456789"), "{one:?}");
    assert!(refusal(&RedactConfig { key: None, ..one.clone() }).contains("redact.key"));
    let short = refusal(&with("short"));
    assert!(short.contains("redact.key") && !short.contains("short"), "{short}");
}

#[test]
fn dropping_leaves_nothing() {
    let drop = RedactConfig { mode: Mode::Drop, ..all() };
    assert_eq!(text(&drop, "note", "mail ann@example.com now"), "mail  now");
}

#[test]
fn fields_go_by_their_names_in_attributes_json_and_what_was_read() {
    let config = read(
        r#"
        key = "0123456789abcdef"
        [fields]
        drop = ["customer.*", "address"]
        hash = ["user.id"]
        mask = ["note"]
        allow = ["support"]
        "#,
    );
    let config = RedactConfig { pii: Pii::All(true), ..config };
    let span = draft(1, 1)
        .with("customer.name", "Ann")
        .with("user.id", "u-17")
        .with("app.note", "anything")
        .with("support", "help@example.com")
        .with("said", r#"{"address":{"street":"x"},"note":[1,2],"kept":1,"support":"help@example.com"}"#)
        .user("u-17")
        .span();
    let (batch, counted) = redacted(&config, batch(vec![span]));
    let span = &batch.spans[0];
    assert_eq!(span.attributes.get("customer.name"), None);
    let hashed = span.attributes.text("user.id").unwrap();
    assert!(hashed.starts_with("[field:"), "{hashed}");
    assert_eq!(span.canonical.user.as_deref(), Some(hashed), "what is shown is what is kept");
    assert_eq!(span.attributes.text("app.note"), Some("[redacted:field]"));
    assert_eq!(span.attributes.text("support"), Some("help@example.com"));
    assert_eq!(
        span.attributes.text("said"),
        Some(r#"{"address":null,"note":"[redacted:field]","kept":1,"support":"help@example.com"}"#)
    );
    assert!(counted.contains("pii_detections_total{kind=\"field\"} 6"), "{counted}");
}

#[test]
fn fields_follow_the_rule_of_the_attribute_that_they_were_read_from() {
    let config = read(
        r#"
        key = "0123456789abcdef"
        [fields]
        drop = ["gen_ai.agent.id", "vcs.ref.head.revision", "metadata", "labels"]
        hash = ["gen_ai.tool.call.id", "app.staff"]
        mask = ["gen_ai.response.id", "customer", "gen_ai.agent.name"]
        "#,
    );
    let mut span = draft(1, 1)
        .with("gen_ai.agent.id", "agent-7")
        .with("gen_ai.tool.call.id", "call_7")
        .with("gen_ai.response.id", "resp_7")
        .with("gen_ai.tool.name", "search")
        .with("customer", "search")
        .with("app.staff", "Ann")
        .with("metadata", r#"{"thread":"thread-7","note":"\"x\""}"#)
        .with("labels", Value::Array(vec!["vip".into(), "new".into()]))
        .span();
    let fields = &mut span.canonical;
    fields.user = Some("Ann".into());
    fields.session = Some("thread-7".into());
    fields.agent_id = Some("agent-7".into());
    fields.tool_call_id = Some("call_7".into());
    fields.response_id = Some("resp_7".into());
    fields.commit = Some("abc123".into());
    fields.tool = Some("search".into());
    fields.agent = Some("triage".into());
    fields.tags = vec!["vip".into(), "stable".into()];
    let mut other = draft(1, 2).with("gen_ai.agent.id", "agent-8").user("Ann").session("thread-7").span();
    other.canonical.agent_id = Some("agent-9".into());

    let (batch, _) = redacted(&config, batch(vec![span, other]));
    let (span, fields) = (&batch.spans[0], &batch.spans[0].canonical);
    assert_eq!(fields.agent_id, None, "the attribute is dropped");
    assert_eq!(fields.commit, None, "a rule names the field's attribute");
    assert_eq!(fields.tool_call_id.as_deref(), span.attributes.text("gen_ai.tool.call.id"));
    assert!(fields.tool_call_id.as_deref().unwrap().starts_with("[field:"));
    assert_eq!(fields.response_id.as_deref(), Some("[redacted:field]"));
    assert_eq!(fields.agent.as_deref(), Some("[redacted:field]"));
    assert_eq!(fields.user.as_deref(), span.attributes.text("app.staff"), "an attribute of any name");
    assert_eq!(fields.session, None, "a member of removed JSON");
    assert_eq!(fields.tags, ["stable"], "an element of a removed list");
    assert_eq!(fields.tool.as_deref(), Some("search"), "its own attribute has the value and stays");
    let other = &batch.spans[1].canonical;
    assert_eq!((other.user.as_deref(), other.session.as_deref()), (Some("Ann"), Some("thread-7")));
    assert_eq!(other.agent_id, None);
}

#[test]
fn what_is_allowed_stays() {
    let config = RedactConfig { allow: vec!["*@example.com".into(), CARD.into()], ..all() };
    let note = format!("Ann@Example.com, bob@example.org, {CARD}");
    assert_eq!(text(&config, "note", &note), format!("Ann@Example.com, [redacted:email], {CARD}"));
}

#[test]
fn kinds_are_chosen_one_by_one() {
    let some = RedactConfig { pii: Pii::Some(vec![PiiKind::Email]), ..all() };
    let note = format!("ann@example.com {CARD} 078-05-1121 203.0.113.9");
    assert_eq!(text(&some, "note", &note), note.replace("ann@example.com", "[redacted:email]"));
    let all_of_them = text(&all(), "note", &note);
    assert_eq!(all_of_them, "[redacted:email] [redacted:card] [redacted:ssn] [redacted:ip]");
    assert_eq!(read("pii = [\"email\"]").pii, Pii::Some(vec![PiiKind::Email]));
    assert!(toml::from_str::<RedactConfig>("pii = [\"mail\"]").is_err());
}

#[test]
fn values_that_are_secrets_by_their_names_go_whole() {
    let config = RedactConfig { pii: Pii::default(), ..all() };
    let header = Value::Array(vec!["Token abc".into()]);
    let got = value(&config, "http.request.header.authorization", header);
    assert_eq!(got, Value::Array(vec!["[redacted:named_secret]".into()]));
    let json = r#"{"db":{"password":"hunter2","password_hint":"a dog"},"type":"password","api_key":null}"#;
    assert_eq!(text(&config, "config", json), json.replace("hunter2", "[redacted:named_secret]"));
    assert_eq!(text(&config, "password", "<your password>"), "<your password>");
}

#[test]
fn what_looks_random_goes_only_when_asked_for_and_ids_stay() {
    let key = "a8Kd93mZq0Xv7Lp2Rt5Yw1Ns6";
    let config = RedactConfig { high_entropy: true, ..all() };
    assert_eq!(text(&config, "note", &format!("it is {key}.")), "it is [redacted:high_entropy].");
    assert_eq!(text(&all(), "note", key), key);
    assert_eq!(text(&config, "call.id", key), key);
    let call = r#"{"id":"call_a8Kd93mZq0Xv7Lp2Rt5Yw1Ns6","name":"f"}"#;
    assert_eq!(text(&config, "note", call), call);
}

#[test]
fn what_the_count_goes_by_stays() {
    let mut span = draft(1, 1).llm("openai/gpt-5", 100, 10).span();
    span.attributes.push("gen_ai.request.model", "ft:a8Kd93mZq0Xv7Lp2Rt5Yw1Ns6::203.0.113.9");
    span.canonical.request_model = Some("ft:a8Kd93mZq0Xv7Lp2Rt5Yw1Ns6::203.0.113.9".into());
    let before = span.clone();
    let (batch, _) = redacted(&RedactConfig { high_entropy: true, ..all() }, batch(vec![span]));
    assert_eq!(batch.spans[0], before);
}

#[test]
fn own_patterns_have_names_modes_and_bounds() {
    let config = read(
        r#"
        secrets = false
        key = "0123456789abcdef"
        patterns = ["ORDER-\\d{4}", { name = "customer", pattern = "customer (C\\d+)", mode = "hash" }]
        "#,
    );
    let got = text(&config, "note", "ORDER-1234 of customer C77");
    assert!(got.starts_with("[redacted:custom] of customer [customer:"), "{got}");
    let own = |name: &str, pattern: &str| RedactConfig {
        patterns: vec![OwnPattern { name: name.into(), pattern: pattern.into(), mode: None }],
        ..RedactConfig::default()
    };
    for (config, why) in [
        (own("a b", "x"), "name"),
        (own("x", "("), "redact.patterns"),
        (own("x", "a*"), "matches the empty text"),
        (own("x", &"a".repeat(1_001)), "1000 bytes"),
        (own("x", r"(?:\w{1000}){1000}"), "redact.patterns"),
        (RedactConfig { patterns: vec!["x".into(); 101], ..RedactConfig::default() }, "at most 100"),
    ] {
        assert!(refusal(&config).contains(why), "{why}: {}", refusal(&config));
    }
    // In backtracking engines, the time of this pattern doubles with each letter.
    let evil = own("evil", "(a+)+$");
    assert_eq!(
        text(
            &RedactConfig { contents: Some(Capture::all(true)), ..evil },
            "note",
            &format!("{}!", "a".repeat(100_000))
        )
        .len(),
        100_001
    );
}

#[test]
fn contents_are_kept_by_service() {
    let services = BTreeMap::from([
        ("shop".to_owned(), false),
        ("shop-test".to_owned(), true),
        ("pay*".to_owned(), false),
    ]);
    let config = RedactConfig { contents: Some(Capture::by_service(services)), ..RedactConfig::default() };
    for (service, kept) in [("shop", false), ("shop-test", true), ("payments", false), ("other", true)] {
        let span = draft(1, 1).service(service).with("gen_ai.input.messages", "[]").span();
        let (batch, _) = redacted(&config, batch(vec![span]));
        assert_eq!(batch.spans[0].attributes.get("gen_ai.input.messages").is_some(), kept, "{service}");
    }
    assert_eq!(read("contents = \"off\"").contents, Some(Capture::all(false)));
    let table = read("contents = { \"*\" = \"off\", shop = \"on\" }").contents.unwrap();
    assert!(table.keeps("shop") && !table.keeps("other"));
    assert!(
        toml::from_str::<RedactConfig>("contents = true").is_err(),
        "whether true keeps or leaves out nobody could tell"
    );
}

#[test]
fn a_trace_is_told_of_by_counts_and_never_by_values() {
    let spans = vec![
        draft(1, 1).with("note", "ann@example.com and bob@example.com").session("s").span(),
        draft(1, 2).with("note", "ann@example.com").span(),
        draft(2, 1).with("note", "nothing").span(),
    ];
    let (first, counted) = redacted(&all(), batch(spans.clone()));
    assert_eq!(first.events.len(), 1);
    let event = &first.events[0];
    assert_eq!((event.name.as_str(), event.trace_id), (Redact::EVENT, Some(first.spans[0].trace_id)));
    assert_eq!(event.attributes.get("quipu.redaction.email"), Some(&Value::Int(3)));
    assert!(!format!("{event:?}").contains("ann"), "{event:?}");
    assert!(counted.contains("pii_detections_total{kind=\"email\"} 3"), "{counted}");
    assert_eq!(
        redacted(&all(), batch(spans.clone())).0.events,
        first.events,
        "the same batch tells the same"
    );
    assert!(redacted(&RedactConfig { events: false, ..all() }, batch(spans)).0.events.is_empty());
    let secret = draft(1, 1).with("password", "hunter2").span();
    assert!(
        redacted(&all(), batch(vec![secret])).1.contains("secret_detections_total{kind=\"named_secret\"} 1")
    );
}

#[test]
fn resources_are_looked_at_once_and_stay_shared() {
    let mut attributes = Attributes::new();
    attributes.push("service.name", "shop");
    attributes.push("process.command_line", "app --mail ann@example.com");
    let resource = Arc::new(Resource { attributes, ..Resource::default() });
    let with = |number| Span { resource: Arc::clone(&resource), ..draft(1, number).span() };
    let (batch, counted) = redacted(&all(), batch(vec![with(1), with(2)]));
    let [one, two] = [&batch.spans[0].resource, &batch.spans[1].resource];
    assert!(Arc::ptr_eq(one, two));
    assert_eq!(one.attributes.text("process.command_line"), Some("app --mail [redacted:email]"));
    assert!(counted.contains("kind=\"email\"} 1"), "{counted}");
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_makes_it_fail_and_what_is_clean_stays_clean(sent in "[ -~\\n\"{}\\[\\]:,@.é0-9]{0,200}") {
            let config = RedactConfig { high_entropy: true, ..all() };
            let once = text(&config, "note", &sent);
            prop_assert_eq!(text(&config, "note", &once), once);
        }

        #[test]
        fn any_json_stays_json(
            words in proptest::collection::vec("[a-z@.0-9 \\\\\"-]{0,30}", 0..6), number in any::<f64>(), card in any::<bool>(),
        ) {
            let card = if card { CARD } else { "x" };
            let sent = serde_json::json!({"words": words, "n": number, "a": {"b": [format!("{card} ann@example.com")]}}).to_string();
            let got: serde_json::Value = serde_json::from_str(&text(&all(), "note", &sent)).unwrap();
            let before: serde_json::Value = serde_json::from_str(&sent).unwrap();
            prop_assert_eq!(&got["n"], &before["n"]);
            let said = got["a"]["b"][0].as_str().unwrap();
            prop_assert!(!said.contains("ann@example.com") && !said.contains(CARD));
        }
    }
}
