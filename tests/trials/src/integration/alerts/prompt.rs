//! Time to a notice: from the acknowledgement of the call that crosses the line to the message.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use super::calls::Calls;
use crate::integration::hook::{self, Heard};
use crate::integration::{Bench, Report, Server};

const RUNS: usize = 100;
/// A message names ten notices, and a round of evaluation comes every ten seconds.
const APART: Duration = Duration::from_millis(1_300);
const LIMIT: Duration = Duration::from_secs(15);

/// 100 users begin to fail, one after the other, under the default times.
///
/// # Errors
/// The server does not come up.
pub fn run(bench: &Bench, folder: &Path, report: Report) -> Result<Report> {
    let (port, heard) = hook::listen()?;
    let file = folder.join("quipu.toml");
    let config = format!(
        "[alerts]\ngroup_interval = \"1s\"\n[alert.failing]\nkind = \"error_rate\"\ngroup_by = [\"user\"]\n\
         window = \"1m\"\nabove = 0.5\nchannels = [\"hook\"]\n\
         [channel.hook]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\nsend_resolved = false\n"
    );
    std::fs::write(&file, config)?;
    let server =
        Server::beside(&bench.binary, &folder.join("data"), &["--config", &file.display().to_string()])?;
    let (mut calls, mut sent, mut taken) = (Calls::new("prompt"), BTreeMap::new(), BTreeMap::new());
    let end = |sent: usize, last: Instant| sent == RUNS && last.elapsed() > 2 * LIMIT;
    let mut next = Instant::now();
    while !end(sent.len(), next) && taken.len() < RUNS {
        if sent.len() < RUNS && Instant::now() >= next {
            if let Some(user) = calls.fail(&server.otlp_http) {
                sent.insert(user, Instant::now());
            }
            next = Instant::now() + APART;
        }
        let Ok(message) = heard.recv_timeout(Duration::from_millis(20)) else { continue };
        for user in users(&message) {
            if let Some(begin) = sent.get(&user) {
                taken.entry(user).or_insert_with(|| message.at.saturating_duration_since(*begin));
            }
        }
    }
    server.stop()?;
    let mut times: Vec<Duration> = taken.into_values().collect();
    times.sort_unstable();
    let within = times.iter().filter(|taken| **taken <= LIMIT).count();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).map_or(0.0, Duration::as_secs_f64);
    println!("        median {:.1} s, 99th of 100 {:.1} s", at(0.5), at(0.98));
    let wrong = (within < RUNS - 1).then(|| format!("{within} of {RUNS} within {} s", LIMIT.as_secs()));
    Ok(report.judged("a notice comes within 15 s in 99 of 100 runs", wrong.as_slice()))
}

fn users(heard: &Heard) -> Vec<String> {
    let body: Value = serde_json::from_str(&heard.body).unwrap_or_default();
    let notices = body["notices"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
    notices.iter().filter_map(|notice| Some(notice["group"]["user"].as_str()?.to_owned())).collect()
}
