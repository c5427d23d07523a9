//! Tests of delivery: batches, attempts and partial success.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use quipu_core::*;
use quipu_pipeline::DeliveryConfig;

use crate::scripted::{Scripted, exporter, quick, refused, spans, start, status, unavailable, until};

/// A backend that is down until the flag is set, and remembers accepted batches.
fn held() -> (Arc<Scripted>, Arc<AtomicBool>) {
    let open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&open);
    let down = move |_, _: &Batch| if gate.load(Ordering::SeqCst) { Ok(()) } else { Err(unavailable()) };
    (Scripted::new(down), open)
}

#[tokio::test]
async fn small_batches_are_written_together_and_large_ones_in_pieces() {
    for (batch_records, batch_bytes) in [(10, 1 << 20), (1_000, 2_000)] {
        let (backend, open) = held();
        let config = DeliveryConfig { batch_records, batch_bytes, ..quick() };
        let pipeline = start([exporter(&backend, config, None)]);
        for (trace, count) in [(1, 1), (2, 1), (3, 1), (4, 1), (5, 60)] {
            pipeline.submit(spans(trace, count)).await.unwrap();
        }
        open.store(true, Ordering::SeqCst);
        pipeline.flush().await.unwrap();
        let sizes = backend.sizes();
        assert_eq!(sizes.iter().sum::<usize>(), 64);
        assert!(sizes.len() < 3 + 60 && sizes.iter().any(|size| *size > 3), "together: {sizes:?}");
        assert!(sizes.len() > 3 && sizes.iter().all(|size| *size <= 31), "in pieces: {sizes:?}");
        pipeline.close().await.unwrap();
    }
}

#[tokio::test]
async fn the_first_goes_at_once_and_the_next_wait_for_company_unless_somebody_waits_for_them() {
    let backend = Scripted::kind();
    let config = DeliveryConfig { batch_delay_ms: 3_600_000, batch_records: 6, ..quick() };
    let pipeline = start([exporter(&backend, config, None)]);
    pipeline.submit(spans(1, 1)).await.unwrap();
    until("the first is there", || backend.sizes() == [1]).await;
    pipeline.submit(spans(2, 1)).await.unwrap();
    pipeline.submit(spans(3, 1)).await.unwrap();
    assert_eq!(backend.sizes(), [1], "an hour is not over");
    pipeline.submit(spans(4, 1)).await.unwrap();
    until("half of what fits is there", || backend.sizes() == [1, 3]).await;
    pipeline.submit(spans(5, 1)).await.unwrap();
    pipeline.flush().await.unwrap();
    assert_eq!(backend.sizes(), [1, 3, 1]);
    pipeline.submit(spans(6, 1)).await.unwrap();
    pipeline.close().await.unwrap();
    assert_eq!(backend.sizes(), [1, 3, 1, 1], "nor does the end wait");
}

#[tokio::test(start_paused = true)]
async fn what_the_other_side_asks_for_is_waited_for_within_reason() {
    for (asked, least, most) in [(60, 60, 70), (1_000_000, 300, 310)] {
        let backend = Scripted::new(move |number, _| match number {
            1 => Err(unavailable().with_retry_after(Duration::from_secs(asked))),
            _ => Ok(()),
        });
        let pipeline = start([exporter(&backend, quick(), None)]);
        pipeline.submit(spans(1, 1)).await.unwrap();
        until("it came", || backend.sizes() == [1]).await;
        let tries = backend.tries.lock().clone();
        let waited = tries[1].duration_since(tries[0]).as_secs();
        assert!((least..most).contains(&waited), "{waited} s of {asked} s");
        pipeline.close().await.unwrap();
    }
}

