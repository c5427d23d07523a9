//! Properties that hold for every batch.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use quipu_jaeger::Decoded;

use super::read;
use super::written::{Process, Span, Tag, Tags, span, wires};

fn tag() -> impl Strategy<Value = (String, Tag)> {
    let key = prop_oneof![
        "[a-z.]{0,12}",
        Just("error".to_owned()),
        Just("span.kind".to_owned()),
        Just("otel.status_code".to_owned()),
        Just("event".to_owned()),
        Just("http.status_code".to_owned()),
    ];
    let text =
        prop_oneof!["\\PC{0,16}", Just("true".to_owned()), Just("server".to_owned()), Just("OK".to_owned())];
    let value = prop_oneof![
        text.prop_map(|text| Tag::Text(text.into_bytes())),
        vec(any::<u8>(), 0..8).prop_map(Tag::Text),
        vec(any::<u8>(), 0..8).prop_map(Tag::Bytes),
        any::<i64>().prop_map(Tag::Long),
        (400_i64..600).prop_map(Tag::Long),
        any::<bool>().prop_map(Tag::Flag),
        prop::num::f64::NORMAL.prop_map(Tag::Double),
    ];
    (key, value)
}

fn tags() -> impl Strategy<Value = Tags> {
    vec(tag(), 0..5)
}

fn any_span() -> impl Strategy<Value = Span> {
    let ids = (any::<u64>(), 0..3_u64, 10..15_u64, 0..5_u64);
    let reference = (any::<bool>(), (0..2_u64, 0..2_u64), 0..5_u64);
    let times = (-2_000_000..2_000_000_i64, -1..2_000_000_i64);
    (ids, "\\PC{0,8}", vec(reference, 0..4), times, tags(), vec((1..9_i64, tags()), 0..3)).prop_map(
        |(ids, name, references, (shift, duration_us), tags, logs)| {
            let (high, low, id, parent) = ids;
            let whole = span(id);
            let start_us = whole.start_us + shift;
            Span {
                trace: (high % 2, low),
                parent,
                name,
                references,
                start_us,
                duration_us,
                tags,
                logs,
                ..whole
            }
        },
    )
}

proptest! {
    #[test]
    fn all_wires_say_the_same(service in "[a-z]{0,8}", of_process in tags(), spans in vec(any_span(), 0..6)) {
        let process = Process { service, tags: of_process };
        let mut all = wires(&process, &spans).into_iter().map(|(wire, body)| (wire, read(wire, &body)));
        let (_, first) = all.next().unwrap();
        prop_assert_eq!(first.batch.spans.len() as u64 + first.rejected.count(), spans.len() as u64);
        for (wire, other) in all {
            prop_assert_eq!(&first.batch, &other.batch, "{:?}", wire);
            prop_assert_eq!(&first.rejected, &other.rejected, "{:?}", wire);
            // The order depends on the wire.
            let counts = |decoded: &Decoded| decoded.mended.iter().collect::<BTreeMap<_, _>>();
            prop_assert_eq!(counts(&first), counts(&other), "{:?}", wire);
        }
    }
}
