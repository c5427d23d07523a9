//! A process that is killed during its writes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use quipu_backend_file::{Compression, Config, File, Fsync};
use quipu_conformance::sample::{batch, draft};
use quipu_core::Backend;

use crate::shared::{config, numbers, one};

/// Set for the child process only: its folder.
const FOLDER: &str = "QUIPU_TEST_FILE_FOLDER";

fn settings(folder: &std::path::Path) -> Config {
    Config { rotate_bytes: 300_000, compression: Compression::Zstd, fsync: Fsync::Never, ..config(folder) }
}

/// The child's test; without the variable it does nothing.
#[tokio::test]
async fn child_writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let file = File::open(settings(folder.as_ref())).unwrap();
    let long = "payload ".repeat(4_000);
    for number in 1.. {
        let spans: Vec<_> =
            (0..3).map(|part| draft(1, number * 10 + part).with("text", long.as_str()).span()).collect();
        file.write(Arc::new(batch(spans, []))).await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "acknowledged {number}").unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test]
async fn every_acknowledged_line_is_whole_after_kill_9() {
    for round in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_writes_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut last = 0;
        while last < 20 + round * 7 {
            let line = said.next().unwrap().unwrap();
            last = line.strip_prefix("acknowledged ").map_or(last, |number| number.parse().unwrap());
        }
        // Each round kills at another point of a write.
        std::thread::sleep(Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let more =
            said.map_while(Result::ok).filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok());
        let last: u64 = more.last().unwrap_or(last);

        let file = File::open(settings(folder.path())).unwrap();
        file.write(one(5)).await.unwrap();
        file.close().await.unwrap();
        // `numbers` reads every line, and fails on an incomplete record.
        let found = numbers(folder.path());
        for number in 1..=last {
            for part in 0..3 {
                assert!(found.contains(&(number * 10 + part)), "batch {number} of {last} was acknowledged");
            }
        }
        assert_eq!(found.last(), Some(&5), "what comes after the crash has a line of its own");
    }
}
