//! A sender with a small load that must be served.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::integration::faults::body;
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
}

impl Seen {
    /// The 99th percentile of the times of its requests.
    pub fn p99(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len() * 99 / 100).copied().unwrap_or_default()
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
                seen.sent += 1;
                let answer =
                    http.post(&url, &[("content-type", "application/json")], &body(seen.sent, &service));
                seen.slowest = seen.slowest.max(begin.elapsed());
                seen.times.push(begin.elapsed());
                let why = match answer {
                    Ok(answer) if answer.status == 200 => None,
                    Ok(answer) => Some(format!("{} {}", answer.status, answer.text())),
                    Err(error) => Some(format!("{error:#}")),
                };
                if let Some(why) = why {
                    seen.refused += 1;
                    if seen.why.is_empty() {
                        seen.why = why;
                    }
                }
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
