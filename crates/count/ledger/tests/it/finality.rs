//! Tests: an ended span that counts keeps the count of its first ended version.

use quipu_core::{Arrival, CORRECTION_SECONDS, Kind, Span};

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
