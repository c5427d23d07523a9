//! Tests of the path from threads to the drain: every lost record is counted.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quipu_core::Batch;
use quipu_sdk::{Drain, Recorder, RecorderConfig};

fn dropped(recorder: Recorder) -> u64 {
    recorder.counts().dropped.iter().map(|(_, count)| count).sum()
}

/// Records spans on several threads while draining; returns all received records.
fn storm(settings: RecorderConfig, threads: u64, each: u64) -> (Recorder, Batch) {
    let (recorder, mut drain) = Recorder::new(settings);
    let over = AtomicBool::new(false);
    let mut all = Batch::default();
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let context = recorder.context();
                    for number in 0..each {
                        context.task("t").attribute("n", thread * each + number).end();
                    }
                })
            })
            .collect();
        let (drain, all, over) = (&mut drain, &mut all, &over);
        scope.spawn(move || {
            while !over.load(Ordering::Acquire) {
                all.append(drain.collect(Duration::from_millis(1)));
            }
            all.append(drain.finish());
        });
        makers.into_iter().for_each(|maker| maker.join().unwrap());
        over.store(true, Ordering::Release);
    });
    (recorder, all)
}

#[test]
fn sixteen_threads_lose_nothing_uncounted() {
    let (recorder, all) = storm(RecorderConfig::default(), 16, 10_000);
    let counts = recorder.counts();
    assert_eq!(counts.spans + dropped(recorder), 160_000);
    assert_eq!(all.spans.len() as u64, counts.spans);
    let numbers: HashSet<i64> =
        all.spans.iter().filter_map(|span| span.attributes.get("n")?.as_int()).collect();
    assert_eq!(numbers.len(), all.spans.len(), "each came once, and whole");
}

#[test]
fn small_rings_drop_and_count() {
    let settings = RecorderConfig { ring_bytes: 4_096, ..RecorderConfig::default() };
    let (recorder, all) = storm(settings, 4, 5_000);
    let counts = recorder.counts();
    assert_eq!(counts.spans + dropped(recorder), 20_000);
    assert_eq!(all.spans.len() as u64, counts.spans);
}

#[test]
fn a_full_ring_drops_by_its_reason_and_goes_on_when_drained() {
    let settings = RecorderConfig { ring_bytes: 64 << 10, ..RecorderConfig::default() };
    let (recorder, mut drain) = Recorder::new(settings);
    let make = |count: u64| (0..count).for_each(|_| recorder.context().task("t").end());
    make(10_000);
    let counts = recorder.counts();
    assert_eq!(counts.dropped, [("ring_full", 10_000 - counts.spans)]);
    assert!(counts.spans > 500, "{counts:?}");
    assert_eq!(drain.collect(Duration::ZERO).spans.len() as u64, counts.spans);
    make(10);
    assert_eq!(drain.collect(Duration::ZERO).spans.len(), 10);
}

#[test]
fn a_ring_grows_to_its_bound() {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    (0..5_000).for_each(|_| recorder.context().task("t").end());
    assert_eq!(recorder.counts().spans, 5_000);
    assert_eq!(drain.collect(Duration::ZERO).spans.len(), 5_000);
}

#[test]
fn large_records_go_beside_the_rings_within_their_bound() {
    let settings = RecorderConfig { large_bytes: 3 << 20, ..RecorderConfig::default() };
    let (recorder, mut drain) = Recorder::new(settings);
    let long = "x".repeat(1 << 20);
    let make = || recorder.context().span("large").attribute("text", &long).end();
    (0..5).for_each(|_| make());
    assert_eq!(recorder.counts().dropped, [("large_full", 3)]);
    let spans = drain.collect(Duration::ZERO).spans;
    assert_eq!(spans.len(), 2);
    assert!(spans.iter().all(|span| span.attributes.text("text") == Some(&long)));
    make();
    assert_eq!(drain.collect(Duration::ZERO).spans.len(), 1);
    // A field beyond all limits is left out; the rest is recorded.
    recorder.context().span("huge").attribute("text", "x".repeat(9 << 20)).end();
    let spans = drain.collect(Duration::ZERO).spans;
    assert_eq!(spans[0].attributes.get("text"), None);
    assert!(recorder.counts().dropped.contains(&("field_too_large", 1)));
}

#[test]
fn what_a_thread_recorded_outlives_it() {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    for _ in 0..100 {
        std::thread::spawn(move || recorder.context().task("brief").end()).join().unwrap();
    }
    assert_eq!(drain.collect(Duration::ZERO).spans.len(), 100);
    assert_eq!(recorder.counts().spans, 100);
}

#[test]
fn a_thread_that_ends_still_records() {
    struct Late(Recorder);
    impl Drop for Late {
        fn drop(&mut self) {
            self.0.context().task("late").end();
        }
    }
    thread_local!(static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) });
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    let thread = std::thread::spawn(move || {
        // Stored first, so it may drop before or after the library's thread state; it counts either way.
        LATE.with_borrow_mut(|late| *late = Some(Late(recorder)));
        recorder.context().task("in time").end();
    });
    thread.join().unwrap();
    assert_eq!(drain.collect(Duration::from_millis(100)).spans.len(), 2);
    assert_eq!(recorder.counts().spans, 2);
}

#[test]
fn the_end_takes_what_living_threads_recorded_and_no_more() {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    recorder.context().task("before").end();
    assert_eq!(drain.finish().spans.len(), 1);
    recorder.context().task("after").end();
    assert_eq!(drain.finish().spans.len(), 0);
    assert_eq!(recorder.counts().dropped, [("closed", 1)]);
}

#[test]
fn a_wait_in_vain_is_as_long_as_was_said_and_a_wake_ends_it() {
    fn wait(drain: &mut Drain) -> Duration {
        let begin = Instant::now();
        drain.wait(Duration::from_secs(20));
        begin.elapsed()
    }
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    let begin = Instant::now();
    assert!(drain.collect(Duration::from_millis(30)).is_empty());
    assert!(begin.elapsed() >= Duration::from_millis(30));
    recorder.wake();
    assert!(wait(&mut drain) < Duration::from_secs(10));
    (0..1_000).for_each(|_| recorder.context().task("t").end());
    assert!(wait(&mut drain) < Duration::from_secs(10), "a ring past its half wakes the drain");
}
