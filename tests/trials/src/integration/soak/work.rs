//! Work of a day: spans at a pace, queries, connections that open and close.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::integration::faults::{SPANS, body};
use crate::integration::{Http, Server};

const SENDERS: u64 = 4;
/// Queries of users and programs.
const QUESTIONS: [&str; 8] = [
    "traces?limit=50",
    "traces?limit=20&q=cart",
    "usage",
    "usage?group_by=service",
    "facets?field=service",
    "events?limit=50",
    "sessions?limit=20",
    "system",
];
/// Between two questions, and between two connections that break off.
const PAUSE: Duration = Duration::from_millis(100);

/// Finished work.
#[derive(Default, Clone)]
pub struct Done {
    pub spans: u64,
    pub refused: u64,
    pub asked: u64,
    pub failed: u64,
    pub broken: u64,
    /// The first that went wrong.
    pub why: String,
}

#[derive(Default)]
struct Shared {
    over: AtomicBool,
    next: AtomicU64,
    done: Mutex<Done>,
    /// Milliseconds since they were asked for last.
    ingest: Mutex<Vec<f64>>,
    questions: Mutex<Vec<f64>>,
}

/// Running work.
pub struct Work {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Work {
    /// Begins, with this many spans a second.
    pub fn start(server: &Server, pace: u64) -> Self {
        let shared = Arc::new(Shared::default());
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
        for sender in 0..SENDERS {
            let (shared, url) = (Arc::clone(&shared), format!("{}/v1/traces", server.otlp_http));
            let every = Duration::from_secs_f64((SPANS * SENDERS) as f64 / pace.max(1) as f64);
            threads.push(std::thread::spawn(move || shared.send(&url, every, sender)));
        }
        let (asking, api) = (Arc::clone(&shared), server.api(""));
        threads.push(std::thread::spawn(move || asking.ask(&api)));
        let (breaking, address) = (Arc::clone(&shared), server.otlp_http.replace("http://", ""));
        threads.push(std::thread::spawn(move || breaking.break_off(&address)));
        Self { shared, threads }
    }

    /// The 99th percentiles since they were asked for last, in milliseconds.
    pub fn latencies(&self) -> (f64, f64) {
        (p99(&self.shared.ingest), p99(&self.shared.questions))
    }

    /// Ends it.
    pub fn stop(self) -> Done {
        self.shared.over.store(true, Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
        locked(&self.shared.done).clone()
    }
}

impl Shared {
    fn send(&self, url: &str, every: Duration, sender: u64) {
        let http = Http::new(Duration::from_secs(30));
        let (begin, service) = (Instant::now(), format!("agent-{sender}"));
        for turn in 1.. {
            if self.over.load(Relaxed) {
                return;
            }
            let number = self.next.fetch_add(1, Relaxed) + 1;
            let body = body(number, &service);
            let began = Instant::now();
            let answer = http.post(url, &[("content-type", "application/json")], &body);
            locked(&self.ingest).push(began.elapsed().as_secs_f64() * 1e3);
            let mut done = locked(&self.done);
            match answer {
                Ok(answer) if answer.status == 200 => done.spans += SPANS,
                Ok(answer) => {
                    done.refused += 1;
                    done.why = format!("{} {}", answer.status, answer.text());
                }
                Err(error) => {
                    done.refused += 1;
                    done.why = format!("{error:#}");
                }
            }
            drop(done);
            std::thread::sleep((every * turn).saturating_sub(begin.elapsed()));
        }
    }

    fn ask(&self, api: &str) {
        let http = Http::new(Duration::from_secs(30));
        for question in QUESTIONS.iter().cycle() {
            if self.over.load(Relaxed) {
                return;
            }
            let began = Instant::now();
            let answer = http.get(&format!("{api}{question}"));
            locked(&self.questions).push(began.elapsed().as_secs_f64() * 1e3);
            let mut done = locked(&self.done);
            done.asked += 1;
            let why = match answer {
                Ok(answer) if answer.status == 200 => None,
                Ok(answer) => Some(format!("{question}: {} {}", answer.status, answer.text())),
                Err(error) => Some(format!("{question}: {error:#}")),
            };
            if let Some(why) = why {
                done.failed += 1;
                done.why = why;
            }
            drop(done);
            std::thread::sleep(PAUSE);
        }
    }

    /// Connections that end in the middle of a request, as those of killed agents do.
    fn break_off(&self, address: &str) {
        while !self.over.load(Relaxed) {
            if let Ok(mut stream) = TcpStream::connect(address) {
                let head = "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{";
                let _ = stream.write_all(head.as_bytes());
                locked(&self.done).broken += 1;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

fn p99(values: &Mutex<Vec<f64>>) -> f64 {
    let mut values = std::mem::take(&mut *locked(values));
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).copied().unwrap_or(0.0)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
