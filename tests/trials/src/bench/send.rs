//! Sends a load to a server, as SDKs do.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use super::load::Span;
use super::wire;
use crate::integration::{Http, Server};
use crate::shell;

/// Spans of a request: what SDKs send at once.
const BODY: usize = 500;
/// How often a sender's first request is repeated, at least.
const WARM: usize = 8;
const PAUSE: Duration = Duration::from_millis(200);
/// How long full text may take to know all.
const SEARCH: Duration = Duration::from_secs(600);

/// The spans as OTLP requests.
pub fn bodies(spans: impl Iterator<Item = Span>) -> Vec<Vec<u8>> {
    let mut spans = spans.peekable();
    let mut bodies = Vec::new();
    while spans.peek().is_some() {
        let mut part: Vec<Span> = spans.by_ref().take(BODY).collect();
        part.sort_by_key(|span| span.service);
        bodies.push(wire::request(&part));
    }
    bodies
}

/// Sends all over this many keep-alive connections; returns the time until the last acknowledgement.
///
/// # Errors
/// A request was permanently rejected.
pub fn all(server: &Server, bodies: &[Vec<u8>], senders: usize) -> Result<Duration> {
    to(&server.otlp_http, bodies, senders)
}

/// Sends the same to any receiver of OTLP over HTTP at this address.
///
/// # Errors
/// A request was permanently rejected.
pub fn to(address: &str, bodies: &[Vec<u8>], senders: usize) -> Result<Duration> {
    let sent = Way { address, headers: &[], warm: &[] }.send(bodies, senders, || Ok(()))?;
    println!("sent in {:.1} s; {} requests were told to come back", sent.taken.as_secs_f64(), sent.refused);
    Ok(sent.taken)
}

/// Target of a load, with its options.
pub struct Way<'a> {
    /// The receiver, without a path.
    pub address: &'a str,
    /// Headers of a request other than its type.
    pub headers: &'a [(&'a str, &'a str)],
    /// A request for each sender, that it repeats before the clock starts, over the connection that it keeps,
    /// until every sender's was answered several times. So a receiver of many processes has read its code in
    /// those that will be sent the load.
    pub warm: &'a [Vec<u8>],
}

/// How sending went.
pub struct Sending {
    /// Until the last request was acknowledged.
    pub taken: Duration,
    /// Answers that asked a sender to retry.
    pub refused: u64,
}

impl Way<'_> {
    /// Sends all over this number of keep-alive connections. `before` runs after they are warm, before the
    /// clock starts.
    ///
    /// # Errors
    /// A request was permanently rejected, or an error of `before`.
    pub fn send(
        &self,
        bodies: &[Vec<u8>],
        senders: usize,
        before: impl FnOnce() -> Result<()>,
    ) -> Result<Sending> {
        let (next, refused, warmed) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicUsize::new(0));
        let (ready, start) = (Barrier::new(senders + 1), Barrier::new(senders + 1));
        let sender = |number: usize| -> Result<()> {
            let http = Http::new(Duration::from_secs(120));
            let warm = self.warm_up(&http, self.warm.get(number), &warmed, senders);
            ready.wait();
            start.wait();
            warm?;
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.deliver(&http, body, &refused)?;
            }
            Ok(())
        };
        let (done, begin, results) = std::thread::scope(|scope| {
            let sender = &sender;
            let workers: Vec<_> = (0..senders).map(|number| scope.spawn(move || sender(number))).collect();
            ready.wait();
            let done = before();
            let begin = Instant::now();
            start.wait();
            let ended = workers.into_iter().map(|worker| worker.join());
            let results: Vec<Result<()>> =
                ended.map(|ended| ended.unwrap_or_else(|_| bail!("a sender panicked"))).collect();
            (done, begin, results)
        });
        let taken = begin.elapsed();
        done?;
        results.into_iter().collect::<Result<Vec<()>>>()?;
        Ok(Sending { taken, refused: refused.into_inner() })
    }

    fn warm_up(
        &self,
        http: &Http,
        body: Option<&Vec<u8>>,
        warmed: &AtomicUsize,
        senders: usize,
    ) -> Result<()> {
        let once = || body.map_or(Ok(()), |body| self.deliver(http, body, &AtomicU64::new(0)));
        let result = (0..WARM).try_for_each(|_| once());
        // A failed warm-up is counted as well, so the others do not wait for it.
        warmed.fetch_add(1, Ordering::Relaxed);
        while result.is_ok() && body.is_some() && warmed.load(Ordering::Relaxed) < senders {
            // A server may close an idle connection after a few seconds.
            std::thread::sleep(PAUSE);
            once()?;
        }
        result
    }

    /// Sends until acknowledged; retries after a rejection with a retry time.
    fn deliver(&self, http: &Http, body: &[u8], refused: &AtomicU64) -> Result<()> {
        let url = format!("{}/v1/traces", self.address);
        let headers = [&[("content-type", "application/x-protobuf")], self.headers].concat();
        loop {
            let answer = http.post(&url, &headers, body)?;
            match answer.status {
                200 => return Ok(()),
                429 | 503 => {
                    refused.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(20));
                }
                status => bail!("POST /v1/traces: {status} {}", answer.text()),
            }
        }
    }
}

/// Waits until full text search has every span, by the server's readiness.
///
/// # Errors
/// It is still behind after ten minutes.
pub fn wait_for_search(server: &Server) -> Result<()> {
    wait_for_search_within(server, SEARCH)
}

/// The same with another patience.
///
/// # Errors
/// The index still lags after that.
pub fn wait_for_search_within(server: &Server, patience: Duration) -> Result<()> {
    let http = Http::new(Duration::from_secs(30));
    let url = format!("{}/readyz", server.http);
    let known = || lag(&http, &url).ok().filter(|lag| *lag == 0);
    shell::poll(patience, known)
        .map(drop)
        .ok_or_else(|| anyhow!("full text search is still behind after {patience:?}"))
}

fn lag(http: &Http, url: &str) -> Result<u64> {
    let document = http.json(url)?;
    document
        .pointer("/search/lag_spans")
        .and_then(serde_json::Value::as_u64)
        .ok_or_else(|| anyhow!("{url} tells no lag: {document}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Load;
    use crate::bench::sink::Sink;

    #[test]
    fn every_sender_repeats_its_first_request_before_the_load() {
        let sink = Sink::start().unwrap();
        let load = Load::new(1_000);
        let warm = [wire::request(&load.one_of(10)), wire::request(&load.one_of(10))];
        let way = Way { address: &sink.url, headers: &[("x-any", "thing")], warm: &warm };
        let mut repeated = 0;
        let count = || {
            repeated = sink.spans();
            Ok(())
        };
        let sending = way.send(&bodies(load.iter()), 2, count).unwrap();
        assert!(repeated >= 2 * WARM as u64 * 10 && repeated.is_multiple_of(10), "{repeated}");
        assert_eq!((sending.refused, sink.spans()), (0, repeated + 1_000));
    }

    #[test]
    fn a_receiver_that_is_not_there_is_an_error_for_all_senders() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let address = format!("http://{nobody}");
        let warm = [vec![0], vec![0]];
        let sent = |warm| Way { address: &address, headers: &[], warm }.send(&[vec![0]], 2, || Ok(()));
        assert!(sent(&warm).is_err() && sent(&[]).is_err());
    }

    #[test]
    fn what_goes_wrong_before_the_clock_starts_is_told() {
        let sink = Sink::start().unwrap();
        let way = Way { address: &sink.url, headers: &[], warm: &[] };
        assert!(way.send(&[], 2, || bail!("not yet")).is_err());
    }
}
