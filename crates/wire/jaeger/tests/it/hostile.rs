//! Malicious bodies: broken, huge and deeply nested.

use proptest::prelude::*;
use quipu_core::{ErrorKind, Limits};
use quipu_jaeger::{Protocol, Wire, decode};

use super::written::{Process, Span, packet, process, protobuf, span, text, thrift_batch, wires};
use super::{NOW, read, try_with};

const WIRES: [Wire; 5] = [
    Wire::Packet(Protocol::Compact),
    Wire::Packet(Protocol::Binary),
    Wire::Batch,
    Wire::PostSpans,
    Wire::Zipkin,
];

fn full() -> Vec<(Wire, Vec<u8>)> {
    let one = Span {
        tags: vec![text("k", "secret prompt")],
        logs: vec![(1, vec![text("event", "secret event")])],
        references: vec![(true, (3, 4), 5)],
        process: Some(process()),
        ..span(1)
    };
    let mut all = wires(&process(), &[one, span(2)]);
    let start = span(1).start_us;
    let zipkin = format!(
        r#"[{{"traceId":"1","id":"2","timestamp":{start},"duration":5,"tags":{{"k":"secret prompt"}},
        "annotations":[{{"timestamp":{start},"value":"\"e\": {{\"a\":[1]}}"}}],"localEndpoint":{{"serviceName":"s"}}}}]"#
    );
    all.push((Wire::Zipkin, zipkin.into_bytes()));
    all
}

#[test]
fn every_cut_is_survived_and_tells_nothing() {
    for (wire, whole) in full() {
        assert!(!read(wire, &whole).batch.is_empty());
        let mut failed = 0;
        for end in 0..whole.len() {
            match try_with(wire, &whole[..end], &Limits::default()) {
                Ok(decoded) => {
                    assert!(!decoded.rejected.summary().contains("secret"));
                    assert!(decoded.batch.spans.len() <= 2);
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Invalid);
                    assert!(!error.to_string().contains("secret"), "{error}");
                    failed += 1;
                }
            }
        }
        assert!(failed > whole.len() / 3, "{wire:?} {failed} of {}", whole.len());
    }
}

#[test]
fn every_changed_byte_is_survived() {
    for (wire, whole) in full() {
        for at in 0..whole.len() {
            for with in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                let mut changed = whole.clone();
                changed[at] ^= with;
                let _ = try_with(wire, &changed, &Limits::default());
            }
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        for wire in WIRES {
            let _ = try_with(wire, &bytes, &Limits::default());
        }
    }

    #[test]
    fn random_damage_is_survived(at in any::<prop::sample::Index>(), with in prop::collection::vec(any::<u8>(), 1..24)) {
        for (wire, mut body) in full() {
            let at = at.index(body.len());
            body.splice(at..at, with.iter().copied());
            let _ = try_with(wire, &body, &Limits::default());
        }
    }
}

#[test]
fn of_a_packet_that_breaks_off_the_whole_spans_are_kept() {
    for protocol in [Protocol::Compact, Protocol::Binary] {
        let wire = Wire::Packet(protocol);
        let whole = packet(protocol, "emitBatch", &process(), &[span(1), span(2), span(3)]);
        let decoded = read(wire, &whole[..whole.len() - 8]);
        assert_eq!(decoded.batch.spans.len(), 2);
        assert_eq!(decoded.batch.spans[1].resource.service(), Some("shop"));
        assert_eq!(decoded.rejected.reasons().get("broken"), 1);
        assert_eq!(decoded.rejected.summary(), "span spans[2] and later ones: it ends too early");
    }
    // A sender that waits for an answer gets an error, and may send again.
    let body = thrift_batch(&process(), &[span(1), span(2)]);
    let error = try_with(Wire::Batch, &body[..body.len() - 8], &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("it ends too early"), "{error}");
}

#[test]
fn other_calls_are_refused() {
    for protocol in [Protocol::Compact, Protocol::Binary] {
        let body = packet(protocol, "emitZipkinBatch", &process(), &[span(1)]);
        let error = try_with(Wire::Packet(protocol), &body, &Limits::default()).unwrap_err();
        assert!(error.to_string().ends_with("it calls a method other than emitBatch"), "{error}");
    }
    let compact = packet(Protocol::Compact, "emitBatch", &process(), &[span(1)]);
    let error = try_with(Wire::Packet(Protocol::Binary), &compact, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("binary protocol"), "{error}");
}

