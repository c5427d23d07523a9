//! `export`: OTLP in, OTLP out, through the server and through a third-party collector, side by side.
//!
//! Both get the same requests from the same senders and export them, by gzip, to the same kind of sink. The
//! measured time goes from the first request to the last span at the sink. They take turns, so a slowdown of
//! the machine affects both. The collector holds acknowledged spans in memory; the server has stored, counted
//! and priced them, and spooled them for the exporter.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::sink::Sink;
use super::{Figures, Setup, send};
use crate::integration::Server;
use crate::integration::tools::{self, Program, free_port};
use crate::shell;

const ROUNDS: usize = 3;
/// From the last acknowledgement until the sink has it.
const ARRIVE: Duration = Duration::from_secs(300);
const LISTENS: Duration = Duration::from_secs(15);

/// Measures both, and compares.
///
/// # Errors
/// Something could not be measured, or the output differs from the input.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    let rotel = tools::rotel(&shell::target().join("xtask"))?;
    let scratch = tempfile::tempdir()?;
    let bodies = send::bodies(setup.load.iter());
    let turn = |name: &str, hop: &dyn Fn(&Path, &Sink) -> Result<Hop>| -> Result<Passed> {
        let folder = scratch.path().join(name);
        fs::create_dir_all(&folder)?;
        let sink = Sink::start()?;
        let passed = hop(&folder, &sink)?.pass(setup, &bodies, &sink).with_context(|| name.to_owned())?;
        println!("{name:<8} {:>8.0} spans/s, {:.1} s of processors", passed.rate, passed.cpu);
        fs::remove_dir_all(&folder)?;
        Ok(passed)
    };
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(turn("rotel", &|folder, sink| Hop::rotel(&rotel, folder, sink))?);
        ours.push(turn("quipu", &|folder, sink| Hop::quipu(setup, folder, sink))?);
    }
    let spans = setup.load.spans() as f64;
    for (name, passed) in [("export.", &ours), ("export.rotel_", &theirs)] {
        figures.add(format!("{name}spans_per_s"), median(passed, |one| one.rate), "spans/s");
        figures.add(format!("{name}cpu_s"), median(passed, |one| one.cpu), "s");
        figures.add(format!("{name}cpu_us_per_span"), median(passed, |one| one.cpu) * 1e6 / spans, "µs");
        figures.add(format!("{name}rss_mib"), median(passed, |one| one.peak_mib), "MiB");
    }
    let rate = |passed: &[Passed]| median(passed, |one| one.rate);
    let against = "rotel, which stores nothing, passing the same load to the same sink";
    figures.ratio("export.vs_rotel", rate(&ours) / rate(&theirs), against);
    Ok(())
}

/// Results of one turn.
struct Passed {
    /// Spans a second.
    rate: f64,
    /// Seconds of processors.
    cpu: f64,
    /// The most memory, in MiB.
    peak_mib: f64,
}

fn median(passed: &[Passed], of: impl Fn(&Passed) -> f64) -> f64 {
    let mut values: Vec<f64> = passed.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Program between senders and sink.
enum Hop {
    /// The binary under test.
    Quipu(Server),
    /// The collector, and where it listens.
    Rotel(Program, String),
}

impl Hop {
    fn quipu(setup: &Setup, folder: &Path, sink: &Sink) -> Result<Self> {
        let config = folder.join("quipu.toml");
        let otlp = "[backend.otlp]\nmapping = \"passthrough\"\ncompression = \"gzip\"\n";
        fs::write(&config, format!("backends = [\"otlp:{}\"]\n{otlp}", sink.url))?;
        let arguments = ["--config", &config.to_string_lossy()];
        Ok(Self::Quipu(Server::on(&setup.binary, &folder.join("data"), &arguments)?))
    }

    fn rotel(program: &Path, folder: &Path, sink: &Sink) -> Result<Self> {
        let (grpc, http) = (free_port()?, free_port()?);
        let mut command = Command::new(program);
        command.args([
            "start",
            "--exporter",
            "otlp",
            "--otlp-exporter-protocol",
            "http",
            "--batch-timeout",
            "200ms",
        ]);
        command.args(["--otlp-exporter-compression", "gzip", "--otlp-exporter-endpoint", &sink.url]);
        command.args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")]);
        command.args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")]).current_dir(folder);
        let program = Program::start(&mut command, &folder.join("rotel.log"))?;
        let listens = || std::net::TcpStream::connect(("127.0.0.1", http)).ok();
        shell::poll(LISTENS, listens).ok_or_else(|| anyhow!("rotel does not listen: {}", program.said()))?;
        Ok(Self::Rotel(program, format!("http://127.0.0.1:{http}")))
    }

    fn pass(self, setup: &Setup, bodies: &[Vec<u8>], sink: &Sink) -> Result<Passed> {
        let (url, id) = match &self {
            Self::Quipu(server) => (server.otlp_http.clone(), server.id()),
            Self::Rotel(program, url) => (url.clone(), program.id()),
        };
        let (before, begin) = (cpu(id)?, Instant::now());
        send::to(&url, bodies, setup.senders)?;
        sink.wait_for(setup.load.spans(), ARRIVE)?;
        let taken = begin.elapsed();
        let passed = Passed {
            rate: setup.load.spans() as f64 / taken.as_secs_f64(),
            cpu: cpu(id)? - before,
            peak_mib: peak_mib(id)?,
        };
        match self {
            Self::Quipu(server) => server.stop()?,
            Self::Rotel(..) => {}
        }
        Ok(passed)
    }
}

/// Seconds that a process has had of all processors: `utime` and `stime` of `proc(5)`, in the hundredths that
/// Linux tells them in.
pub fn cpu(id: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The second field is a name in brackets, in which anything may be.
    let rest = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks = |field: usize| rest.split_whitespace().nth(field).and_then(|text| text.parse::<f64>().ok());
    let both = ticks(11).zip(ticks(12)).ok_or_else(|| anyhow!("/proc/{id}/stat: {text}"))?;
    Ok((both.0 + both.1) / 100.0)
}

fn peak_mib(id: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(kib / 1024.0)
}
