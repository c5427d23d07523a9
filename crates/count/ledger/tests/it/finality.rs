//! Tests: an ended span that counts keeps the count of its first ended version.

use quipu_core::{Arrival, Billing, CORRECTION_SECONDS, Kind, Scope, Span, Timestamp, Usage};

use crate::world::*;

fn sent(end: i64, input: u64, sender: u64, second: i64) -> Span {
    Span { arrival: Arrival { sender, second }, ..with_usage(span(0, None, Kind::Llm, 0, end), input, 1) }
}

#[test]
fn another_sender_changes_no_count() {
    let first = sent(40, 2_000_000, 1, 100);
    for other in [sent(41, 8, 2, 100), sent(39, 8, 2, 100), sent(41, 8, 1, 101 + CORRECTION_SECONDS)] {
        let rows = count(&[vec![first.clone()], vec![other.clone()]], 1000);
        assert_eq!(totals(&rows), (1, 2_000_000, 1));
        let rows = count(&[vec![first.clone(), other]], 1000);
        assert_eq!(totals(&rows), (1, 2_000_000, 1), "within one batch");
    }
}

#[test]
fn its_sender_corrects_it_in_time() {
    let correction = sent(41, 8, 1, 100 + CORRECTION_SECONDS);
    let rows = count(&[vec![sent(40, 2_000_000, 1, 100)], vec![correction]], 1000);
    assert_eq!(totals(&rows), (1, 8, 1));
}

#[test]
fn another_sender_takes_no_usage_from_a_running_span() {
    let running = Span { end: None, ..sent(40, 2_000_000, 1, 100) };
    let rows = count(&[vec![running.clone()], vec![sent(40, 8, 2, 100)]], 1000);
    assert_eq!(totals(&rows), (1, 2_000_000, 1));
    let rows = count(&[vec![running], vec![sent(40, 2_000_001, 1, 9_999)]], 1000);
    assert_eq!(totals(&rows), (1, 2_000_001, 1), "its own sender ends it");
}

const OWN: u64 = 11;
const OTHER: u64 = 12;

/// A record of a call of `gpt-5` by a sender, with an instrumentation of its own.
fn record(number: u64, parent: Option<u64>, input: u64, (sender, second): (u64, i64)) -> Span {
    let mut span = with_model(with_usage(span(number, parent, Kind::Llm, 0, 40), input, 0), "gpt-5");
    span.scope = Scope { name: format!("scope of {sender}").into(), ..Scope::default() }.into();
    span.canonical.convention = if sender == OWN { "genai" } else { "openinference" }.into();
    span.arrival = Arrival { sender, second };
    span
}

fn change(span: &Span, change: impl FnOnce(&mut Span)) -> Span {
    let mut span = span.clone();
    change(&mut span);
    span
}

/// Costs, as a price book for `gpt-5` would see them: uncached tokens without a service tier.
fn worth(rows: &Rows) -> u64 {
    let counted = rows.values().filter(|row| row.counts());
    let priced = counted.filter(|row| {
        row.service_tier.is_none()
            && row.billing == Billing::Metered
            && row.request_model.as_deref() == Some("gpt-5")
            && row.response_model.is_none()
    });
    priced.filter_map(|row| row.usage.as_ref()).map(Usage::input_uncached).sum()
}

type Change = fn(&mut Span);

#[test]
fn no_record_of_a_later_sender_lowers_the_money_of_a_call() {
    let first = with_response(record(0, None, 1_000_000, (OWN, 100)), "chatcmpl-abcdefgh1");
    let beside = with_response(record(1, None, 1_000_000, (OTHER, 100)), "chatcmpl-abcdefgh1");
    let below = change(&beside, |span| span.parent_id = Some(span_id(0)));
    let changes: [(&str, Change); 7] = [
        ("cached", |span| {
            span.canonical.usage = span.canonical.usage.take().map(|usage| usage.cache_read(1_000_000));
        }),
        ("fewer tokens", |span| span.canonical.usage = Some(Usage::of(1, 0))),
        ("a cheaper tier", |span| span.canonical.service_tier = Some("flex".into())),
        ("a subscription", |span| span.canonical.billing = Some(Billing::Subscription)),
        ("another model", |span| span.canonical.request_model = Some("gpt-5-nano".into())),
        ("an answering model", |span| span.canonical.response_model = Some("gpt-5-2020-01-01".into())),
        ("another provider", |span| span.canonical.provider = Some("free".into())),
    ];
    for (what, changed) in changes {
        for record in [&beside, &below] {
            for second in [100, 101, 9_999] {
                let later = change(record, |span| {
                    changed(span);
                    span.arrival.second = second;
                });
                for batches in
                    [vec![vec![first.clone()], vec![later.clone()]], vec![vec![later, first.clone()]]]
                {
                    for memory in [0, 1_000] {
                        let rows = count(&batches, memory);
                        assert!(worth(&rows) >= 1_000_000, "{what} {second}: {rows:#?}");
                    }
                }
            }
        }
    }
}

#[test]
fn calls_of_a_later_sender_take_their_own_tokens_from_a_roll_up() {
    let agent = change(&record(0, None, 1_000_000, (OWN, 100)), |span| span.canonical.kind = Kind::Agent);
    let below = |input: u64, model: &str| with_model(record(1, Some(0), input, (OTHER, 200)), model);
    for (call, tokens) in [
        (below(1, "gpt-5"), 1_000_000),
        (below(1_000_000, "gpt-5"), 1_000_000),
        (below(400_000, "gpt-5"), 1_000_000),
        (below(1_000_000, "gpt-5-nano"), 2_000_000),
    ] {
        let rows = count(&[vec![agent.clone()], vec![call.clone()]], 1_000);
        assert_eq!((totals(&rows).1, worth(&rows)), (tokens, 1_000_000));
        let rows = count(&[vec![call, agent.clone()]], 0);
        assert_eq!((totals(&rows).1, worth(&rows)), (tokens, 1_000_000));
    }
}

#[test]
fn records_of_two_senders_with_equal_figures_count_once() {
    for arrivals in [(100, 200), (200, 100), (100, 100)] {
        for parent in [None, Some(0)] {
            let one = with_response(record(0, None, 1_000, (OWN, arrivals.0)), "chatcmpl-abcdefgh1");
            let other = with_response(record(1, parent, 1_000, (OTHER, arrivals.1)), "chatcmpl-abcdefgh1");
            let rows = count(&[vec![one.clone()], vec![other.clone()]], 1_000);
            assert_eq!(totals(&rows), (1, 1_000, 0));
            assert_eq!(count(&[vec![other, one]], 1_000), rows, "in any order");
        }
    }
}

#[test]
fn the_gateway_precedes_senders_with_keys() {
    let told = with_response(record(0, None, 1, (OWN, 100)), "chatcmpl-abcdefgh1");
    let seen = with_response(record(1, None, 1_000_000, (OTHER, 200)), "chatcmpl-abcdefgh1");
    let seen =
        change(&seen, |span| span.arrival = Arrival::of_gateway(Timestamp::from_nanos(200_000_000_000)));
    assert!(seen.arrival.second == 200 && !seen.arrival.is_of_a_key());
    assert_eq!(totals(&count(&[vec![told], vec![seen]], 1_000)).1, 1_000_000);
}
