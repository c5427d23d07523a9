//! Tests of spools across process ends and disk errors.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_core::*;
use quipu_pipeline::{BreakerState, DeliveryConfig, SpoolConfig, WhenFull};

use crate::scripted::{Scripted, exporter, quick, spans, start, status, traces, unavailable, until};

fn with(spool: SpoolConfig) -> DeliveryConfig {
    DeliveryConfig { spool, ..quick() }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("spool")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".spool")).collect()
}

#[test]
fn what_was_acknowledged_is_delivered_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let down = Scripted::down();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let killed = runtime.block_on(async {
        let pipeline = start([exporter(&down, quick(), Some(folder.path()))]);
        for trace in 1..=20 {
            pipeline.submit(spans(trace, 3)).await.unwrap();
        }
        pipeline
    });
    // Nothing is closed: the tasks end where they are, and the lock is released.
    drop(killed);
    drop(runtime);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let kind = Scripted::kind();
        let pipeline = start([exporter(&kind, quick(), Some(folder.path()))]);
        assert_eq!(status(&pipeline).queued, 60, "it is told before anything is delivered");
        pipeline.submit(spans(21, 1)).await.unwrap();
        pipeline.flush().await.unwrap();
        assert_eq!(kind.traces(), traces(1..=21), "in the order in which they came");
        let status = status(&pipeline);
        assert_eq!((status.written, status.queued, status.dropped.len()), (61, 0, 0), "{status:?}");
        pipeline.close().await.unwrap();
    });
}

#[tokio::test]
async fn an_ordered_end_loses_nothing_and_does_not_wait_for_who_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let down = Scripted::down();
    let config = DeliveryConfig { close_timeout_ms: 60_000, breaker_open_ms: 60_000, ..quick() };
    let pipeline = start([exporter(&down, config.clone(), Some(folder.path()))]);
    pipeline.submit(spans(1, 2)).await.unwrap();
    until("it is known to be down", || status(&pipeline).breaker == BreakerState::Open).await;
    pipeline.submit(spans(2, 3)).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(20), pipeline.close()).await.unwrap().unwrap();
    assert!(status(&pipeline).dropped.is_empty(), "{:?}", status(&pipeline));
    let kind = Scripted::kind();
    let pipeline = start([exporter(&kind, config, Some(folder.path()))]);
    pipeline.flush().await.unwrap();
    assert_eq!((kind.traces(), status(&pipeline).written), (traces(1..=2), 5));
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn memory_is_bounded_while_the_disk_holds_the_rest_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&open);
    let backend =
        Scripted::new(move |_, _| if gate.load(Ordering::SeqCst) { Ok(()) } else { Err(unavailable()) });
    let config = DeliveryConfig { queue_records: 10, ..quick() };
    let pipeline = start([exporter(&backend, config, Some(folder.path()))]);
    for trace in 1..=100 {
        pipeline.submit(spans(trace, 4)).await.unwrap();
    }
    let waiting = status(&pipeline);
    assert_eq!((waiting.queued, waiting.dropped.len()), (400, 0), "{waiting:?}");
    assert!(waiting.spool_bytes > 0 && matches!(waiting.health, Health::Down(_) | Health::Degraded(_)));
    open.store(true, Ordering::SeqCst);
    pipeline.flush().await.unwrap();
    pipeline.submit(spans(101, 1)).await.unwrap();
    pipeline.flush().await.unwrap();
    assert_eq!(backend.traces(), traces(1..=101));
    let after = status(&pipeline);
    assert_eq!((after.written, after.queued, after.lag.as_secs()), (401, 0, 0), "{after:?}");
    assert!(backend.sizes().iter().all(|size| *size <= 10), "memory bounds a write too");
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn beyond_the_bound_all_is_counted_and_the_oldest_go_last_or_first() {
    for (when_full, first_stays) in [(WhenFull::DropNewest, true), (WhenFull::DropOldest, false)] {
        let folder = tempfile::tempdir().unwrap();
        let open = Arc::new(AtomicBool::new(false));
        let gate = Arc::clone(&open);
        let backend =
            Scripted::new(move |_, _| if gate.load(Ordering::SeqCst) { Ok(()) } else { Err(unavailable()) });
        let spool = SpoolConfig { bytes: 20_000, when_full, ..SpoolConfig::default() };
        let config = DeliveryConfig { queue_records: 5, ..with(spool) };
        let pipeline = start([exporter(&backend, config, Some(folder.path()))]);
        for trace in 1..=200 {
            pipeline.submit(spans(trace, 5)).await.unwrap();
        }
        let full = status(&pipeline);
        assert!(full.spool_bytes <= 20_000 && full.dropped["spool_full"] > 0, "{full:?}");
        open.store(true, Ordering::SeqCst);
        pipeline.flush().await.unwrap();
        let after = status(&pipeline);
        assert_eq!(
            after.written + after.dropped["spool_full"],
            1_000,
            "every record is accounted for: {after:?}"
        );
        assert_eq!(after.dropped.len(), 1, "{after:?}");
        let got = backend.traces();
        assert_eq!(got.contains(&traces([20])[0]), first_stays, "{when_full:?}");
        assert_eq!(got.contains(&traces([200])[0]), !first_stays, "{when_full:?}");
        pipeline.submit(spans(201, 1)).await.unwrap();
        pipeline.flush().await.unwrap();
        assert_eq!(status(&pipeline).written, after.written + 1, "there is room again");
        pipeline.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_disk_that_fails_is_told_of_and_recovers_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&open);
    let backend =
        Scripted::new(move |_, _| if gate.load(Ordering::SeqCst) { Ok(()) } else { Err(unavailable()) });
    // One file per batch, so a missing folder acts like a failing disk.
    let spool = SpoolConfig { segment_bytes: 1, ..SpoolConfig::default() };
    let pipeline = start([exporter(&backend, with(spool), Some(folder.path()))]);
    pipeline.submit(spans(1, 1)).await.unwrap();
    assert_eq!(files(folder.path()).len(), 1);
    let away = folder.path().join("away");
    fs::rename(folder.path().join("spool"), &away).unwrap();
    pipeline.submit(spans(2, 1)).await.unwrap();
    let failing = status(&pipeline);
    assert_eq!((failing.queued, failing.dropped.len()), (2, 0), "memory has it: {failing:?}");
    assert!(failing.last_error.unwrap().contains("spool batch"));
    fs::rename(&away, folder.path().join("spool")).unwrap();
    pipeline.submit(spans(3, 1)).await.unwrap();
    assert_eq!(files(folder.path()).len(), 2, "the disk has it again");
    open.store(true, Ordering::SeqCst);
    pipeline.flush().await.unwrap();
    let after = status(&pipeline);
    assert_eq!((after.written, after.queued, &after.health), (3, 0, &Health::Ready), "{after:?}");
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn a_spool_that_another_process_has_is_an_exit_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Scripted::kind(), Scripted::kind());
    let one = start([exporter(&first, quick(), Some(folder.path()))]);
    let two = start([exporter(&second, quick(), Some(folder.path()))]);
    let Health::Degraded(why) = status(&two).health else { panic!("{:?}", status(&two)) };
    assert!(why.contains("another process uses it"), "{why}");
    two.submit(spans(1, 1)).await.unwrap();
    two.flush().await.unwrap();
    assert_eq!((status(&two).written, status(&two).spool_bytes), (1, 0));
    one.close().await.unwrap();
    two.close().await.unwrap();
}

