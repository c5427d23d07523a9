//! The image: the static binary, alone in a read-only root, run as in the Dockerfile.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::super::packages;
use super::dockerfile::{Stage, last_stage};
use super::{Bench, Report, unit};
use crate::shell;

/// Time limit for the health check to succeed.
const HEALTHY: Duration = Duration::from_secs(30);
/// Stop time of `docker stop` for a container in compose.yaml.
const STOP: Duration = Duration::from_secs(30);
const CONFIG: &str = "etc/quipu/quipu.toml";
/// The secret of compose.yaml: the image listens on all addresses, so access is required.
const SECRET: &str = "run/secrets/quipu_key";
const KEY: &str = "0123456789abcdef0123456789abcdef";
const WITH_KEY: [(&str, &str); 1] = [("QUIPU_BOOTSTRAP_KEY", KEY)];
/// Words of a command that asks the server in the container.
const ASKING: [&str; 4] = ["--url", "http://127.0.0.1:8080", "--api-key-file", "/run/secrets/quipu_key"];

/// Builds the static binary and walks a container through its life: healthy, fed, stopped, started again on
/// its volume.
pub fn run(bench: &Bench, report: Report) -> Result<Report> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    if let Err(error) = toolchain(&target) {
        return Ok(report.skipped("static binary", &format!("{error:#}")));
    }
    let binary = built(&target).context("the static binary does not build")?;
    let bwrap = match packages::apt(&bench.cache, "bubblewrap", "bwrap") {
        Ok(bwrap) => bwrap,
        Err(error) => return Ok(report.skipped("image", &format!("{error:#}"))),
    };
    let stage = last_stage(&fs::read_to_string(shell::root().join("deploy/docker/Dockerfile"))?)?;
    let report = report.judged("the image begins with nothing", &differs(&stage.base, "scratch"));
    let folder = tempfile::tempdir()?;
    let image = Image::make(bwrap, folder.path(), &binary, stage)?;
    let walked = [
        (
            "the root holds no other file, and its health check says yes",
            Image::healthy as fn(&Image) -> Result<()>,
        ),
        ("spans come in and are kept over a restart", Image::kept),
        ("with the configuration of compose.yaml", Image::configured),
    ];
    walked.into_iter().try_fold(report, |report, (case, walk)| {
        let wrong = walk(&image).err().map(|error| format!("{error:#}"));
        Ok(report.judged(case, wrong.as_slice()))
    })
}

fn differs(found: &str, want: &str) -> Vec<String> {
    if found == want { Vec::new() } else { vec![format!("{found}, not {want}")] }
}

/// Checks the toolchain for musl: a C compiler, and Rust's own library.
fn toolchain(target: &str) -> Result<()> {
    packages::system("musl-tools", "musl-gcc")?;
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let library = ["--print", "target-libdir", "--target", target];
    let there = |folder: String| fs::read_dir(folder.trim()).is_ok_and(|mut files| files.next().is_some());
    if !shell::capture(Command::new(rustc).args(library)).is_ok_and(there) {
        shell::capture(Command::new("rustup").args(["target", "add", target]))
            .with_context(|| format!("no Rust library for {target}, and rustup cannot bring it"))?;
    }
    Ok(())
}

