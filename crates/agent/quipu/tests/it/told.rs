//! Tests of the messages about backends that do not open.

use std::process::{Command, Output};

use quipu::Quipu;

/// Set for a child process only: the backend that it names.
const BACKEND: &str = "QUIPU_TEST_TOLD_BACKEND";

#[test]
fn child_starts_a_library() {
    let Some(backend) = std::env::var_os(BACKEND) else { return };
    let builder = Quipu::builder().detached().without_env().without_file().system_metrics(false);
    let quipu = builder.only_backends().backend(backend.to_str().unwrap()).init().unwrap();
    quipu.context().llm("openai", "gpt-5").usage((10, 1)).end();
    let status = quipu.status();
    assert!(status.backends.iter().all(|backend| backend.last_error.is_some()), "{status}");
    assert!(status.problems.iter().any(|problem| problem.starts_with("records go nowhere")), "{status}");
}

fn start(backend: &str) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "told::child_starts_a_library", "--nocapture"]).env(BACKEND, backend);
    child.output().unwrap()
}

#[test]
fn a_backend_that_does_not_open_is_one_line_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let within = format!("sqlite:{}", file.join("store").display());
    for (backend, words) in [("sqlit:", "\"sqlit\" is not a backend"), (within.as_str(), "sqlite: ")] {
        let Output { status, stderr, stdout } = start(backend);
        let (told, said) = (String::from_utf8_lossy(&stderr), String::from_utf8_lossy(&stdout));
        let lines = told.lines().filter(|line| line.contains(words)).count();
        assert_eq!(lines, 1, "{backend}: {told}");
        assert!(status.success(), "{said}{told}");
    }
}