#[tokio::test]
async fn without_a_bound_it_is_tried_until_it_works() {
    let backend = Scripted::new(|number, _| if number < 40 { Err(unavailable()) } else { Ok(()) });
    let config = DeliveryConfig { attempts: 0, breaker_open_ms: 1, ..quick() };
    let pipeline = start([exporter(&backend, config, None)]);
    pipeline.submit(spans(1, 2)).await.unwrap();
    until("it came", || backend.sizes() == [2]).await;
    let status = status(&pipeline);
    assert_eq!((status.failures, status.dropped.len(), status.health), (39, 0, Health::Ready));
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn a_flush_of_who_is_tried_for_ever_ends() {
    let pipeline =
        start([exporter(&Scripted::down(), DeliveryConfig { write_timeout_ms: 50, ..quick() }, None)]);
    pipeline.submit(spans(1, 2)).await.unwrap();
    let error = pipeline.flush().await.unwrap_err();
    assert!(error.to_string().contains("2 records are still waiting"), "{error}");
    pipeline.close().await.unwrap();
    assert_eq!(status(&pipeline).dropped["shutdown"], 2, "{:?}", status(&pipeline));
}

#[tokio::test]
async fn what_is_taken_in_part_is_repeated_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Scripted::new(|number, batch| {
        let part =
            |range: std::ops::Range<usize>| Batch { spans: batch.spans[range].to_vec(), ..Batch::default() };
        match number {
            // Ten records: four are accepted, three are retryable, two are rejected by name and one without a
            // name.
            1 => Err(unavailable().leaving(Leftover { again: part(4..7), refused: part(7..9), unnamed: 1 })),
            2 => Err(unavailable()),
            _ => Ok(()),
        }
    });
    let pipeline = start([exporter(&backend, quick(), Some(folder.path()))]);
    pipeline.submit(spans(1, 10)).await.unwrap();
    pipeline.flush().await.unwrap();
    assert_eq!(backend.sizes(), [3], "what comes again is what was left");
    let status = status(&pipeline);
    assert_eq!((status.written, status.rejected, status.dead_letters), (7, 3, 2), "{status:?}");
    assert_eq!(status.dropped.into_iter().collect::<Vec<_>>(), [("refused", 1)], "what nobody has");
    pipeline.close().await.unwrap();
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Takes,
    Fails,
    Refuses,
    Panics,
    InPart,
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let answer = prop_oneof![
        Just(Answer::Takes),
        Just(Answer::Fails),
        Just(Answer::Refuses),
        Just(Answer::Panics),
        Just(Answer::InPart)
    ];
    proptest::collection::vec(answer, 0..30)
}

fn obey(answer: Answer, batch: &Batch) -> Result<()> {
    let third = |number: usize| {
        let spans = batch.spans.iter().enumerate().filter(|(at, _)| at % 4 == number);
        Batch { spans: spans.map(|(_, span)| span.clone()).collect(), ..Batch::default() }
    };
    match answer {
        Answer::Takes => Ok(()),
        Answer::Fails => Err(unavailable()),
        Answer::Refuses => Err(refused()),
        Answer::Panics => panic!("a backend with a bug"),
        Answer::InPart => {
            let unnamed = third(2).spans.len() as u64;
            Err(unavailable().leaving(Leftover { again: third(0), refused: third(1), unnamed }))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_record_is_written_kept_or_counted_whatever_a_backend_does(
        answers in answers(), sizes in proptest::collection::vec(1_u64..12, 1..12),
        batch_records in 1_usize..20, spooled in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let script = answers.clone();
        let backend = Scripted::new(move |number, batch| obey(script.get(number - 1).copied().unwrap_or(Answer::Takes), batch));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sent: u64 = sizes.iter().sum();
        let (status, letters) = runtime.block_on(async {
            let config = DeliveryConfig { batch_records, queue_records: 16, retry_first_ms: 0, breaker_open_ms: 0, ..quick() };
            let config = DeliveryConfig { queue_records: if spooled { 16 } else { 1_000 }, ..config };
            let folder = spooled.then(|| folder.path());
            let pipeline = start([exporter(&backend, config, folder)]);
            for (trace, count) in sizes.iter().enumerate() {
                pipeline.submit(spans(trace as u64 + 1, *count)).await.unwrap();
            }
            pipeline.flush().await.unwrap();
            let letters = pipeline.dead_letters("scripted").map(|letters| letters.list().unwrap());
            let status = status(&pipeline);
            pipeline.close().await.unwrap();
            (status, letters.unwrap_or_default())
        });
        let dropped: u64 = status.dropped.values().sum();
        prop_assert_eq!(status.queued, 0);
        prop_assert_eq!(status.written + dropped + status.dead_letters, sent, "{:?}", status);
        prop_assert_eq!(letters.iter().map(|letter| letter.records).sum::<u64>(), status.dead_letters);
        prop_assert!(spooled || status.dead_letters == 0);
    }
}
