//! Cost of durability and encryption: the same part of the load into stores that differ in one setting.
//!
//! They take turns, so that a machine that slows down slows all of them; each figure is the median.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::words::Random;
use super::{Figures, Load, Setup, export, send};
use crate::integration::Server;

/// Spans of each turn; fewer where the load has fewer.
const SPANS: u64 = 100_000;
const ROUNDS: usize = 3;

/// A setting by its name, and the configuration that makes it so, given a file with a key.
struct Mode {
    name: &'static str,
    config: fn(&Path) -> String,
}

const DISK: Mode = Mode { name: "disk", config: |_| "durability = \"disk\"\n".to_owned() };
const OS: Mode = Mode { name: "os", config: |_| "durability = \"os\"\n".to_owned() };
const ENCRYPTED: Mode = Mode {
    name: "encrypted",
    config: |key| format!("durability = \"disk\"\n[encryption]\nkey_file = '{}'\n", key.display()),
};

/// Results of a turn.
#[derive(Clone, Copy)]
struct Taken {
    /// Spans a second until all were acknowledged.
    rate: f64,
    /// Microseconds of the server's processors a span, until all were found by full text.
    cpu: f64,
}

/// Measures each, and compares.
///
/// # Errors
/// Something could not be measured.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    let modes = [DISK, OS, ENCRYPTED];
    let load = Load::new(setup.load.spans().min(SPANS));
    let bodies = send::bodies(load.iter());
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (mode, turns) in modes.iter().zip(&mut all) {
            turns.push(mode.turn(setup, &bodies, load.spans()).with_context(|| mode.name)?);
        }
    }
    let [disk, os, encrypted] = all.map(|turns| median(&turns));
    for (mode, taken) in modes.iter().zip([disk, os, encrypted]) {
        figures.add(format!("ingest.{}.spans_per_s", mode.name), taken.rate, "spans/s");
        figures.add(format!("ingest.{}.cpu_us_per_span", mode.name), taken.cpu, "µs");
    }
    figures.ratio("ingest.os_vs_disk", os.rate / disk.rate, "spans a second with durability disk");
    figures.ratio("ingest.encrypted_vs_plain", encrypted.rate / disk.rate, "spans a second in the clear");
    figures.ratio("ingest.encrypted_vs_plain_cpu", encrypted.cpu / disk.cpu, "processors' time in the clear");
    Ok(())
}

impl Mode {
    fn turn(&self, setup: &Setup, bodies: &[Vec<u8>], spans: u64) -> Result<Taken> {
        let folder = tempfile::tempdir()?;
        let (config, key) = (folder.path().join("quipu.toml"), folder.path().join("key"));
        fs::write(&key, a_key())?;
        fs::write(&config, (self.config)(&key))?;
        let arguments = ["--config", &config.to_string_lossy()];
        let server = Server::on(&setup.binary, &folder.path().join("data"), &arguments)?;
        let taken = send::all(&server, bodies, setup.senders)?;
        send::wait_for_search(&server)?;
        let cpu = export::cpu(server.id())? * 1e6 / spans as f64;
        server.stop()?;
        let rate = spans as f64 / taken.as_secs_f64();
        println!("{:<9} {rate:>8.0} spans/s, {cpu:.1} µs of processors a span", self.name);
        Ok(Taken { rate, cpu })
    }
}

/// A key as the guide wants it: 64 hexadecimal digits. It guards nothing here.
fn a_key() -> String {
    let mut random = Random::new(32);
    let mut key = String::new();
    for _ in 0..4 {
        let _ = write!(key, "{:016x}", random.next());
    }
    key
}

/// Each figure's own median.
fn median(turns: &[Taken]) -> Taken {
    let of = |figure: fn(&Taken) -> f64| {
        let mut values: Vec<f64> = turns.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Taken { rate: of(|taken| taken.rate), cpu: of(|taken| taken.cpu) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_and_each_figure_has_its_own_median() {
        assert!(a_key().len() == 64 && a_key().bytes().all(|byte| byte.is_ascii_hexdigit()));
        let turns = [(1.0, 9.0), (3.0, 7.0), (2.0, 8.0)].map(|(rate, cpu)| Taken { rate, cpu });
        assert_eq!((median(&turns).rate, median(&turns).cpu), (2.0, 8.0));
    }
}
