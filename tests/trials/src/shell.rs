//! Folders of the workspace and the programs that tasks call.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// The workspace's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default()
}

/// The folder that cargo builds into.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The cargo that runs this task.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // Set for xtask itself by `cargo run`; left in place it would make cargo rebuild crates that look at it.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

/// The programs that suites start: the product, and examples of its crates.
const PROGRAMS: [&str; 6] = ["--bin", "quipu", "--example", "scraped", "--example", "trial"];

/// Builds the programs that suites start, once in a process, and returns their folder. The profile is `dev`.
/// With examples among the targets, cargo chooses the features as for the tests of the workspace, so it
/// compiles no crate twice.
///
/// # Errors
/// One of them does not build.
pub fn programs() -> Result<PathBuf> {
    static BUILT: OnceLock<()> = OnceLock::new();
    if BUILT.get().is_none() {
        run(cargo().args(["build", "--quiet", "--workspace"]).args(PROGRAMS))?;
        BUILT.get_or_init(|| ());
    }
    Ok(target().join("debug"))
}

/// Path of a program, by the search path.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether cargo knows the subcommand, such as `nextest`.
pub fn has_cargo(subcommand: &str) -> bool {
    let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet(cargo().args([subcommand, "--version"])).is_ok_and(|status| status.success())
}

/// Runs to its end, output to the terminal.
///
/// # Errors
/// It cannot be started, or does not end with success.
pub fn run(command: &mut Command) -> Result<()> {
    let said = describe(command);
    println!("$ {said}");
    let status = command.status().with_context(|| format!("cannot start: {said}"))?;
    if status.success() { Ok(()) } else { Err(anyhow!("{said}: {status}")) }
}

/// Runs to its end and gives what it printed; the error holds its last lines.
///
/// # Errors
/// It cannot be started, or does not end with success.
pub fn capture(command: &mut Command) -> Result<String> {
    let said = describe(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start: {said}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    bail!("{said}: {}\n{}{}", output.status, tail(&text(&output.stdout), 20), tail(&text(&output.stderr), 40))
}

/// Sends a signal such as `TERM` to processes; an id such as `-7` is that of a group. A bare machine has no
/// program `kill`, but each shell has.
///
/// # Errors
/// A process is gone, or belongs to another user.
pub fn signal(name: &str, ids: &[String]) -> Result<()> {
    let script = format!("kill -{name} \"$@\"");
    capture(Command::new("sh").args(["-c", &script, "sh"]).args(ids)).map(drop)
}

/// Calls `done` until it gives something; `None` when time is up.
pub fn poll<T>(patience: Duration, mut done: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        if let Some(found) = done() {
            return Some(found);
        }
        if begin.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The last lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].iter().map(|line| format!("{line}\n")).collect()
}

fn describe(command: &Command) -> String {
    let program =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let words = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}
