//! Past files: rotation, compression, removal and reading.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use quipu_backend_file::{Compression, Config, File, files};
use quipu_conformance::sample::agent_run;
use quipu_core::{Backend, Clock};

use crate::shared::{Hand, all, config, names, numbers, one, until};

fn open(config: Config, clock: &Arc<Hand>) -> File {
    File::open_at(config, Arc::clone(clock) as Arc<dyn Clock>).unwrap()
}

#[tokio::test]
async fn a_new_day_begins_a_new_file() {
    for (compression, ending) in
        [(Compression::None, ""), (Compression::Gzip, ".gz"), (Compression::Zstd, ".zst")]
    {
        let folder = tempfile::tempdir().unwrap();
        let clock = Hand::at("2026-11-20T23:59:59.999999999Z");
        let file = open(Config { compression, ..config(folder.path()) }, &clock);
        file.write(one(1)).await.unwrap();
        clock.move_to("2026-11-21T00:00:00Z");
        file.write(one(2)).await.unwrap();
        let want = vec![format!("quipu-2026-11-20-0001.jsonl{ending}"), "quipu.jsonl".to_owned()];
        until("compressed", || names(folder.path()) == want);
        assert_eq!(numbers(folder.path()), [1, 2]);
        file.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_file_of_an_earlier_day_is_put_away_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    drop(write_now(folder.path(), 1).await);
    let tomorrow = Hand::at("2200-01-01T00:00:00Z");
    let file = open(config(folder.path()), &tomorrow);
    file.write(one(2)).await.unwrap();
    until("two files", || names(folder.path()).len() == 2);
    assert_eq!(numbers(folder.path()), [1, 2]);
}

async fn write_now(folder: &Path, number: u64) -> File {
    let file = File::open(config(folder)).unwrap();
    file.write(one(number)).await.unwrap();
    file
}

#[tokio::test]
async fn a_full_file_is_put_away_and_no_batch_is_divided() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let file = open(
        Config { rotate_bytes: 20_000, compression: Compression::None, ..config(folder.path()) },
        &clock,
    );
    let mut want = quipu_core::Batch::default();
    for number in 0..30 {
        let run = agent_run(3, number);
        want.append(run.clone());
        file.write(Arc::new(run)).await.unwrap();
    }
    let past = files(folder.path(), "quipu").unwrap();
    assert!(past.len() > 3, "{past:?}");
    for path in &past {
        assert!(fs::metadata(path).unwrap().len() <= 20_000, "{path:?}");
    }
    assert_eq!(all(folder.path()), want);
    let large = Arc::new(quipu_conformance::sample::agent_runs(9, 40));
    file.write(Arc::clone(&large)).await.unwrap();
    assert_eq!(all(folder.path()).spans.len(), want.spans.len() + large.spans.len());
}

#[tokio::test]
async fn numbers_go_on_where_an_earlier_process_was() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let settings = || Config { rotate_bytes: 1, compression: Compression::None, ..config(folder.path()) };
    for number in 1..=4 {
        // Otherwise a file from this process would have the real date.
        let file = open(Config { rotate_daily: false, ..settings() }, &clock);
        file.write(one(number)).await.unwrap();
        file.write(one(number + 100)).await.unwrap();
        file.close().await.unwrap();
    }
    assert_eq!(numbers(folder.path()), [1, 101, 2, 102, 3, 103, 4, 104]);
}

#[tokio::test]
async fn old_files_are_removed_by_age() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hand::at("2026-11-01T12:00:00Z");
    let file = open(Config { keep_days: 3, ..config(folder.path()) }, &clock);
    for day in 1..=10 {
        clock.move_to(&format!("2026-11-{day:02}T12:00:00Z"));
        file.write(one(day)).await.unwrap();
    }
    until("only three past days", || numbers_if_whole(folder.path()) == Some(vec![7, 8, 9, 10]));
    let others = folder.path().join("other-2001-01-01-0001.jsonl");
    fs::write(&others, "").unwrap();
    clock.move_to("2026-12-24T12:00:00Z");
    file.write(one(24)).await.unwrap();
    until("only the active file", || names(folder.path()) == ["other-2001-01-01-0001.jsonl", "quipu.jsonl"]);
    file.close().await.unwrap();
}

/// The background thread may remove a file while it is read.
fn numbers_if_whole(folder: &Path) -> Option<Vec<u64>> {
    let calm = names(folder).iter().all(|name| name.ends_with(".zst") || name == "quipu.jsonl");
    (calm && names(folder).len() == 4).then(|| numbers(folder))
}

#[tokio::test]
async fn old_files_are_removed_by_size_but_never_the_active_one() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let settings = Config {
        rotate_bytes: 1_000,
        keep_bytes: 2_000,
        compression: Compression::None,
        ..config(folder.path())
    };
    let file = open(settings, &clock);
    for number in 1..=40 {
        file.write(one(number)).await.unwrap();
    }
    let total = || -> u64 {
        let sizes = names(folder.path()).into_iter().map(|name| fs::metadata(folder.path().join(name)));
        sizes.map(|file| file.map_or(0, |file| file.len())).sum()
    };
    until("it fits", || total() <= 2_000);
    file.write(Arc::new(quipu_conformance::sample::agent_runs(1, 30))).await.unwrap();
    until("only the active file", || names(folder.path()) == ["quipu.jsonl"]);
    file.close().await.unwrap();
}

#[tokio::test]
async fn what_a_crash_left_of_a_compression_is_made_good() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = Vec::new();
    quipu_jsonl::batch(&mut lines, &one(1));
    let path = |name: &str| folder.path().join(name);
    fs::write(path("quipu-2026-11-19-0001.jsonl"), &lines).unwrap();
    fs::write(path("quipu-2026-11-19-0001.jsonl.zst.part"), b"half").unwrap();
    // A crash between the last two steps leaves both files.
    fs::write(path("quipu-2026-11-18-0001.jsonl"), &lines).unwrap();
    fs::write(path("quipu-2026-11-18-0001.jsonl.zst"), zstd_of(&lines)).unwrap();
    assert_eq!(numbers(folder.path()), [1, 1]);
    let file = open(config(folder.path()), &Hand::at("2026-11-20T00:00:00Z"));
    let want = ["quipu-2026-11-18-0001.jsonl.zst", "quipu-2026-11-19-0001.jsonl.zst", "quipu.jsonl"];
    until("both compressed", || names(folder.path()) == want);
    assert_eq!(numbers(folder.path()), [1, 1]);
    drop(file);
}

fn zstd_of(lines: &[u8]) -> Vec<u8> {
    zstd::encode_all(lines, 3).unwrap()
}
