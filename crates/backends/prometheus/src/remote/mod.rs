//! Push export: remote write, and the Pushgateway.

mod config;
mod pending;
mod push;

pub use config::{Push, RemoteWrite};
pub(crate) use push::Pusher;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use prost::Message as _;
use quipu_core::{Error, ErrorKind, Finding, Leftover, Metric, PointValue, Result, Retry, Timestamp};
use quipu_send::{Answer, Http, Tls, reach};
use tokio::sync::Mutex;

use self::pending::{Figures, Pending};
use crate::Config;
use crate::config::NAME;
use crate::names::TARGET_INFO;
use crate::records::{Changed, Kind, Records, Target};
use crate::wire::{Metadata, TimeSeries, WriteRequest};

const OPERATION: &str = "write metrics";
/// Interval at which metadata of families is repeated, because receivers lose it at a restart.
const TELL_AGAIN: i64 = 10 * 60 * Timestamp::SECOND;
/// Timeout of each step of a connection check.
const WAIT: Duration = Duration::from_secs(5);
/// Longest part of a rejection in the log, in bytes.
const SAID: usize = 300;

/// Sends every point that changes its series, with the cumulative figures of the series.
pub(crate) struct Remote {
    http: Http,
    url: String,
    tls: Tls,
    most: usize,
    state: Mutex<RemoteState>,
}

/// Stored series and pending samples. Pending samples stay here between attempts, so a repeated batch sends
/// the same samples again.
struct RemoteState {
    records: Records,
    target: Target,
    pending: Pending,
    told: HashMap<String, Timestamp>,
}

impl Remote {
    pub(crate) fn new(config: &Config, to: &RemoteWrite) -> Result<Self> {
        let target = Target::new(to.labels.clone());
        let records = Records::new(config).with_targets(target.clone());
        let state = RemoteState { records, target, pending: Pending::default(), told: HashMap::new() };
        Ok(Self {
            http: to.client()?,
            url: to.url.clone(),
            tls: to.tls.clone(),
            most: to.samples_per_request.max(1),
            state: Mutex::new(state),
        })
    }

    /// Stores points and sends the resulting samples.
    ///
    /// # Errors
    /// The receiver does not answer, or rejects the request. Samples worth a retry are kept and sent with the
    /// next ones.
    pub(crate) async fn write(&self, metrics: &[Metric], now: Timestamp) -> Result<()> {
        let mut state = self.state.lock().await;
        metrics.iter().for_each(|metric| state.take(metric, now));
        state.records.sweep(now);
        self.send(&mut state, now).await.map_err(|mut error| match error.take_leftover() {
            // Samples are not records: the number of rejected records is at most that of the batch.
            Some(left) => {
                let unnamed = left.unnamed.min(metrics.len() as u64);
                error.leaving(Leftover { unnamed, ..left })
            }
            None => error,
        })
    }

    /// Sends pending samples.
    pub(crate) async fn flush(&self, now: Timestamp) -> Result<()> {
        let mut state = self.state.lock().await;
        self.send(&mut state, now).await
    }

    async fn send(&self, state: &mut RemoteState, now: Timestamp) -> Result<()> {
        let mut why = None;
        loop {
            let timeseries = state.pending.next(self.most);
            if timeseries.is_empty() {
                break;
            }
            let (series, samples) =
                (timeseries.len(), timeseries.iter().map(|one| one.samples.len() as u64).sum::<u64>());
            let metadata = state.metadata(&timeseries, now);
            let told: Vec<String> = metadata.iter().map(|one| one.family.clone()).collect();
            let posted = self.post(&WriteRequest { timeseries, metadata }).await;
            let answer = posted.inspect_err(|_| state.pending.bound())?;
            if !answer.is_success() {
                let error = answer.error(OPERATION).of_backend(NAME);
                note(&answer);
                // Access may be granted later, so pending samples are kept.
                if error.retry() == Retry::Yes || error.kind() == ErrorKind::Denied {
                    state.pending.bound();
                    return Err(error.with_retry(Retry::Yes));
                }
                state.pending.lose(samples);
                why = Some(error);
            }
            state.told(told, now);
            state.pending.done(series);
        }
        // Counted only at the end: an attempt that fails earlier leaves the count to the next one.
        let refused = state.pending.take_lost();
        if refused == 0 {
            return Ok(());
        }
        let full = || Error::new(ErrorKind::Exhausted, OPERATION, "too many samples were pending");
        let error = why.unwrap_or_else(full).of_backend(NAME);
        Err(error.leaving(Leftover { unnamed: refused, ..Leftover::default() }))
    }

