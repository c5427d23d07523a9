//! Writing and reading, the lock, and the config.

use std::fs;
use std::io::Write;
use std::sync::Arc;

use quipu_backend_file::{Config, File, Fsync, Mended, files, read};
use quipu_conformance::sample::{agent_runs, at, counter};
use quipu_core::{Backend, ErrorKind, Health, Retry};

use crate::shared::{all, config, names, numbers, one};

#[tokio::test]
async fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::open(config(folder.path())).unwrap();
    let mut runs = agent_runs(1, 25);
    runs.metrics.push(counter("requests", "a", &[(at(1), 2.0)]));
    file.write(Arc::new(runs.clone())).await.unwrap();
    assert_eq!(all(folder.path()), runs);
    file.close().await.unwrap();
    assert_eq!(names(folder.path()), ["quipu.jsonl"]);
}

#[tokio::test]
async fn a_second_writer_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let first = File::open(config(folder.path())).unwrap();
    let refused = File::open(config(folder.path())).err().unwrap();
    assert_eq!((refused.kind(), refused.retry()), (ErrorKind::Locked, Retry::Yes));
    assert_eq!(refused.backend(), Some("file"));
    first.close().await.unwrap();
    let second = File::open(config(folder.path())).unwrap();
    drop(second);
    File::open(config(folder.path())).unwrap();
}

#[tokio::test]
async fn nothing_is_taken_after_close() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::open(config(folder.path())).unwrap();
    file.close().await.unwrap();
    let error = file.write(one(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::No));
    assert_eq!(file.health(), Health::Down("closed".to_owned()));
    file.flush().await.unwrap();
    file.close().await.unwrap();
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off_and_a_whole_one_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quipu.jsonl");
    File::open(config(folder.path())).unwrap().write(one(1)).await.unwrap();
    let whole = fs::read(&path).unwrap();
    let append =
        |bytes: &[u8]| fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(bytes).unwrap();
    for torn in [&b"{\"record\":\"sp"[..], &[0; 200_000][..], &whole[..whole.len() / 2]] {
        append(torn);
        let file = File::open(config(folder.path())).unwrap();
        assert_eq!(file.mended(), Some(Mended::Cut(torn.len() as u64)));
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
    append(&whole[..whole.len() - 1]);
    let file = File::open(config(folder.path())).unwrap();
    assert_eq!(file.mended(), Some(Mended::Ended));
    file.write(one(2)).await.unwrap();
    assert_eq!(numbers(folder.path()), [1, 1, 2]);
}

#[tokio::test]
async fn a_file_of_half_a_line_becomes_empty() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("quipu.jsonl"), "x".repeat(70_000)).unwrap();
    let file = File::open(config(folder.path())).unwrap();
    assert_eq!(file.mended(), Some(Mended::Cut(70_000)));
    file.write(one(1)).await.unwrap();
    assert_eq!(numbers(folder.path()), [1]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("new");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    File::open(config(&folder)).unwrap().write(one(1)).await.unwrap();
    let path = folder.join("quipu.jsonl");
    assert_eq!((mode(&folder), mode(&path), mode(&folder.join("quipu.lock"))), (0o700, 0o600, 0o600));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(File::open(config(&folder)).unwrap());
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_file_that_somebody_removed_is_made_again() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("lines");
    let file = File::open(config(&folder)).unwrap();
    file.write(one(1)).await.unwrap();
    fs::rename(folder.join("quipu.jsonl"), folder.join("away")).unwrap();
    file.write(one(2)).await.unwrap();
    assert_eq!(numbers(&folder), [2]);
    fs::remove_dir_all(&folder).unwrap();
    file.write(one(3)).await.unwrap();
    assert_eq!(numbers(&folder), [3]);
}

#[tokio::test]
async fn every_policy_of_forcing_keeps_the_lines() {
    for fsync in [Fsync::Never, Fsync::Batch, Fsync::Interval] {
        let folder = tempfile::tempdir().unwrap();
        let file = File::open(Config { fsync, fsync_interval_ms: 1, ..config(folder.path()) }).unwrap();
        for number in 1..=20 {
            file.write(one(number)).await.unwrap();
        }
        file.flush().await.unwrap();
        assert_eq!(numbers(folder.path()), (1..=20).collect::<Vec<_>>(), "{fsync:?}");
    }
}

#[test]
fn a_damaged_line_is_named_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quipu.jsonl");
    let mut lines = Vec::new();
    lines_of(&mut lines, 1);
    lines.extend_from_slice(b"\n{\"record\":\"SECRET\n");
    lines_of(&mut lines, 2);
    fs::write(&path, lines).unwrap();
    let found: Vec<_> = read(&path).unwrap().collect();
    let error = found[1].as_ref().unwrap_err();
    assert_eq!((found.len(), error.kind()), (3, ErrorKind::Damaged));
    assert!(error.to_string().contains("quipu.jsonl line 3"), "{error}");
    assert!(!error.to_string().contains("SECRET"), "{error}");
}

fn lines_of(out: &mut Vec<u8>, number: u64) {
    quipu_jsonl::batch(out, &one(number));
}

#[test]
fn settings_are_checked() {
    let read: Config =
        toml::from_str("path = \"/tmp/x\"\nfsync = \"batch\"\ncompression = \"gzip\"").unwrap();
    assert_eq!(read.fsync, Fsync::Batch);
    assert!(toml::from_str::<Config>("pth = \"/tmp/x\"").is_err());
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "a/b", "..", ".x", "ä"] {
        let error = File::open(Config { name: name.to_owned(), ..config(folder.path()) }).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
    }
    assert!(files(&folder.path().join("missing"), "quipu").is_err());
}
