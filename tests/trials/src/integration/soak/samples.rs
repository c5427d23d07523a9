//! Figures over time, and a check that they are flat.

use std::fs;
use std::time::Duration;

use anyhow::Result;

use super::work::Work;
use crate::integration::{Report, Server};

/// Limit of growth of memory, files and latency over the second half. Each has a share of its median, and an
/// amount that is noise.
const GROWTH: [(&str, f64, f64); 4] =
    [("RSS", 0.10, 8.0), ("open files", 0.10, 8.0), ("ingest p99", 0.50, 20.0), ("question p99", 0.50, 50.0)];

/// Samples that are judged as one, by the worst of them: a slow question is not in each.
const WINDOW: usize = 12;

/// The server at one time.
pub struct Sample {
    at: Duration,
    threads: usize,
    /// In the order of [`GROWTH`].
    figures: [f64; 4],
}

impl Sample {
    pub fn take(server: &Server, at: Duration, work: &Work) -> Result<Self> {
        let count = |what: &str| fs::read_dir(format!("/proc/{}/{what}", server.id())).map(Iterator::count);
        let files = f64::from(u32::try_from(count("fd")?)?);
        let (ingest, questions) = work.latencies();
        let figures = [server.memory_mib("VmRSS")?, files, ingest, questions];
        Ok(Self { at, threads: count("task")?, figures })
    }
}

/// All of them, in order.
#[derive(Default)]
pub struct Samples(Vec<Sample>);

impl Samples {
    pub fn add(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// Some of them, evenly chosen, the last among them.
    pub fn rows(&self, count: usize) -> Vec<Vec<String>> {
        let step = self.0.len().div_ceil(count).max(1);
        let mut chosen: Vec<&Sample> = self.0.iter().rev().step_by(step).collect();
        chosen.reverse();
        let row = |sample: &&Sample| {
            let [rss, files, ingest, questions] = sample.figures;
            vec![
                format!("{:.1}", sample.at.as_secs_f64() / 60.0),
                format!("{rss:.1}"),
                format!("{files:.0}"),
                sample.threads.to_string(),
                format!("{ingest:.1}"),
                format!("{questions:.1}"),
            ]
        };
        chosen.iter().map(row).collect()
    }

    /// Judges the second half: the first is for caches to fill.
    pub fn verdict(&self, mut report: Report) -> Report {
        let half = self.0.get(self.0.len() / 2..).unwrap_or_default();
        for (index, (name, part, noise)) in GROWTH.iter().enumerate() {
            let (growth, median) = growth(&worst(half, index));
            let allowed = (median * part).max(*noise);
            println!("{name}: {growth:+.1} over the second half, at a median of {median:.1}");
            let wrong = (growth > allowed).then(|| format!("grew by {growth:.1}, {allowed:.1} are noise"));
            report = report.judged(&format!("{name} is flat"), wrong.as_slice());
        }
        report
    }
}

/// The largest of a figure in each window.
fn worst(samples: &[Sample], index: usize) -> Vec<(f64, f64)> {
    let figures = |window: &[Sample]| {
        window.iter().filter_map(|sample| sample.figures.get(index).copied()).fold(0.0, f64::max)
    };
    samples
        .chunks(WINDOW)
        .filter_map(|window| Some((window.last()?.at.as_secs_f64(), figures(window))))
        .collect()
}

/// Growth of a figure over all points by the median of all slopes between two (Theil and Sen), and its
/// median. Single peaks do not count.
fn growth(points: &[(f64, f64)]) -> (f64, f64) {
    let mut slopes: Vec<f64> = Vec::new();
    for (index, (x, y)) in points.iter().enumerate() {
        slopes.extend(points.iter().skip(index + 1).map(|(later, other)| (other - y) / (later - x)));
    }
    let span = points.last().map_or(0.0, |last| last.0) - points.first().map_or(0.0, |first| first.0);
    (median(slopes) * span, median(points.iter().map(|(_, y)| *y).collect()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_slow_in_one_sample_of_many_is_seen_to_grow() {
        let slow = |i: u64| if i.is_multiple_of(5) { 50.0 * i as f64 } else { 10.0 };
        let sample =
            |i| Sample { at: Duration::from_secs(5 * i), threads: 1, figures: [1.0, 1.0, 1.0, slow(i)] };
        let samples: Vec<Sample> = (0..120).map(sample).collect();
        let (gained, _) = growth(&worst(&samples, 3));
        assert!(gained > 4_000.0, "{gained}");
        assert!(growth(&worst(&samples, 0)).0.abs() < 0.1);
    }

    #[test]
    fn a_leak_is_seen_through_noise_and_a_peak_is_none() {
        let at = |index: u32| f64::from(index) * 5.0;
        let leak: Vec<_> = (0..100).map(|i| (at(i), 100.0 + f64::from(i) * 0.5 + f64::from(i % 7))).collect();
        let (gained, _) = growth(&leak);
        assert!((45.0..55.0).contains(&gained), "{gained}");
        let peak: Vec<_> =
            (0..100).map(|i| (at(i), if i == 90 { 500.0 } else { 100.0 + f64::from(i % 7) })).collect();
        let (gained, middle) = growth(&peak);
        assert!(gained.abs() < 3.0, "{gained}");
        assert!((100.0..107.0).contains(&middle));
    }
}