#[tokio::test]
async fn damaged_batches_are_counted_and_the_others_come() {
    let folder = tempfile::tempdir().unwrap();
    let down = Scripted::down();
    let pipeline = start([exporter(&down, quick(), Some(folder.path()))]);
    for trace in 1..=10 {
        pipeline.submit(spans(trace, 2)).await.unwrap();
    }
    pipeline.close().await.unwrap();
    let file = folder.path().join("spool").join(files(folder.path()).remove(0));
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    bytes.truncate(bytes.len() - 3);
    fs::write(&file, bytes).unwrap();
    let kind = Scripted::kind();
    let pipeline = start([exporter(&kind, quick(), Some(folder.path()))]);
    until("all is read", || status(&pipeline).queued == 0 && status(&pipeline).written == 16).await;
    let after = status(&pipeline);
    assert!((2..=4).contains(&after.dropped["spool_damaged"]), "{after:?}");
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn a_file_that_was_cut_to_nothing_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let down = Scripted::down();
    let pipeline = start([exporter(&down, quick(), Some(folder.path()))]);
    pipeline.submit(spans(1, 2)).await.unwrap();
    pipeline.close().await.unwrap();
    let file = folder.path().join("spool").join(files(folder.path()).remove(0));
    fs::write(&file, []).unwrap();
    let kind = Scripted::kind();
    let pipeline = start([exporter(&kind, quick(), Some(folder.path()))]);
    until("the loss is counted", || status(&pipeline).dropped.get("spool_damaged") == Some(&1)).await;
    pipeline.close().await.unwrap();
    // The cut file counts once; a file without frames is no loss.
    let pipeline = start([exporter(&kind, quick(), Some(folder.path()))]);
    pipeline.submit(spans(2, 2)).await.unwrap();
    until("the others come", || status(&pipeline).written == 2).await;
    assert_eq!(status(&pipeline).dropped.get("spool_damaged").copied().unwrap_or_default(), 0);
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn what_was_delivered_is_not_on_disk_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let kind = Scripted::kind();
    let spool = SpoolConfig { segment_bytes: 2_000, sync: true, ..SpoolConfig::default() };
    let pipeline = start([exporter(&kind, with(spool), Some(folder.path()))]);
    for trace in 1..=50 {
        pipeline.submit(spans(trace, 5)).await.unwrap();
    }
    pipeline.flush().await.unwrap();
    assert_eq!(status(&pipeline).written, 250);
    assert!(files(folder.path()).len() <= 2, "{:?}", files(folder.path()));
    pipeline.close().await.unwrap();
    let pipeline = start([exporter(&kind, quick(), Some(folder.path()))]);
    assert_eq!((status(&pipeline).queued, status(&pipeline).spool_bytes), (0, 0), "nothing comes twice");
    pipeline.close().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_on_disk_belongs_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("exporters/one");
    let backend =
        Scripted::new(
            |number, _| if number == 1 { Err(crate::scripted::refused()) } else { Err(unavailable()) },
        );
    let pipeline = start([exporter(&backend, quick(), Some(&folder))]);
    pipeline.submit(spans(1, 1)).await.unwrap();
    until("it is a dead letter", || status(&pipeline).dead_letters == 1).await;
    pipeline.submit(spans(2, 1)).await.unwrap();
    let mut seen = 0;
    for below in ["spool", "dead"] {
        assert_eq!(fs::metadata(folder.join(below)).unwrap().permissions().mode() & 0o777, 0o700);
        for entry in fs::read_dir(folder.join(below)).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
            seen += 1;
        }
    }
    assert_eq!(seen, 4, "lock, cursor, a file of each");
    pipeline.close().await.unwrap();
}
