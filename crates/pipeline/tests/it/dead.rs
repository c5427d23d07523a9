//! Tests of dead letters: stored, listed, replayed, removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_core::*;
use quipu_pipeline::{DeadLetters, DeliveryConfig, SpoolConfig};

use crate::scripted::{Scripted, exporter, quick, refused, spans, start, status, traces};

/// A backend that rejects every batch until the flag is set.
fn picky() -> (Arc<Scripted>, Arc<AtomicBool>) {
    let mended = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&mended);
    (Scripted::new(move |_, _| if gate.load(Ordering::SeqCst) { Ok(()) } else { Err(refused()) }), mended)
}

#[tokio::test]
async fn what_was_refused_can_be_looked_at_and_sent_again() {
    for enabled in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (backend, mended) = picky();
        let spool = SpoolConfig { enabled, ..SpoolConfig::default() };
        let pipeline = start([exporter(&backend, DeliveryConfig { spool, ..quick() }, Some(folder.path()))]);
        for trace in 1..=3 {
            pipeline.submit(spans(trace, trace)).await.unwrap();
            pipeline.flush().await.unwrap();
        }
        let letters = pipeline.dead_letters("scripted").unwrap();
        let listed = letters.list().unwrap();
        assert_eq!(listed.iter().map(|letter| letter.records).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((listed[0].reason.as_str(), listed[0].id), ("refused", 1));
        assert!(listed[0].said.contains("no such field") && listed[0].at > Timestamp::from_nanos(0));
        assert_eq!(letters.batch(2).unwrap(), without_costs(spans(2, 2)));
        assert_eq!(letters.remove(&[1, 99]).unwrap(), 1);
        assert_eq!(status(&pipeline).dead_letters, 5, "whoever removed it");
        mended.store(true, Ordering::SeqCst);
        let replayed = pipeline.replay("scripted").await.unwrap();
        assert_eq!((replayed.letters, replayed.records, replayed.left), (2, 5, 0));
        pipeline.flush().await.unwrap();
        let status = status(&pipeline);
        assert_eq!((status.written, status.dead_letters, status.rejected), (5, 0, 6), "{status:?}");
        assert_eq!(backend.traces(), traces([2, 3]));
        let error = pipeline.replay("other").await.unwrap_err();
        assert!(error.to_string().contains("the exporters are: scripted"), "{error}");
        pipeline.close().await.unwrap();
    }
}

/// The delivered batch, which has no ledger rows because none of its spans counts.
fn without_costs(batch: Batch) -> Batch {
    assert!(batch.costs.is_empty());
    batch
}

#[tokio::test]
async fn without_a_pipeline_they_go_into_the_spool() {
    let folder = tempfile::tempdir().unwrap();
    let (backend, mended) = picky();
    let pipeline = start([exporter(&backend, quick(), Some(folder.path()))]);
    pipeline.submit(spans(1, 2)).await.unwrap();
    pipeline.flush().await.unwrap();
    let letters = DeadLetters::open(folder.path());
    let error = letters.replay(&quick()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "a pipeline has it: {error}");
    pipeline.close().await.unwrap();
    let none = SpoolConfig { enabled: false, ..SpoolConfig::default() };
    let error = letters.replay(&DeliveryConfig { spool: none, ..quick() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let replayed = letters.replay(&quick()).unwrap();
    assert_eq!((replayed.letters, replayed.records), (1, 2));
    assert!(letters.list().unwrap().is_empty());
    mended.store(true, Ordering::SeqCst);
    let pipeline = start([exporter(&backend, quick(), Some(folder.path()))]);
    pipeline.flush().await.unwrap();
    assert_eq!((status(&pipeline).written, backend.traces()), (2, traces([1])));
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn they_need_no_more_bytes_than_they_may_and_the_oldest_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let (backend, _) = picky();
    let config = DeliveryConfig { dead_letter_bytes: 2_000, ..quick() };
    let pipeline = start([exporter(&backend, config, Some(folder.path()))]);
    for trace in 1..=30 {
        pipeline.submit(spans(trace, 2)).await.unwrap();
        pipeline.flush().await.unwrap();
    }
    let status = status(&pipeline);
    let listed = DeadLetters::open(folder.path()).list().unwrap();
    assert!(listed.iter().map(|letter| letter.bytes).sum::<u64>() <= 2_000);
    assert_eq!(listed.last().unwrap().id, 30, "the latest stay");
    assert_eq!(status.dead_letters, listed.len() as u64 * 2);
    assert_eq!(status.dropped["dead_letters_full"] + status.dead_letters, 60, "{status:?}");
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn what_is_tried_too_often_is_kept_and_damaged_files_harm_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Scripted::down();
    let config = DeliveryConfig { attempts: 2, ..quick() };
    let pipeline = start([exporter(&backend, config, Some(folder.path()))]);
    for trace in 1..=3 {
        pipeline.submit(spans(trace, 1)).await.unwrap();
        pipeline.flush().await.unwrap();
    }
    pipeline.close().await.unwrap();
    let letters = DeadLetters::open(folder.path());
    let listed = letters.list().unwrap();
    assert_eq!(
        listed.iter().map(|letter| letter.reason.as_str()).collect::<Vec<_>>(),
        ["retries_exhausted"; 3]
    );
    let file = |id: u64| folder.path().join(format!("dead/{id:020}.dead"));
    let whole = std::fs::read(file(2)).unwrap();
    std::fs::write(file(2), &whole[..whole.len() - 1]).unwrap();
    std::fs::write(file(9), b"no dead letter").unwrap();
    assert_eq!(letters.list().unwrap().len(), 3);
    assert_eq!(letters.batch(2).unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(letters.batch(9).unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(letters.batch(7).unwrap_err().kind(), ErrorKind::NotFound);
    let replayed = letters.replay(&quick()).unwrap();
    assert_eq!((replayed.letters, replayed.left), (2, 1), "the damaged one stays to be looked at");
}

#[test]
fn a_folder_that_is_not_there_holds_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(DeadLetters::open(&folder.path().join("none")).list().unwrap().is_empty());
}
