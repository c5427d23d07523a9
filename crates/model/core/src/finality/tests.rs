//! Tests of the decision between two versions.

use super::*;
use crate::{Resource, Usage};

fn arrived(sender: u64, second: i64) -> Arrival {
    Arrival { sender, millisecond: second * 1_000 }
}

fn version(has_ended: bool, arrival: Arrival) -> SpanVersion {
    SpanVersion { has_ended, signal: Signal::Span, charge: Charge::default(), arrival }
}

const OTHERS: Verdict = Verdict::Conflict { same_sender: false };

#[test]
fn an_ended_span_is_its_senders_to_correct_for_ten_minutes() {
    let first = version(true, arrived(1, 1_000));
    let judge = |sender, second, order| first.judge(&version(true, arrived(sender, second)), order);
    assert_eq!(judge(1, 1_600, Ordering::Greater), Verdict::Replace(arrived(1, 1_000)));
    assert_eq!(judge(1, 1_600, Ordering::Less), Verdict::Keep);
    assert_eq!(judge(1, 1_601, Ordering::Greater), Verdict::Conflict { same_sender: true });
    assert_eq!(judge(1, 399, Ordering::Greater), Verdict::Conflict { same_sender: true });
    for order in [Ordering::Greater, Ordering::Less] {
        assert_eq!(judge(2, 1_000, order), OTHERS);
        assert_eq!(judge(0, 1_000, order), OTHERS, "one that passed no receiver");
    }
    assert_eq!(judge(2, 9_999, Ordering::Equal), Verdict::Keep, "the same content is no conflict");
}

#[test]
fn a_stored_span_of_an_unknown_sender_is_final_for_all_who_are_known() {
    let stored = version(true, arrived(0, 0));
    assert_eq!(stored.judge(&version(true, arrived(1, 5)), Ordering::Greater), OTHERS);
    let same = stored.judge(&version(true, arrived(0, 0)), Ordering::Greater);
    assert_eq!(same, Verdict::Replace(arrived(0, 0)));
}

#[test]
fn a_running_span_is_ended_by_anyone_unless_it_has_counted() {
    let (running, ended) = (version(false, arrived(1, 10)), version(true, arrived(2, 20)));
    assert_eq!(running.judge(&ended, Ordering::Greater), Verdict::Replace(arrived(2, 20)));
    assert_eq!(ended.judge(&running, Ordering::Less), Verdict::Keep);
    let spent = SpanVersion { charge: tokens(5), ..running };
    assert_eq!(spent.judge(&ended, Ordering::Greater), OTHERS);
    let late = version(true, arrived(1, 9_999));
    assert_eq!(spent.judge(&late, Ordering::Greater), Verdict::Replace(arrived(1, 9_999)));
}

fn tokens(input: u64) -> Charge {
    Charge { usage: Some(Usage::of(input, 0)), ..Charge::default() }
}

fn made(signal: Signal, charge: Charge, arrival: Arrival) -> SpanVersion {
    SpanVersion { signal, charge, ..version(true, arrival) }
}

const LATE: i64 = CORRECTION_SECONDS + 1;

#[test]
fn money_from_logs_and_metrics_is_final_for_other_senders() {
    for signal in [Signal::Details, Signal::Log, Signal::Transcript, Signal::Metric] {
        let stored = made(signal, tokens(1_000), arrived(1, 0));
        for second in [0, 5, LATE] {
            for forged in [tokens(1), tokens(9_999), Charge::default()] {
                let by = |signal| made(signal, forged.clone(), arrived(2, second));
                assert_eq!(stored.judge(&by(signal), Ordering::Greater), OTHERS);
                assert_eq!(stored.judge(&by(Signal::Span), Ordering::Greater), OTHERS);
            }
        }
        let real = version(true, arrived(2, 0));
        assert_eq!(real.judge(&stored, Ordering::Greater), OTHERS);
    }
}

