//! Recordings of coding agents, each as its agent exported it while it talked to a mock model server.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use quipu::core::{Batch, Clock, Intake, Limits, SystemClock, Timestamp};
use quipu_otlp::{Encoding, Signal};

/// A unit of replay: all signals of a coding agent's session.
pub(super) struct Tape {
    pub(super) batch: Batch,
    /// Sessions that it names.
    pub(super) sessions: BTreeSet<String>,
    /// Users that it names.
    pub(super) users: BTreeSet<String>,
    /// Its end.
    pub(super) end: Timestamp,
}

type TapeRequest = (Signal, Encoding, &'static [u8]);

macro_rules! recording {
    ($signal:ident, $encoding:ident, $file:literal) => {
        (Signal::$signal, Encoding::$encoding, include_bytes!(concat!("recordings/", $file)).as_slice())
    };
}

/// The folder has links to the recordings of the tests, so that the package of this crate has their contents.
/// Recordings of coding agents: spans, logs and metrics tell of the same calls, so that each is one tape.
const CODING: &[&[TapeRequest]] = &[
    &[
        recording!(Traces, Protobuf, "claude-code/001.traces.pb"),
        recording!(Logs, Protobuf, "claude-code/002.logs.pb"),
        recording!(Metrics, Protobuf, "claude-code/003.metrics.pb"),
    ],
    &[
        recording!(Logs, Json, "gemini-cli/001.logs.json"),
        recording!(Traces, Json, "gemini-cli/002.traces.json"),
        recording!(Metrics, Json, "gemini-cli/003.metrics.json"),
    ],
];

/// Every tape. `intake` reads them for the sessions and users that they name.
pub(super) fn all(intake: &dyn Intake) -> Result<Vec<Tape>> {
    let mut tapes = Vec::new();
    for parts in CODING {
        let mut batch = Batch::default();
        for part in *parts {
            batch.append(decoded(part)?);
        }
        tapes.push(Tape::of(batch, intake));
    }
    Ok(tapes)
}

fn decoded((signal, encoding, bytes): &TapeRequest) -> Result<Batch> {
    // Recordings are in the past, and may have any age at their replay.
    let limits = Limits::of_any_age();
    let decoded = quipu_otlp::decode(*signal, bytes, *encoding, &limits, SystemClock.now());
    Ok(decoded.context("a recording of the demo does not decode")?.batch)
}

impl Tape {
    fn of(batch: Batch, intake: &dyn Intake) -> Self {
        let mut read = Batch {
            spans: batch.spans.clone(),
            events: batch.events.clone(),
            metrics: batch.metrics.clone(),
            ..Batch::default()
        };
        intake.read(&mut read);
        let spans = || read.spans.iter().map(|span| &span.canonical);
        let sessions = spans().filter_map(|read| read.session.as_ref());
        let sessions = sessions.chain(read.events.iter().filter_map(|event| event.session.as_ref()));
        let ends = batch.spans.iter().filter_map(|span| span.end);
        let ends = ends.chain(batch.events.iter().map(|event| event.time));
        let ends =
            ends.chain(batch.metrics.iter().flat_map(|metric| metric.points.iter().map(|point| point.time)));
        Self {
            sessions: sessions.map(ToString::to_string).collect(),
            users: spans().filter_map(|read| read.user.as_ref()).map(ToString::to_string).collect(),
            end: ends.max().unwrap_or_default(),
            batch,
        }
    }
}
