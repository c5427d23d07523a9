//! Jaeger's fields and tags as records, equal in all of its wires.

use quipu_core::{Limits, Span as Record, SpanKind, Status, Value};
use quipu_jaeger::Wire;

use super::written::{Process, Span, Tag, process, protobuf, span, text, wires};
use super::{NOW, read, try_with};

/// The record of one span in each wire.
fn each(span: Span) -> Vec<Record> {
    let wires = wires(&process(), &[span]);
    wires
        .into_iter()
        .map(|(wire, body)| {
            let mut decoded = read(wire, &body);
            assert_eq!(decoded.batch.spans.len(), 1, "{wire:?}: {}", decoded.rejected.summary());
            decoded.batch.spans.remove(0)
        })
        .collect()
}

#[test]
fn fields_become_fields() {
    let sent = Span { trace: (u64::MAX, 7), id: u64::MAX - 1, parent: 9, ..span(1) };
    for span in each(sent) {
        assert_eq!(span.trace_id.to_string(), "ffffffffffffffff0000000000000007");
        assert_eq!(span.span_id.to_string(), "fffffffffffffffe");
        assert_eq!(span.parent_id.unwrap().to_string(), "0000000000000009");
        assert_eq!((span.name.as_str(), span.wire.flags), ("chat", 1));
        assert_eq!(NOW.since(span.start), 5_000_000_000);
        assert_eq!(span.duration(), Some(1_500_000));
        assert_eq!(span.resource.service(), Some("shop"));
        assert_eq!(span.resource.attributes.text("host.name"), Some("h"));
        assert_eq!((span.links.len(), span.attributes.len()), (0, 0));
    }
}

#[test]
fn ids_of_64_bits_are_filled_up() {
    for span in each(Span { trace: (0, 0xabc), ..span(1) }) {
        assert_eq!(span.trace_id.to_string(), "00000000000000000000000000000abc");
        assert_eq!(span.parent_id, None);
    }
}

#[test]
fn values_keep_their_types() {
    let tags = vec![
        text("text", "ü"),
        ("double".to_owned(), Tag::Double(-0.25)),
        ("flag".to_owned(), Tag::Flag(true)),
        ("long".to_owned(), Tag::Long(i64::MIN)),
        ("bytes".to_owned(), Tag::Bytes(vec![0, 255])),
    ];
    for span in each(Span { tags, ..span(1) }) {
        let want = [
            ("text", Value::from("ü")),
            ("double", Value::Double(-0.25)),
            ("flag", Value::Bool(true)),
            ("long", Value::Int(i64::MIN)),
            ("bytes", Value::Bytes(vec![0, 255])),
        ];
        let have: Vec<_> = span.attributes.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        assert_eq!(have, want);
    }
}

#[test]
fn opentelemetrys_tags_become_fields() {
    let tags = vec![
        text("span.kind", "client"),
        text("otel.status_code", "ERROR"),
        text("otel.status_description", "boom"),
        text("w3c.tracestate", "a=b"),
        text("otel.library.name", "old"),
        text("otel.scope.name", "new"),
        text("otel.scope.version", "1"),
        ("otel.dropped_attributes_count".to_owned(), Tag::Long(3)),
        ("error".to_owned(), Tag::Flag(true)),
        text("other", "stays"),
    ];
    for span in each(Span { tags, ..span(1) }) {
        assert_eq!((span.kind, span.status), (SpanKind::Client, Status::Error));
        assert_eq!((span.status_message.as_str(), span.trace_state.as_str()), ("boom", "a=b"));
        assert_eq!((span.scope.name.as_str(), span.scope.version.as_str()), ("new", "1"));
        assert_eq!(span.wire.dropped_attributes, 3);
        assert_eq!(span.attributes.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["other"]);
    }
}

#[test]
fn failure_is_read_from_every_way_to_say_it() {
    let flag = |value| ("error".to_owned(), Tag::Flag(value));
    let code = |value| text("otel.status_code", value);
    let http = |status| ("http.status_code".to_owned(), Tag::Long(status));
    let kind = |kind| text("span.kind", kind);
    let cases = [
        (vec![], Status::Unset),
        (vec![flag(true)], Status::Error),
        (vec![text("error", "true")], Status::Error),
        (vec![flag(true), code("OK")], Status::Error),
        (vec![flag(false)], Status::Unset),
        (vec![code("OK")], Status::Ok),
        (vec![code("STATUS_CODE_ERROR")], Status::Error),
        (vec![http(404)], Status::Error),
        (vec![http(404), kind("server")], Status::Unset),
        (vec![http(503), kind("server")], Status::Error),
        (vec![http(503), code("UNSET")], Status::Unset),
        (vec![http(200)], Status::Unset),
    ];
    for (tags, want) in cases {
        for span in each(Span { tags: tags.clone(), ..span(1) }) {
            assert_eq!(span.status, want, "{tags:?}");
        }
    }
}

#[test]
fn references_become_the_parent_and_links() {
    let references = vec![(true, (1, 2), 5), (false, (1, 2), 6), (false, (8, 8), 7), (true, (1, 2), 0)];
    for span in each(Span { references, ..span(1) }) {
        assert_eq!(
            span.parent_id.unwrap().to_string(),
            "0000000000000006",
            "the first of the kind that means it"
        );
        let links: Vec<_> = span
            .links
            .iter()
            .map(|link| (link.span_id.to_string(), link.attributes.text("opentracing.ref_type").unwrap()))
            .collect();
        let want =
            [("0000000000000005".to_owned(), "follows_from"), ("0000000000000007".to_owned(), "child_of")];
        assert_eq!(links, want);
    }
    // Without other references, the span that this one follows is its parent.
    for span in each(Span { references: vec![(true, (1, 2), 5)], ..span(1) }) {
        assert_eq!((span.parent_id.unwrap().as_bytes()[7], span.links.len()), (5, 1));
    }
    for span in each(Span { parent: 1, ..span(1) }) {
        assert_eq!(span.parent_id, None, "nobody is its own parent");
    }
}