/// The binary for musl, as the image has it but for optimisation.
fn built(target: &str) -> Result<PathBuf> {
    let build = ["build", "--quiet", "--package", "quipu-cli", "--features", "full", "--target", target];
    // Flags meant for the linker of this machine are not meant for musl's.
    shell::run(shell::cargo().args(build).env_remove("RUSTFLAGS").env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    Ok(shell::target().join(target).join("debug/quipu"))
}

/// A root as the Dockerfile makes it, and a volume.
struct Image {
    bwrap: PathBuf,
    root: PathBuf,
    volume: PathBuf,
    stage: Stage,
}

impl Image {
    fn make(bwrap: PathBuf, folder: &Path, binary: &Path, stage: Stage) -> Result<Self> {
        let (root, volume) = (folder.join("root"), folder.join("volume"));
        // `proc` and `dev` are the container's own to make.
        for place in ["data", "tmp", "proc", "dev", "etc/quipu", "run/secrets"] {
            fs::create_dir_all(root.join(place))?;
        }
        fs::create_dir_all(&volume)?;
        fs::copy(binary, root.join("quipu"))?;
        fs::write(volume.join("spans.jsonl"), unit::request())?;
        fs::copy(shell::root().join("deploy/docker/quipu.toml"), root.join(CONFIG))?;
        fs::write(root.join(SECRET), KEY)?;
        Ok(Self { bwrap, root, volume, stage })
    }

    fn healthy(&self) -> Result<()> {
        let container = self.start(&WITH_KEY)?;
        container.become_healthy()?;
        container.stop()
    }

    fn kept(&self) -> Result<()> {
        let container = self.start(&WITH_KEY)?;
        container.become_healthy()?;
        container.import()?;
        container.calls(1)?;
        container.stop()?;
        let container = self.start(&WITH_KEY)?;
        container.become_healthy()?;
        container.calls(1)?;
        container.stop()
    }

    /// Jaeger is not there: what it should get waits, and Quipu is ready all the same.
    fn configured(&self) -> Result<()> {
        let container = self.start(&[("QUIPU_CONFIG", &format!("/{CONFIG}"))])?;
        container.become_healthy()?;
        container.import()?;
        container.stop()
    }

    /// A read-only root, one writable volume, no capability, no network but its own, process 1.
    fn start(&self, more: &[(&str, &str)]) -> Result<Container<'_>> {
        let status = self.volume.join("status");
        let _ = fs::remove_file(&status);
        let log = self.volume.with_extension("log");
        let output = fs::File::create(&log)?;
        let mut command = Command::new(&self.bwrap);
        command.arg("--ro-bind").arg(&self.root).arg("/");
        for volume in &self.stage.volumes {
            command.arg("--bind").arg(&self.volume).arg(volume);
        }
        command.args(["--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev", "--unshare-all", "--as-pid-1"]);
        command.args(["--die-with-parent", "--cap-drop", "ALL", "--clearenv", "--chdir", "/"]);
        let (user, group) = self.stage.user;
        command.args(["--uid", &user.to_string(), "--gid", &group.to_string()]);
        let own = self.stage.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(more.iter().copied()) {
            command.args(["--setenv", name, value]);
        }
        // Its first line of output is about the process that it started.
        command.args(["--json-status-fd", "1"]).args(&self.stage.command);
        let stdout = fs::File::create(&status)?;
        let child = command.stdin(Stdio::null()).stdout(stdout).stderr(output).spawn().context("bwrap")?;
        let mut container = Container { child, id: 0, log, health: &self.stage.health };
        let id = shell::poll(HEALTHY, || first_process(&status));
        container.id = id.ok_or_else(|| anyhow!("bwrap starts nothing: {}", container.said()))?;
        Ok(container)
    }
}

fn first_process(status: &Path) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    text.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()?["child-pid"].as_u64())
}

/// A container at work; dropping it kills it.
struct Container<'a> {
    child: Child,
    id: u64,
    log: PathBuf,
    health: &'a [String],
}

impl Container<'_> {
    fn said(&self) -> String {
        shell::tail(&fs::read_to_string(&self.log).unwrap_or_default(), 10)
    }

    /// Runs a program of the image within the container.
    fn run(&self, words: &[impl AsRef<std::ffi::OsStr>]) -> Result<String> {
        let id = self.id.to_string();
        let mut command = Command::new("nsenter");
        command.args(["--target", &id, "--all", "--preserve-credentials"]).args(words);
        shell::capture(command.env_clear())
    }

    fn become_healthy(&self) -> Result<()> {
        let mut last = None;
        let healthy = shell::poll(HEALTHY, || self.run(self.health).map_err(|error| last = Some(error)).ok());
        match (healthy, last) {
            (Some(_), _) => Ok(()),
            (None, Some(error)) => Err(error.context(format!("never healthy: {}", self.said()))),
            (None, None) => bail!("never healthy: {}", self.said()),
        }
    }

    fn import(&self) -> Result<()> {
        self.run(&[&["/quipu", "import", "/data/spans.jsonl"], &ASKING[..]].concat()).map(drop)
    }

    fn calls(&self, want: u64) -> Result<()> {
        let words = [&["/quipu", "usage", "--json"], &ASKING[..]].concat();
        let usage: Value = serde_json::from_str(&self.run(&words)?)?;
        match usage.pointer("/total/llm_calls").and_then(Value::as_u64) {
            Some(calls) if calls == want => Ok(()),
            other => bail!("{other:?} calls are stored, not {want}"),
        }
    }

    /// As `docker stop` does; process 1 gets no signal that it does not ask for.
    fn stop(mut self) -> Result<()> {
        shell::signal("TERM", &[self.id.to_string()])?;
        match shell::poll(STOP, || self.child.try_wait().ok().flatten()) {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("it ended with {}: {}", described(status), self.said()),
            None => bail!("it did not end within {} s of SIGTERM", STOP.as_secs()),
        }
    }
}

fn described(status: ExitStatus) -> String {
    status.signal().map_or_else(|| status.to_string(), |signal| format!("signal {signal}"))
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
