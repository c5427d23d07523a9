//! Tests that redaction is idempotent: a second redaction, such as a server's after a gateway's, finds
//! nothing.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use quipu_conformance::sample::draft;
use quipu_core::*;
use quipu_pipeline::{Redact, RedactConfig};

/// An attribute with this name after redaction.
fn text(stage: &Redact, name: &str, text: &str) -> String {
    let mut batch = Batch { spans: vec![draft(1, 1).with(name, text.to_owned()).span()], ..Batch::default() };
    stage.apply(&mut batch);
    batch.spans[0].attributes.text(name).unwrap().to_owned()
}

/// A stage with all detectors; `more` adds config lines.
fn stage(more: &str) -> Redact {
    let lines = "contents = \"on\"\nsecrets = true\npii = true\nhigh_entropy = true\n";
    let config: RedactConfig = toml::from_str(&format!("{lines}{more}")).unwrap();
    Redact::new(&config, Arc::new(NoMeter)).unwrap()
}

const KEY: &str = "key = \"0123456789abcdef0123\"\n";

/// Stages of all modes, with patterns that match replacement texts, and rules for names.
static STAGES: LazyLock<Vec<Redact>> = LazyLock::new(|| {
    let own =
        "patterns = ['[a-z]+ed', '\\d{3,5}', { name = \"word\", pattern = '\\w+!', mode = \"drop\" }]\n";
    let fields = "fields = { mask = [\"m\"], hash = [\"h\"], drop = [\"d\"], allow = [\"a\"] }\n";
    ["mask", "drop", "hash"]
        .into_iter()
        .flat_map(|mode| ["", own, fields].map(|more| stage(&format!("mode = \"{mode}\"\n{KEY}{more}"))))
        .collect()
});

#[test]
fn a_mask_does_not_say_what_stands_behind_it() {
    let stage = stage("");
    for (sent, kept) in [
        ("+1 414 555 0100, card 4111 1111 1111&1111", "[redacted:phone], card 4111 1111 1111&1111"),
        ("[redacted:phone] 4145550", "[redacted:phone] 4145550"),
        (r#"{"+1 414 555 0100":"4145550"}"#, r#"{"[redacted:phone]":"4145550"}"#),
    ] {
        assert_eq!(text(&stage, "note", sent), kept);
    }
    assert_eq!(text(&stage, "note", "phone 4145550"), "phone [redacted:phone]", "but words do");
}

#[test]
fn what_was_hidden_by_what_was_taken_out_goes_with_it() {
    let stage = stage("");
    let both = text(&stage, "note", "+14155550100+14155550101");
    assert_eq!(both, "[redacted:phone][redacted:phone]");
    let many: String = (0..40).map(|last| format!("+141555501{last:02}")).collect();
    assert_eq!(text(&stage, "note", &many), "[redacted:field]", "what never ends goes whole");
    let json = format!(r#"{{"a":"{many}","b":1}}"#);
    assert_eq!(text(&stage, "note", &json), r#"{"a":"[redacted:field]","b":1}"#);
}

#[test]
fn a_value_that_is_no_secret_of_its_own_is_a_text_like_others() {
    let key = format!("sk-ant-api03-{}", "A1b2".repeat(8));
    let sent = format!("[{key}]");
    assert_eq!(text(&stage(""), "password", &sent), "[[redacted:anthropic_key]]");
    assert_eq!(text(&stage(""), "password", "${PASSWORD}"), "${PASSWORD}");
}

#[test]
fn hashes_are_not_hashed_again() {
    let stage = stage(&format!("mode = \"hash\"\n{KEY}fields = {{ hash = [\"user\"] }}\n"));
    let sent = r#"{"user":"ann","secret":"ann's","note":"secret_access_key = aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3a"}"#;
    let once = text(&stage, "note", sent);
    assert!(!once.contains("ann") && !once.contains("aB3"), "{once}");
    assert_eq!(text(&stage, "note", &once), once);
}

/// Building blocks of texts: findings, words that mark them, and separators.
const PIECES: &[&str] = &[
    "bob@example.org",
    "+14155550100",
    "+1 414 555 0100",
    "415-555-0100",
    "4145550",
    "4111 1111 1111 1111",
    "4111 1111 1111",
    "DE89370400440532013000",
    "078-05-1121",
    "192.0.2.7",
    "2001:db8::1",
    "sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAA",
    "Bearer abcdefgh12345678",
    "https://me:w0rd@",
    "password: hunter2hunter2",
    "-----BEGIN PRIVATE KEY-----",
    "Xk3vB7qP9sLw2NfT8zRm",
    "[redacted:phone]",
    "[card:9f86d081884c7d65]",
    "phone",
    "order ",
    "version",
    "redacted",
    "key!",
    "ssn",
    " ",
    ", ",
    ".",
    "-",
    ":",
    "/",
    "+",
    "&",
    "_",
    "(",
    "]",
    "1",
    "é",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 1..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn taking_out_again_changes_nothing(sent in pieces()) {
        for stage in STAGES.iter() {
            let once = text(stage, "note", &sent);
            prop_assert_eq!(text(stage, "note", &once), once, "of {}", sent);
        }
    }

    #[test]
    fn nor_does_it_in_json_whose_names_change_too(
        members in prop::collection::vec((prop_oneof![pieces(), "[mhda]"], pieces()), 1..4), number in 1_000_000..9_999_999_u64,
    ) {
        let inner: serde_json::Map<String, serde_json::Value> =
            members.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let (first, _) = &members[0];
        let sent = serde_json::json!({ "nested": serde_json::to_string(&inner).unwrap(), first: number, "of": inner }).to_string();
        for stage in STAGES.iter() {
            let once = text(stage, "note", &sent);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&once).is_ok());
            prop_assert_eq!(text(stage, "note", &once), once, "of {}", sent);
        }
    }
}