/// The memory that `decode` requested.
fn asked(wire: Wire, body: &[u8]) -> (usize, bool) {
    let mut most = 0;
    let mut grow = |bytes| {
        most = bytes;
        bytes < 8 << 20
    };
    let done = decode(wire, body, &Limits::default(), NOW, &mut grow);
    if let Err(error) = &done {
        assert!(matches!(error.kind(), ErrorKind::Exhausted | ErrorKind::Invalid), "{error}");
    }
    (most, done.is_ok())
}

#[test]
fn sizes_that_are_only_declared_cost_nothing() {
    // A list of 2^31 - 1 spans, a text of 2^31 - 1 bytes, in each protocol of Thrift.
    let binary_list = b"\x0f\x00\x02\x0c\x7f\xff\xff\xff".to_vec();
    let binary_text = b"\x0c\x00\x01\x0b\x00\x01\x7f\xff\xff\xff".to_vec();
    for body in [binary_list, binary_text] {
        assert_eq!(asked(Wire::Batch, &body), (0, false));
    }
    let call = b"\x82\x81\x00\x09emitBatch\x1c".to_vec();
    for rest in [&b"\x29\xfc\xff\xff\xff\xff\x07"[..], b"\x1c\x18\xff\xff\xff\xff\x07"] {
        assert_eq!(asked(Wire::Packet(Protocol::Compact), &[&call, rest].concat()), (0, false));
    }
    assert_eq!(asked(Wire::PostSpans, b"\x0a\xff\xff\xff\xff\x07"), (0, false));
}

#[test]
fn swarms_are_held_to_what_they_take_in_memory() {
    // Spans of one byte have no ids: rejected and counted, they take no memory.
    let empty = [b"\x0f\x00\x02\x0c\x00\x20\x00\x00".to_vec(), vec![0; (2 << 20) + 1]].concat();
    let decoded = read(Wire::Batch, &empty);
    assert_eq!((decoded.batch.spans.len(), decoded.rejected.count()), (0, 2 << 20));

    // Small valid spans with few tags request memory as they become records.
    let spans: Vec<_> = (1..25_000).map(|id| Span { name: String::new(), ..span(id) }).collect();
    let small = Process::default();
    let tags = Span { tags: vec![text("", ""); 1_024], ..span(1) };
    let tagged: Vec<_> = (1..250).map(|id| Span { id, ..tags.clone() }).collect();
    for spans in [spans, tagged] {
        for (wire, body) in [
            (Wire::Batch, thrift_batch(&small, &spans)),
            (Wire::Packet(Protocol::Compact), packet(Protocol::Compact, "emitBatch", &small, &spans)),
            (Wire::PostSpans, protobuf(Some(&small), &spans)),
        ] {
            let (asked, done) = asked(wire, &body);
            assert!(!done && asked > 7 << 20, "{wire:?} {asked}");
        }
    }
}

#[test]
fn depth_does_not_overflow() {
    // Nested structs in unknown fields.
    let binary = b"\x0c\x00\x63".repeat(200_000);
    assert!(!asked(Wire::Batch, &binary).1);
    let compact = [b"\x82\x81\x00\x09emitBatch".to_vec(), b"\x5c".repeat(200_000)].concat();
    assert!(!asked(Wire::Packet(Protocol::Compact), &compact).1);
    for open in ["[", "{\"a\":", "[{\"tags\":{\"a\":", "[{\"annotations\":["] {
        assert!(!asked(Wire::Zipkin, open.repeat(100_000).as_bytes()).1);
    }
    // Lists of lists whose lengths multiply: each element takes a byte, so the packet ends first.
    let lists = [b"\x82\x81\x00\x09emitBatch\x59".to_vec(), b"\xf9\xff\xff\xff\xff\x07".repeat(50)].concat();
    assert!(!asked(Wire::Packet(Protocol::Compact), &lists).1);
}
