//! Output streams: real, closed and slow ones.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_backend_console::{Config, Console, Format, Stream};
use quipu_conformance::sample::{agent_runs, batch, draft};
use quipu_core::{Backend, ErrorKind, Health, Retry};

use crate::shared::Shown;

#[tokio::test]
async fn a_closed_pipe_is_an_error_and_no_crash() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let console = Console::with_writer(Config::default(), writer).unwrap();
    for _ in 0..3 {
        let error = console.write(Arc::new(batch([draft(1, 1).span()], []))).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.retry(), error.backend()),
            (ErrorKind::Unavailable, Retry::No, Some("console"))
        );
        assert!(matches!(console.health(), Health::Down(_)));
    }
    console.close().await.unwrap();
}

#[tokio::test]
async fn a_batch_is_one_write() {
    let shown = Shown::default();
    let console = Console::with_writer(Config::default(), shown.clone()).unwrap();
    console.write(Arc::new(agent_runs(1, 20))).await.unwrap();
    assert_eq!(shown.writes(), 1);
}

/// A writer with a delay for each write, like a terminal over a slow line.
struct Slow;

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        std::thread::sleep(Duration::from_millis(300));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_slow_terminal_does_not_stop_the_runtime() {
    let console = Console::with_writer(Config::default(), Slow).unwrap();
    let begin = Instant::now();
    let mut longest = Duration::ZERO;
    let write = console.write(Arc::new(batch([draft(1, 1).span()], [])));
    tokio::pin!(write);
    loop {
        let before = Instant::now();
        tokio::select! {
            written = &mut write => break written.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(5)) => longest = longest.max(before.elapsed()),
        }
    }
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert!(longest < Duration::from_millis(200), "{longest:?}");
}

/// Set for the child process only: the stream that it writes to.
const STREAM: &str = "QUIPU_TEST_CONSOLE_STREAM";

/// The child's test; without the variable it does nothing.
#[tokio::test]
async fn child_writes_to_its_stream() {
    let Ok(stream) = std::env::var(STREAM) else { return };
    let stream = if stream == "stdout" { Stream::Stdout } else { Stream::Stderr };
    let console = Console::new(Config { stream, ..Config::default() }).unwrap();
    console.write(Arc::new(batch([draft(1, 1).named("shown here").span()], []))).await.unwrap();
}

fn child(stream: &str, environment: &[(&str, &str)]) -> (String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(["--exact", "stream::child_writes_to_its_stream", "--nocapture"]).env(STREAM, stream);
    let output = command.envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success());
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn lines_go_to_the_stream_that_was_named() {
    let (out, err) = child("stderr", &[]);
    assert!(err.contains("shown here") && !out.contains("shown here"));
    let (out, err) = child("stdout", &[]);
    assert!(out.contains("shown here") && !err.contains("shown here"));
}

#[test]
fn colours_are_automatic() {
    assert!(!child("stderr", &[]).1.contains('\u{1b}'), "a pipe has no colours");
    assert!(child("stderr", &[("CLICOLOR_FORCE", "1")]).1.contains('\u{1b}'));
    assert!(!child("stderr", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).1.contains('\u{1b}'));
}

#[test]
fn settings_are_checked() {
    let read: Config = toml::from_str("format = \"json\"\ncolour = \"never\"\nlevel = \"warning\"").unwrap();
    assert_eq!(read.format, Format::Json);
    assert!(toml::from_str::<Config>("color = \"never\"").is_err());
}
