//! Recordings of real instrumentations: every item is accepted.

use quipu_otlp::Encoding;
use quipu_recordings::{Body, bodies, names};

use super::{json, protobuf};

/// Every request of every recording.
pub fn all() -> Vec<Body> {
    names().iter().flat_map(|name| bodies(name)).collect()
}

#[test]
fn nothing_real_is_refused_or_mended() {
    let (mut spans, mut events, mut points) = (0, 0, 0);
    for body in all() {
        let (bytes, path) = (body.plain(), &body.path);
        let decoded = match body.encoding {
            Encoding::Json => json(body.signal, std::str::from_utf8(&bytes).unwrap()),
            Encoding::Protobuf => protobuf(body.signal, &bytes),
        };
        assert!(decoded.rejected.is_empty(), "{}: {}", path.display(), decoded.rejected.summary());
        assert_eq!(decoded.mended.total(), 0, "{}", path.display());
        assert!(!decoded.batch.is_empty(), "{}", path.display());
        spans += decoded.batch.spans.len();
        events += decoded.batch.events.len();
        points += decoded.batch.metrics.iter().map(|metric| metric.points.len()).sum::<usize>();
    }
    assert!(spans > 700 && events > 10 && points > 200, "{spans} spans, {events} events, {points} points");
}
