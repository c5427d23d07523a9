//! Tests of the guide's example adapter, and of adapters with one defect each.

use std::sync::atomic::{AtomicU64, Ordering};

use quipu_conformance::sample::{agent_run, draft};
use quipu_conformance::{Recording, golden, run_adapter};
use quipu_core::{Adapter, Canonical, Kind, Message, Messages, Part, Role, Span, Usage};

/// Reads spans of a made-up source, `acme`.
struct Acme;

impl Adapter for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn claims(&self, span: &Span) -> bool {
        span.attributes.get("acme.model").is_some()
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let text = |key: &str| span.attributes.text(key).map(str::trim).filter(|text| !text.is_empty());
        let count =
            |key: &str| span.attributes.get(key).and_then(|value| u64::try_from(value.as_int()?).ok());
        let usage =
            Usage { input: count("acme.tokens.in"), output: count("acme.tokens.out"), ..Usage::default() };
        Canonical {
            kind: Kind::Llm,
            convention: self.name().into(),
            request_model: text("acme.model").map(Into::into),
            usage: usage.is_known().then_some(usage),
            ..Canonical::default()
        }
    }

    fn messages(&self, span: &Span) -> Messages {
        let prompt = span.attributes.text("acme.prompt").map(|text| Message {
            role: Role::User,
            parts: vec![Part::Text(text.to_owned())],
            finish_reason: None,
        });
        Messages { input: prompt.into_iter().collect(), ..Messages::default() }
    }
}

fn recording() -> Recording {
    let span = draft(1, 1).with("acme.model", "m1").with("acme.tokens.in", 10).with("acme.tokens.out", 2);
    let span = span.with("acme.prompt", "Where is my parcel, and when will it arrive?").with("acme.0.x", 1);
    Recording { name: "acme".to_owned(), spans: vec![span.span(), draft(1, 2).span()] }
}

#[test]
fn a_good_adapter_passes_every_law() {
    let report = run_adapter(&Acme, &[recording()]);
    assert_eq!(report.failed(), Vec::<&str>::new(), "{report}");
    assert_eq!(report.passed(), report.verdicts.len());
}

#[test]
fn a_golden_shows_what_was_read_but_no_contents() {
    let text = golden(&Acme, &recording());
    assert!(
        text.contains("kind: Llm") && text.contains("\"m1\"") && text.contains("in user: text[44]"),
        "{text}"
    );
    assert!(!text.contains("parcel") && !text.contains("None"), "{text}");
}

/// Behaves like [`Acme`] with one defect.
struct Faulty(Fault);

type Fault = fn(&Span, &mut Canonical);

impl Adapter for Faulty {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn claims(&self, span: &Span) -> bool {
        Acme.claims(span)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = Acme.canonical(span);
        (self.0)(span, &mut read);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        Acme.messages(span)
    }
}

static CALLS: AtomicU64 = AtomicU64::new(0);

#[test]
fn each_fault_is_found_by_its_law() {
    let faults: [(&str, Fault); 8] = [
        ("reads_the_same_again", |_, read| {
            read.response_id = Some(CALLS.fetch_add(1, Ordering::Relaxed).to_string().into())
        }),
        ("reads_what_was_sent_only", |span, read| read.agent = Some(span.span_id.to_string().into())),
        ("names_its_convention", |_, read| read.convention = "other".into()),
        ("leaves_out_what_was_not_said", |_, read| read.tool = Some("".into())),
        ("leaves_out_what_was_not_said", |_, read| read.finish_reasons.push("Tool-Use".into())),
        ("keeps_parts_of_usage_within_totals", |_, read| {
            if let Some(usage) = &mut read.usage {
                usage.cache_read = Some(11);
            }
        }),
        ("keeps_contents_out_of_notes", |span, read| {
            let prompt = span.attributes.text("acme.prompt").unwrap_or_default();
            read.notes.push(format!("cannot read {prompt}").into());
        }),
        ("survives_mutated_spans", |span, read| {
            read.request_model = Some(span.attributes.text("acme.model").unwrap().into());
        }),
    ];
    for (law, fault) in faults {
        let report = run_adapter(&Faulty(fault), &[recording()]);
        assert!(
            report.failed().contains(&format!("adapter/{law}").as_str()),
            "{law} missed its fault:\n{report}"
        );
    }
}

#[test]
fn an_adapter_that_claims_nothing_is_found() {
    let spans = agent_run(1, 1).spans;
    let report = run_adapter(&Acme, &[Recording { name: "not acme".to_owned(), spans }]);
    assert_eq!(report.failed(), ["adapter/claims_some_span"]);
}
