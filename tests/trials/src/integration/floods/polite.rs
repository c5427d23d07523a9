//! A sender with a small load that must be served, and the ledger of its acknowledged requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::integration::faults::{SPANS, body};
use crate::integration::{Http, Server};

/// Between two requests.
const PACE: Duration = Duration::from_millis(50);

/// Results of a sender.
#[derive(Default)]
pub struct Seen {
    pub sent: u64,
    pub refused: u64,
    /// The first rejection.
    pub why: String,
    pub slowest: Duration,
    times: Vec<Duration>,
    /// Numbers of the requests that were accepted whole.
    acknowledged: Vec<u64>,
}

impl Seen {
    /// The 99th percentile of the times of its requests.
    pub fn p99(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len() * 99 / 100).copied().unwrap_or_default()
    }

    /// Acknowledged requests of which a span is missing in the store.
    ///
    /// # Errors
    /// The store does not list the traces of the service.
    pub fn lost(&self, server: &Server, service: &str) -> Result<Vec<u64>> {
        let http = Http::new(Duration::from_secs(240));
        let mut stored = BTreeMap::new();
        let mut cursor = String::new();
        loop {
            let path = format!("traces?service={service}&limit=1000{cursor}");
            let page = http.json(&server.api(&path))?;
            for trace in page["traces"].as_array().into_iter().flatten() {
                let number = trace["trace_id"].as_str().and_then(|id| u64::from_str_radix(id, 16).ok());
                stored.insert(number.unwrap_or_default(), trace["spans"].as_u64().unwrap_or_default());
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let is_lost = |number: &&u64| stored.get(number) != Some(&SPANS);
        Ok(self.acknowledged.iter().filter(is_lost).copied().collect())
    }
}

/// A sender at work, twenty requests a second of fifty spans each.
pub struct Polite {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

impl Polite {
    pub fn start(server: &Server, service: &str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (ended, url, service) =
            (Arc::clone(&over), format!("{}/v1/traces", server.otlp_http), service.to_owned());
        let thread = std::thread::spawn(move || {
            let http = Http::new(Duration::from_secs(20));
            let mut seen = Seen::default();
            while !ended.load(Ordering::Relaxed) {
                let begin = Instant::now();
                seen.send(&http, &url, &service);
                std::thread::sleep(PACE.saturating_sub(begin.elapsed()));
            }
            seen
        });
        Self { over, thread }
    }

    /// Ends the sender and returns its results; empty for one that panicked.
    pub fn stop(self) -> Seen {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

impl Seen {
    fn send(&mut self, http: &Http, url: &str, service: &str) {
        let begin = Instant::now();
        self.sent += 1;
        let answer = http.post(url, &[("content-type", "application/json")], &body(self.sent, service));
        self.slowest = self.slowest.max(begin.elapsed());
        self.times.push(begin.elapsed());
        let why = match answer {
            Ok(answer) if answer.status == 200 && !answer.text().contains("rejectedSpans") => None,
            Ok(answer) => Some(format!("{} {}", answer.status, answer.text())),
            Err(error) => Some(format!("{error:#}")),
        };
        match why {
            None => self.acknowledged.push(self.sent),
            Some(why) => {
                self.refused += 1;
                if self.why.is_empty() {
                    self.why = why;
                }
            }
        }
    }
}