    async fn post(&self, request: &WriteRequest) -> Result<Answer> {
        let body = snap::raw::Encoder::new().compress_vec(&request.encode_to_vec()).map_err(|cause| {
            Error::new(ErrorKind::Internal, OPERATION, "snappy").of_backend(NAME).caused_by(cause)
        })?;
        let headers = [
            ("content-type", "application/x-protobuf"),
            ("content-encoding", "snappy"),
            ("x-prometheus-remote-write-version", "0.1.0"),
        ];
        let headers = headers
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .into_iter()
            .collect();
        let sent = self.http.send(Method::POST, &self.url, headers, body);
        sent.await.map_err(|error| error.of_backend(NAME))
    }

    /// Findings: whether the receiver can be reached, and accepts a request without series.
    pub(crate) async fn probe(&self) -> Vec<Finding> {
        let mut findings = reach(&self.url, &self.tls, WAIT).await;
        if findings.iter().all(|finding| finding.ok) {
            let answer = self.post(&WriteRequest::default()).await;
            findings.push(verdict("remote write", answer));
        }
        findings
    }
}

/// The finding of a check's answer.
fn verdict(step: &str, answer: Result<Answer>) -> Finding {
    let (ok, said) = match answer {
        Ok(answer) if answer.is_success() => (true, format!("taken ({})", answer.status)),
        Ok(answer) => (
            false,
            match answer.status {
                401 | 403 => {
                    format!("answered {}: the credentials are missing or wrong; set `headers`", answer.status)
                }
                404 => "answered 404: is the path of the address right, and is remote write switched on?"
                    .to_owned(),
                status => format!("answered {status}"),
            },
        ),
        Err(error) => (false, error.to_string()),
    };
    Finding { step: step.to_owned(), ok, said }
}

/// A receiver's rejection names series, and contains no message contents.
fn note(answer: &Answer) {
    let said = String::from_utf8_lossy(answer.body.get(..SAID.min(answer.body.len())).unwrap_or_default())
        .into_owned();
    tracing::debug!(status = answer.status, said = said.trim(), "remote write was rejected");
}

impl RemoteState {
    fn take(&mut self, metric: &Metric, now: Timestamp) {
        let Self { records, pending, target, .. } = self;
        let mut latest = None;
        records.take_each(metric, now, |changed| {
            if let Some(value) = changed.series.total(changed.kind) {
                pending.add(&figures(changed, &value));
                latest = latest.max(Some(changed.point.time));
            }
        });
        if let (Some(time), Some(labels)) = (latest, target.info(&metric.resource)) {
            let value = PointValue::Number(1.0);
            let (full, kind) = (TARGET_INFO, Kind::Gauge);
            pending.add(&Figures { full, kind, labels: &labels, value: &value, time, exemplars: &[] });
        }
    }

    /// Metadata of these series' families, unless it was sent recently.
    fn metadata(&self, series: &[TimeSeries], now: Timestamp) -> Vec<Metadata> {
        let name = |one: &TimeSeries| {
            one.labels.iter().find(|label| label.name == "__name__").map(|label| label.value.clone())
        };
        let names: HashSet<String> = series.iter().filter_map(name).collect();
        let told = &self.told;
        let due = |full: &str| told.get(full).is_none_or(|at| now.since(*at) >= TELL_AGAIN);
        self.records.metadata(|full, samples| due(full) && samples.iter().any(|one| names.contains(one)))
    }

    /// Records that the receiver has the metadata of these families.
    fn told(&mut self, families: Vec<String>, now: Timestamp) {
        self.told.retain(|_, at| now.since(*at) < TELL_AGAIN);
        self.told.extend(families.into_iter().map(|family| (family, now)));
    }
}

fn figures<'a>(changed: &'a Changed<'a>, value: &'a PointValue) -> Figures<'a> {
    let Changed { full, kind, labels, point, .. } = changed;
    Figures { full, kind: *kind, labels, value, time: point.time, exemplars: &point.exemplars }
}
