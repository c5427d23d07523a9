//! `peers`: Quipu, Phoenix and `MLflow`, on the same machine, with the same load from the same senders.
//!
//! Each keeps its database on disk. One after the other does all of this: it starts on an empty folder,
//! rests, gets a few untimed spans, and gets the load over OTLP/HTTP in protobuf. Then it stops, starts again
//! on its data, and answers queries. Versions, licences and settings: `integration/products.rs`.
//!
//! - Untimed spans begin every day of the load and let every process read its code, so the timed product is
//!   warm.
//! - *Durable* spans a second go from the first request until the product's own database holds every span.
//!   Quipu and `MLflow` acknowledge stored spans. Phoenix acknowledges before it stores, so its database is
//!   polled until all are there. Quipu has them on disk by then, and indexes every word meanwhile, which the
//!   others do not. `MLflow` leaves SQLite at `synchronous = FULL`. Phoenix sets it to `OFF`, so its database
//!   survives a crash of the process but not of the machine.
//! - Memory is that of all processes of a product; `pss` counts pages that they share once.
//! - Bytes a span are those of the folder once the product has stopped, after a checkpoint of its database.
//!   They include the size of an empty store. For Quipu they also include the files of each of the load's
//!   thirty days, which weigh more the fewer spans there are.
//! - Queries use a product's own API, and each answer must hold the sent data. The figure `tokens.of_sent` is
//!   the share of all sent tokens in its total.
//!
//! Quipu takes turns with the others, and its rate is the median. The reason: it stores the spans within a
//! second, in which the machine may have other load. The figures apply to this number of spans: a peer that
//! takes minutes for 20,000 spans cannot store ten million.

mod measure;
mod ours;
mod product;
mod theirs;

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use self::measure::{Rate, Work};
use self::ours::Quipu;
use self::product::Product;
use self::theirs::{Mlflow, Phoenix};
use super::{Figures, Load, Setup};
use crate::integration::Http;
use crate::{shell, table};

/// Measures all, and compares.
///
/// # Errors
/// Quipu could not be measured; with `--strict`, or a peer.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    let cache = shell::target().join("xtask");
    fs::create_dir_all(&cache).with_context(|| format!("{}", cache.display()))?;
    let work = Work::new(&Load::new(setup.peer_spans), setup.senders)?;
    let http = Http::new(std::time::Duration::from_secs(60));
    let quipu = Quipu { binary: setup.binary.clone(), http };
    let mut ours = vec![measure::all(&quipu, &work, figures)?];
    let mut theirs = Vec::new();
    let peers: [Box<dyn Product>; 2] =
        [Box::new(Phoenix { cache: cache.clone() }), Box::new(Mlflow { cache: cache.clone() })];
    for peer in peers {
        match measure::all(peer.as_ref(), &work, figures) {
            Ok(rate) => theirs.push((peer.name(), rate)),
            Err(error) if setup.strict => return Err(error.context(peer.name())),
            Err(error) => println!("{} is left out: {error:#}", peer.name()),
        }
        ours.push(measure::rate(&quipu, &work)?);
    }
    let ours = Rate {
        acked: median(&ours, |rate| rate.acked),
        durable: median(&ours, |rate| rate.durable),
        cpu_us: median(&ours, |rate| rate.cpu_us),
    };
    compare(&ours, &theirs, figures);
    beside(figures);
    Ok(())
}

/// Rates, and how many times as fast as each of the others.
fn compare(ours: &Rate, theirs: &[(&'static str, Rate)], figures: &mut Figures) {
    for (name, rate) in [("quipu", ours)].into_iter().chain(theirs.iter().map(|(name, rate)| (*name, rate))) {
        figures.add(format!("peers.{name}.spans_per_s"), rate.durable, "spans/s");
        figures.add(format!("peers.{name}.acked_spans_per_s"), rate.acked, "spans/s");
        figures.add(format!("peers.{name}.cpu_us_per_span"), rate.cpu_us, "µs");
    }
    for (name, rate) in theirs {
        let against = format!("{name}, until its database holds every span");
        figures.ratio(format!("peers.{name}.ingest"), ours.durable / rate.durable, against);
        let against = format!("{name}'s processor time a span, of ours");
        figures.ratio(format!("peers.{name}.cpu"), rate.cpu_us / ours.cpu_us, against);
    }
    match theirs.iter().max_by(|(_, one), (_, other)| one.durable.total_cmp(&other.durable)) {
        Some((name, rate)) => {
            let against = format!("the fastest of the {} that were measured: {name}", theirs.len());
            figures.ratio("peers.vs_fastest", ours.durable / rate.durable, against);
        }
        None => println!("neither peer was measured: there is nothing to compare with"),
    }
}

/// Prints the same figures of all products side by side.
fn beside(figures: &Figures) {
    const NAMES: [&str; 3] = ["quipu", "phoenix", "mlflow"];
    let of = |name: &str| format!("peers.{name}.");
    let rows: Vec<Vec<String>> = figures
        .all(&of(NAMES[0]))
        .map(|(what, _)| {
            let value = |name: &&str| figures.value(&(of(name) + what));
            let cells =
                NAMES.iter().map(|name| value(name).map_or_else(|| "-".to_owned(), super::figures::short));
            std::iter::once(what.to_owned()).chain(cells).collect()
        })
        .collect();
    println!();
    table::print(&["figure", NAMES[0], NAMES[1], NAMES[2]], &rows);
}

fn median(rates: &[Rate], of: impl Fn(&Rate) -> f64) -> f64 {
    let mut values: Vec<f64> = rates.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Elements of a list; 0 of anything else.
fn length(value: &Value) -> f64 {
    value.as_array().map_or(0, Vec::len) as f64
}

/// A number; 0 of anything else.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn rate(durable: f64) -> Rate {
        Rate { acked: durable * 2.0, durable, cpu_us: 3_000_000.0 / durable }
    }

    #[test]
    fn the_fastest_peer_is_the_one_to_beat() {
        let mut figures = Figures::default();
        compare(&rate(30_000.0), &[("phoenix", rate(500.0)), ("mlflow", rate(1_500.0))], &mut figures);
        assert_eq!(figures.value("peers.phoenix.ingest"), Some(60.0));
        assert_eq!(figures.value("peers.mlflow.ingest"), Some(20.0));
        assert_eq!(figures.value("peers.vs_fastest"), Some(20.0));
        assert_eq!(figures.value("peers.phoenix.cpu"), Some(60.0));
        assert_eq!(figures.value("peers.phoenix.acked_spans_per_s"), Some(1_000.0));
    }

    #[test]
    fn without_a_peer_there_is_no_ratio() {
        let mut figures = Figures::default();
        compare(&rate(30_000.0), &[], &mut figures);
        assert_eq!(
            (figures.value("peers.vs_fastest"), figures.value("peers.quipu.spans_per_s")),
            (None, Some(30_000.0))
        );
    }
}
