//! Loom test of the ring: every interleaving of a producer and a consumer.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p quipu-sdk --test loom --release`
#![cfg(loom)]

use loom::thread;
use quipu_sdk::ring::{Pushed, ring};

/// Pushes records of one and two words in turn; returns the accepted ones.
fn push(mut producer: quipu_sdk::ring::Producer, records: u64) -> Vec<u64> {
    let mut sent = Vec::new();
    for number in 1..=records {
        let record = [number, number * 100];
        let words = 1 + (number % 2) as usize;
        if producer.push(&record[..words]) != Pushed::Full {
            sent.push(number);
        }
    }
    sent
}

fn check(record: &[u64], came: &mut Vec<u64>) {
    assert_eq!(record.len(), 1 + (record[0] % 2) as usize);
    assert!(record.get(1).is_none_or(|second| *second == record[0] * 100), "torn: {record:?}");
    came.push(record[0]);
}

/// Records arrive once, complete and in order, while the ring wraps and is full at times.
#[test]
fn records_come_whole_and_in_order() {
    loom::model(|| {
        // Eight words hold two or three records, so five wrap around and some may find the ring full.
        let (producer, mut consumer) = ring(64);
        let maker = thread::spawn(move || push(producer, 5));
        let (mut came, mut scratch) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            consumer.drain(&mut scratch, |record| check(record, &mut came));
        }
        let sent = maker.join().unwrap();
        consumer.drain(&mut scratch, |record| check(record, &mut came));
        assert_eq!(came, sent);
    });
}

/// A ring that is seen as retired holds nothing after a following read.
#[test]
fn nothing_is_left_in_a_retired_ring() {
    loom::model(|| {
        let (producer, mut consumer) = ring(64);
        let maker = thread::spawn(move || push(producer, 2));
        let (mut came, mut scratch) = (Vec::new(), Vec::new());
        let mut forgotten = false;
        for _ in 0..2 {
            if !forgotten {
                let retired = consumer.is_retired();
                consumer.drain(&mut scratch, |record| check(record, &mut came));
                forgotten = retired;
            }
        }
        let sent = maker.join().unwrap();
        if forgotten {
            assert_eq!(came, sent);
        }
    });
}

/// A full ring rejects a record, and accepts it after a read.
#[test]
fn a_full_ring_takes_again_when_it_was_read() {
    loom::model(|| {
        let (mut producer, mut consumer) = ring(64);
        assert_eq!(producer.push(&[1; 3]), Pushed::In);
        assert_eq!(producer.push(&[2; 3]), Pushed::PastHalf);
        assert_eq!(producer.push(&[3; 3]), Pushed::Full);
        let reader = thread::spawn(move || {
            let mut scratch = Vec::new();
            let count = consumer.drain(&mut scratch, |_| ());
            (count, consumer)
        });
        let pushed = producer.push(&[4; 3]);
        let (count, mut consumer) = reader.join().unwrap();
        assert!((2..=3).contains(&count));
        let mut came = 0;
        consumer.drain(&mut Vec::new(), |record| came = record[0]);
        assert_eq!(count + usize::from(came == 4), 2 + usize::from(pushed != Pushed::Full));
    });
}