#[test]
fn logs_become_events() {
    let at = span(1).start_us + 10;
    let logs = vec![
        (at, vec![text("event", "retry"), ("n".to_owned(), Tag::Long(2))]),
        (at + 1, vec![text("message", "as Python has it")]),
        (at + 2, vec![text("event", &"long ".repeat(300))]),
    ];
    for span in each(Span { logs, ..span(1) }) {
        assert_eq!(span.events.len(), 3);
        let [first, second, third] = [&span.events[0], &span.events[1], &span.events[2]];
        assert_eq!((first.name.as_str(), first.time.nanos()), ("retry", at * 1_000));
        assert_eq!((first.attributes.len(), first.attributes.get("n")), (1, Some(&Value::Int(2))));
        assert_eq!((second.name.as_str(), second.attributes.len()), ("as Python has it", 0));
        assert_eq!((third.name.as_str(), third.attributes.text("event").unwrap().len()), ("", 1_500));
    }
}

#[test]
fn a_span_s_own_process_comes_first_and_the_batch_s_fills_in() {
    let own =
        Process { service: "own".to_owned(), tags: vec![text("hostname", "a"), text("host.name", "b")] };
    let spans =
        [Span { process: Some(own), ..span(1) }, Span { process: Some(Process::default()), ..span(2) }];
    let decoded = read(Wire::PostSpans, &protobuf(Some(&process()), &spans));
    let services: Vec<_> = decoded.batch.spans.iter().map(|span| span.resource.service()).collect();
    assert_eq!(services, [Some("own"), Some("shop")]);
    let attributes = &decoded.batch.spans[0].resource.attributes;
    assert_eq!((attributes.text("hostname"), attributes.text("host.name")), (Some("a"), Some("b")));

    let decoded = read(Wire::PostSpans, &protobuf(None, &[span(1)]));
    assert!(decoded.batch.spans[0].resource.attributes.is_empty());
}

#[test]
fn a_bad_span_is_refused_alone_and_named() {
    let start = span(1).start_us;
    let cases: [(Span, &str, &str); 6] = [
        (Span { trace: (0, 0), ..span(1) }, "trace_id", "trace id is missing"),
        (span(0), "span_id", "span id is missing"),
        (Span { start_us: 0, ..span(1) }, "time_missing", "start time is missing"),
        (Span { duration_us: -1, ..span(1) }, "time_order", "the duration of -1000 ns is negative"),
        (Span { start_us: start * 2, ..span(1) }, "time_future", "ahead of the clock"),
        (Span { start_us: 1, ..span(1) }, "time_past", "behind the clock"),
    ];
    for (bad, reason, why) in cases {
        let bad = Span { name: "secret".to_owned(), ..bad };
        for (wire, body) in wires(&process(), &[span(5), bad.clone(), span(6)]) {
            let decoded = read(wire, &body);
            assert_eq!(decoded.batch.spans.len(), 2, "{wire:?} {reason}");
            assert_eq!((decoded.rejected.count(), decoded.rejected.reasons().get(reason)), (1, 1));
            let summary = decoded.rejected.summary();
            assert!(summary.starts_with("span spans[1]") && summary.contains(why), "{summary}");
            assert!(!summary.contains("secret"), "{summary}");
        }
    }
}

#[test]
fn what_is_over_a_limit_is_cut_and_counted() {
    let limits = Limits {
        attributes: 2,
        value_bytes: 4,
        name_bytes: 4,
        span_events: 1,
        span_links: 1,
        ..Limits::default()
    };
    let sent = Span {
        name: "a long name".to_owned(),
        tags: vec![text("a", "12345"), ("b".to_owned(), Tag::Bytes(vec![1; 9])), text("c", "1")],
        logs: vec![(1, Vec::new()), (2, Vec::new())],
        references: vec![(true, (3, 3), 1), (true, (3, 3), 2), (true, (3, 3), 3)],
        ..span(1)
    };
    for (wire, body) in wires(&Process::default(), &[sent]) {
        let decoded = try_with(wire, &body, &limits).unwrap();
        let span = &decoded.batch.spans[0];
        assert_eq!((span.name.as_str(), span.attributes.len(), span.events.len()), ("a lo", 2, 1));
        assert_eq!(span.attributes.text("a"), Some("1234"));
        assert_eq!(span.attributes.get("b"), Some(&Value::Bytes(vec![1; 4])));
        let mended = |reason| decoded.mended.get(reason);
        assert_eq!(
            (mended("attributes"), mended("span_events"), mended("span_links")),
            (1, 1, 1),
            "{wire:?}"
        );
        assert_eq!((mended("value_bytes"), mended("name_bytes")), (2, 1));
    }
}

#[test]
fn text_that_is_not_utf8_is_mended() {
    let tags = vec![("t".to_owned(), Tag::Text(b"a\xffb".to_vec()))];
    for (wire, body) in wires(&process(), &[Span { tags, ..span(1) }, span(2)]) {
        let decoded = read(wire, &body);
        assert_eq!(decoded.batch.spans.len(), 2);
        assert_eq!(decoded.batch.spans[0].attributes.text("t"), Some("a\u{fffd}b"));
        assert_eq!(decoded.mended.get("utf8"), 1);
    }
}