#[test]
fn money_from_logs_and_metrics_only_grows_after_the_correction_time() {
    let stored = made(Signal::Metric, tokens(1_000), arrived(1, 0));
    let judge =
        |count, second, order| stored.judge(&made(Signal::Metric, tokens(count), arrived(1, second)), order);
    let first = Verdict::Replace(arrived(1, 0));
    assert_eq!(judge(2_000, LATE, Ordering::Greater), first, "the window begins with the first version");
    assert_eq!(judge(999, LATE, Ordering::Less), Verdict::Keep, "an older reading that is late");
    assert_eq!(judge(999, LATE, Ordering::Greater), Verdict::Conflict { same_sender: true });
    assert_eq!(judge(999, 5, Ordering::Greater), first);
}

#[test]
fn a_turn_grows_with_the_records_of_its_credentials() {
    let key = |key: u64, service: u64| arrived(key << 32 | service, 9_999);
    let turn = made(Signal::Log, Charge::default(), key(1, 1));
    let judge = |arrival| turn.judge(&made(Signal::Log, Charge::default(), arrival), Ordering::Greater);
    assert_eq!(judge(key(1, 2)), Verdict::Replace(key(1, 2)));
    assert_eq!(judge(key(2, 1)), OTHERS);
}

#[test]
fn a_sender_is_its_credentials_service_and_instance() {
    let resource = |name: &str, instance: &str| Resource {
        attributes: [("service.name", name), ("service.instance.id", instance)].into_iter().collect(),
        ..Resource::default()
    };
    let sender = |key: &str, name: &str, instance: &str| {
        Arrival::new(key, &resource(name, instance), Timestamp::from_nanos(7)).sender
    };
    let first = sender("key:a", "shop", "1");
    let credentials = |sender| Arrival { sender, millisecond: 0 }.credentials();
    assert_eq!(credentials(first), credentials(sender("key:a", "store", "2")));
    assert_ne!(credentials(first), credentials(sender("key:b", "shop", "1")));
    assert_eq!(first, sender("key:a", "shop", "1"));
    for other in [sender("key:b", "shop", "1"), sender("key:a", "shop", "2"), sender("key:a", "s", "1")] {
        assert_ne!(first, other);
    }
}

fn refused(second: i64, tokens: u64, same_sender: bool) -> SpanConflict {
    let time = Timestamp::from_nanos(second);
    let ids = ("1".repeat(32).parse().unwrap(), "2".repeat(16).parse().unwrap());
    let mut span = Span::new(ids.0, ids.1, "refused", time, time);
    span.canonical.usage = Some(Usage::of(tokens, 0));
    SpanConflict::of(&span, same_sender)
}

#[test]
fn noise_takes_no_place_of_the_latest_and_the_most_expensive_version() {
    let versions = [(7, false), (9_000, false), (1, true)].into_iter().chain((0..50).map(|_| (3, false)));
    let mut known: Vec<SpanConflict> = Vec::new();
    for (second, (tokens, same_sender)) in (1..).zip(versions) {
        let new = refused(second, tokens, same_sender);
        if let Some(at) = SpanConflict::to_replace(&known, &new) {
            known.remove(at);
        }
        known.push(new);
    }
    let seconds: Vec<i64> = known.iter().map(|one| one.span.start.nanos()).collect();
    assert_eq!(seconds, [1, 2, 3, 53], "the first, the most expensive, its sender's, and the latest");
}

#[test]
fn a_large_version_is_kept_without_its_contents() {
    let id = |text: &str| text.parse().unwrap();
    let (trace, span) = ("1".repeat(32), "2".repeat(16));
    let time = Timestamp::from_nanos(5);
    let mut sent = Span::new(trace.parse().unwrap(), id(&span), "large", time, time);
    assert!(!SpanConflict::of(&sent, true).is_cut);
    sent.attributes.push("said", "x".repeat(SpanConflict::BYTES));
    let kept = SpanConflict::of(&sent, false);
    assert!(kept.is_cut && kept.span.attributes.is_empty() && kept.bytes() < SpanConflict::BYTES);
    assert_eq!((kept.span.name.as_str(), kept.span.end), ("large", Some(time)));
}
