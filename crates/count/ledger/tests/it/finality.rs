//! Tests: an ended span that counts keeps the count of its first ended version.

use quipu_core::{
    Arrival, Billing, CORRECTION_SECONDS, Cost, Kind, Meeting, Resource, Scope, Signal, Span, Timestamp,
    TraceId, Usage, Usd,
};

use crate::world::*;

fn sent(end: i64, input: u64, sender: u64, second: i64) -> Span {
    Span {
        arrival: Arrival { sender, millisecond: second * 1_000 },
        ..with_usage(span(0, None, Kind::Llm, 0, end), input, 1)
    }
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
/// A sender whose number precedes that of the own one.
const LOWER: u64 = 10;

/// A record of a call of `gpt-5` by a sender, with an instrumentation of its own.
fn record(number: u64, parent: Option<u64>, input: u64, (sender, second): (u64, i64)) -> Span {
    let mut span = with_model(with_usage(span(number, parent, Kind::Llm, 0, 40), input, 0), "gpt-5");
    span.scope = Scope { name: format!("scope of {sender}").into(), ..Scope::default() }.into();
    span.canonical.convention = if sender == OWN { "genai" } else { "openinference" }.into();
    span.arrival = Arrival { sender, millisecond: second * 1_000 };
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
        let later = [(OTHER, 100_000), (OTHER, 9_999_000), (LOWER, 100_001), (LOWER, 101_000)];
        for record in [&beside, &below] {
            for (sender, millisecond) in later {
                let later = change(record, |span| {
                    changed(span);
                    span.arrival = Arrival { sender, millisecond };
                });
                for batches in
                    [vec![vec![first.clone()], vec![later.clone()]], vec![vec![later, first.clone()]]]
                {
                    for memory in [0, 1_000] {
                        let rows = count(&batches, memory);
                        assert!(worth(&rows) >= 1_000_000, "{what} {millisecond}: {rows:#?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_record_that_never_counts_takes_no_usage_of_another_sender() {
    let changes: [(&str, Change); 2] = [
        ("a cached answer", |span| span.canonical.never_count = true),
        ("a fetched answer", |span| span.canonical.operation = Some("fetch_response".into())),
    ];
    let by_shape = change(&record(1, Some(0), 1_000_000, (OWN, 100)), |span| {
        span.canonical.convention = quipu_core::BY_SHAPE.into();
    });
    for (what, changed) in changes {
        for (sender, worth_of) in [(OTHER, 1_000_000), (OWN, 0)] {
            for second in [99, 200] {
                let above = change(&record(0, None, 1_000_000, (sender, second)), changed);
                for batches in [
                    vec![vec![by_shape.clone()], vec![above.clone()]],
                    vec![vec![above.clone()], vec![by_shape.clone()]],
                    vec![vec![above, by_shape.clone()]],
                ] {
                    for memory in [0, 1_000] {
                        assert_eq!(worth(&count(&batches, memory)), worth_of, "{what} {sender} {second}");
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
    assert!(seen.arrival.millisecond == 200_000 && !seen.arrival.is_of_a_key());
    assert_eq!(totals(&count(&[vec![told], vec![seen]], 1_000)).1, 1_000_000);
}

/// Senders of two keys, and another service of the first one.
const KEY: u64 = 1 << 32 | 1;
const KEY_TOO: u64 = 1 << 32 | 2;
const EVE: u64 = 2 << 32 | 1;

/// A record of a session by a signal, in a trace of its own.
fn told(number: u64, signal: Signal, input: u64, (sender, second): (u64, i64)) -> Span {
    let mut span = record(number, None, input, (sender, second));
    span.trace_id = TraceId::from_bytes([number as u8 + 9; 16]).unwrap();
    span.canonical.signal = signal;
    span.canonical.meeting = Some(Meeting::of("test", "s"));
    if signal == Signal::Metric {
        span.canonical.kind = Kind::Other;
        span.canonical.response_id = Some(format!("series {number}").into());
        span.canonical.operation = Some("test.token.usage".into());
    }
    span
}

/// Counts batches in two orders within each, with and without memory; the least worth of all.
fn least_worth(batches: &[Vec<Span>]) -> u64 {
    [0, 1_000].into_iter().map(|memory| worth(&count(batches, memory))).min().unwrap()
}

#[test]
fn another_sender_takes_no_money_from_a_log_or_a_metric_by_its_ids() {
    for signal in [Signal::Details, Signal::Log, Signal::Transcript, Signal::Metric] {
        let first = told(0, signal, 1_000_000, (KEY, 100));
        for by in [Signal::Span, Signal::Details, Signal::Log, Signal::Metric] {
            for second in [100, 101, 9_999] {
                let mut forged = told(0, by, 1, (EVE, second));
                forged.end = forged.end.map(|end| end.plus(1));
                let worth = least_worth(&[vec![first.clone()], vec![forged.clone()]]);
                assert_eq!(worth, 1_000_000, "{signal:?} by {by:?} {second}");
                assert_eq!(least_worth(&[vec![first.clone(), forged]]), 1_000_000);
            }
        }
    }
}

#[test]
fn a_cumulative_metric_grows_all_hour_and_does_not_shrink_later() {
    let reading = |input: u64, second: i64| {
        let mut reading = told(0, Signal::Metric, input, (KEY, second));
        reading.end = reading.end.map(|end| end.plus(second));
        reading
    };
    let grown = [vec![reading(1_000, 100)], vec![reading(2_000, 1_900)], vec![reading(3_000, 3_500)]];
    assert_eq!(least_worth(&grown), 3_000);
    let fell = [grown.concat(), vec![reading(1, 3_600)]];
    assert_eq!(least_worth(&fell), 3_000);
}

#[test]
fn no_record_of_another_key_in_a_session_lowers_its_logs_and_metrics() {
    for signal in [Signal::Log, Signal::Metric] {
        let first = told(0, signal, 1_000_000, (KEY, 100));
        for by in Signal::ALL {
            for input in [0, 1, 999_999] {
                for second in [100, 101, 9_999] {
                    let forged = told(1, by, input, (EVE, second));
                    for batches in [[first.clone(), forged.clone()], [forged, first.clone()]] {
                        let worth = least_worth(&batches.map(|span| vec![span]));
                        assert!(worth >= 1_000_000, "{signal:?} by {by:?} with {input} at {second}: {worth}");
                    }
                }
            }
        }
    }
}

#[test]
fn calls_of_the_gateway_take_their_own_tokens_from_a_metric_and_of_another_key_none() {
    let metric = told(0, Signal::Metric, 1_000_000, (KEY, 100));
    for input in [400_000, 1_000_000] {
        let call = told(1, Signal::Span, input, (u64::MAX, 200));
        let rows = count(&[vec![metric.clone()], vec![call.clone()]], 1_000);
        assert_eq!((totals(&rows).1, worth(&rows)), (1_000_000, 1_000_000), "{input}");
        let other = told(1, Signal::Span, input, (EVE, 200));
        let rows = count(&[vec![metric.clone()], vec![other]], 1_000);
        assert_eq!(totals(&rows).1, 1_000_000 + input, "{input}");
        let own = Span { arrival: Arrival { sender: KEY_TOO, millisecond: 200_000 }, ..call };
        let rows = count(&[vec![metric.clone()], vec![own]], 1_000);
        assert_eq!(totals(&rows).1, input, "a call with the same credentials replaces the metric");
    }
}

#[test]
fn a_reported_cost_is_not_lowered_by_another_key() {
    let cost = |text: &str| Some(text.parse::<Usd>().unwrap());
    for signal in [Signal::Log, Signal::Metric] {
        let mut first = told(0, signal, 0, (KEY, 100));
        (first.canonical.usage, first.canonical.reported_cost) = (None, cost("2.5"));
        for by in [Signal::Span, Signal::Log, Signal::Metric] {
            let mut forged = told(1, by, 7, (EVE, 200));
            forged.canonical.reported_cost = cost("0.00001");
            let rows = count(&[vec![first.clone()], vec![forged]], 1_000);
            let reported: Usd = rows.values().filter(|row| row.counts()).filter_map(|row| row.reported).sum();
            assert!(reported >= cost("2.5").unwrap(), "{signal:?} by {by:?}: {reported}");
        }
    }
}

#[test]
fn a_key_that_is_rotated_continues_a_series() {
    let reading = |number: u64, start: i64, input: u64, sender: u64| {
        let mut reading = told(number, Signal::Metric, input, (sender, 100 + start));
        reading.canonical.response_id = Some("series".into());
        (reading.start, reading.end) = (reading.start.plus(start), reading.end.map(|end| end.plus(start)));
        reading
    };
    let hours = [reading(0, 0, 1_000, KEY), reading(1, 3_600, 3_000, EVE)];
    assert_eq!(worth(&count(&hours.map(|span| vec![span]), 1_000)), 3_000);
    let mut cheap = reading(1, 3_600, 3_000, EVE);
    cheap.canonical.request_model = Some("gpt-5-nano".into());
    let hours = [reading(0, 0, 1_000, KEY), cheap, reading(2, 7_200, 4_000, KEY)];
    assert_eq!(worth(&count(&hours.map(|span| vec![span]), 1_000)), 4_000);
}

#[test]
fn a_service_of_another_key_does_not_replace_metrics() {
    let of_service = |span: Span| {
        let attributes = [("service.name", "shop")].into_iter().collect();
        Span { resource: Resource { attributes, ..Resource::default() }.into(), ..span }
    };
    let mut metric = of_service(told(0, Signal::Metric, 1_000_000, (KEY, 100)));
    metric.canonical.meeting = Some(Meeting::of(Meeting::SERVICE, "shop"));
    let call = |sender| {
        let mut call = of_service(told(1, Signal::Span, 1, (sender, 200)));
        call.canonical.meeting = None;
        call
    };
    for (sender, tokens) in [(EVE, 1_000_000), (KEY, 1), (KEY_TOO, 1)] {
        for batches in [[metric.clone(), call(sender)], [call(sender), metric.clone()]] {
            for memory in [0, 1_000] {
                let worth = worth(&count(&batches.clone().map(|span| vec![span]), memory));
                let expected = if sender == EVE { tokens + 1 } else { tokens };
                assert_eq!(worth, expected, "{sender} {memory}");
            }
        }
    }
}

fn scopes(rows: &Rows) -> Vec<String> {
    let counted = rows.values().filter(|row| row.counts());
    let own = |row: &Cost| row.agent.clone().unwrap_or_default();
    let mut found: Vec<String> = counted
        .flat_map(|row| {
            let others = row.scopes.iter().map(|scope| scope.agent.clone().unwrap_or_default());
            std::iter::once(own(row)).chain(others).map(String::from).collect::<Vec<_>>()
        })
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn a_call_stays_in_the_scopes_of_all_its_senders() {
    let named = |span: Span, agent: &str| change(&span, |span| span.canonical.agent = Some(agent.into()));
    for (number, parent) in [(1, None), (1, Some(0))] {
        let answered = |span| with_response(span, "chatcmpl-abcdefgh1");
        let first = named(answered(record(0, None, 1_000, (KEY, 100))), "shop");
        let mut other = named(answered(record(number, parent, 1_000, (EVE, 200))), "eve");
        other.canonical.convention = "openinference".into();
        let rows = count(&[vec![first.clone()], vec![other.clone()]], 1_000);
        assert_eq!((totals(&rows).1, scopes(&rows)), (1_000, vec!["eve".to_owned(), "shop".to_owned()]));
        other.arrival.sender = KEY_TOO;
        let rows = count(&[vec![first], vec![other]], 1_000);
        assert_eq!(scopes(&rows).len(), 1, "one key is one source");
    }
    let roll_up = change(&named(record(0, None, 1_000, (KEY, 100)), "shop"), |span| {
        span.canonical.kind = Kind::Agent;
    });
    let below = named(record(1, Some(0), 1_000, (EVE, 200)), "eve");
    let rows = count(&[vec![roll_up], vec![below]], 1_000);
    assert_eq!((totals(&rows).1, scopes(&rows)), (1_000, vec!["eve".to_owned(), "shop".to_owned()]));
    let metric = named(told(0, Signal::Metric, 1_000, (KEY, 100)), "shop");
    let call = named(told(1, Signal::Log, 1_000, (u64::MAX, 200)), "eve");
    let rows = count(&[vec![metric], vec![call]], 1_000);
    assert_eq!((totals(&rows).1, scopes(&rows)), (1_000, vec!["eve".to_owned(), "shop".to_owned()]));
}
