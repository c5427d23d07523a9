//! Shard of each record. The rule is part of the stored data: it must never change.

use quipu_core::{Event, TraceId, sha256};

/// Number of a shard for some bytes, among `count` shards.
fn shard_of(bytes: &[u8], count: usize) -> usize {
    let sum = sha256(bytes);
    let number = sum.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    usize::try_from(number % count.max(1) as u64).unwrap_or(0)
}

/// The shard of a trace with its spans, ledger rows and events.
pub(crate) fn of_trace(trace: TraceId, count: usize) -> usize {
    shard_of(trace.as_bytes(), count)
}

/// The shard of an event: that of its trace, else one by its time. Equal events have one shard.
pub(crate) fn of_event(event: &Event, count: usize) -> usize {
    match event.trace_id {
        Some(trace) => of_trace(trace, count),
        None => shard_of(&event.time.nanos().to_be_bytes(), count),
    }
}

/// The shard of all points of a metric, so one shard answers for it.
pub(crate) fn of_metric(name: &str, count: usize) -> usize {
    shard_of(name.as_bytes(), count)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_those_of_stored_data() {
        let trace = |last: u8| {
            let mut bytes = [0; TraceId::SIZE];
            bytes[15] = last;
            TraceId::from_bytes(bytes).unwrap()
        };
        let places: Vec<usize> = (1..9).map(|last| of_trace(trace(last), 3)).collect();
        assert_eq!(places, PLACES);
        assert_eq!(of_metric("gen_ai.client.token.usage", 3), METRIC);
    }

    #[test]
    fn each_shard_gets_about_its_share() {
        let mut counts = [0; 4];
        for number in 1..4_001_u64 {
            let mut bytes = [0; TraceId::SIZE];
            bytes[8..].copy_from_slice(&number.to_be_bytes());
            counts[of_trace(TraceId::from_bytes(bytes).unwrap(), 4)] += 1;
        }
        assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
    }

    // Results of this rule when it was released.
    const PLACES: [usize; 8] = [1, 1, 1, 1, 2, 0, 2, 1];
    const METRIC: usize = 1;
}
