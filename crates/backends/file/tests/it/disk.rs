//! A full disk: a real one of 256 KiB, if the system allows a mount in a separate namespace. The unit tests
//! of the active file show the same without one.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};
use std::sync::Arc;

use quipu_backend_file::{Config, File, Fsync};
use quipu_conformance::sample::agent_runs;
use quipu_core::{Backend, ErrorKind, Health, Retry};

use crate::shared::{config, numbers, one};

/// Set for the child process only: the folder of its small disk.
const FOLDER: &str = "QUIPU_TEST_FILE_SMALL";

/// The child's test; without the variable it does nothing.
#[tokio::test]
async fn child_fills_its_disk() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = std::path::Path::new(&folder);
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; 150_000]).unwrap();
    let lines = folder.join("lines");
    let file = File::open(Config { fsync: Fsync::Batch, ..config(&lines) }).unwrap();
    file.write(one(1)).await.unwrap();
    let large = Arc::new(agent_runs(1, 60));
    for _ in 0..3 {
        let error = file.write(Arc::clone(&large)).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Exhausted, Retry::Yes), "{error}");
        assert!(matches!(file.health(), Health::Down(_)));
    }
    assert_eq!(numbers(&lines), [1], "half a batch was left");
    std::fs::remove_file(&ballast).unwrap();
    file.write(one(2)).await.unwrap();
    assert_eq!(file.health(), Health::Ready);
    file.close().await.unwrap();
    assert_eq!(numbers(&lines), [1, 2]);
}

#[test]
fn a_full_disk_is_said_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "mount -t tmpfs -o size=256k none \"$0\" || exit 77; exec \"$1\" --exact disk::child_fills_its_disk";
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .stdin(Stdio::null())
        .output();
    match status {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() == Some(101) => {
            panic!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
        }
        other => eprintln!("no disk of our own here, so this was not shown on a real one: {other:?}"),
    }
}
