//! The recordings, each as its framework exported it while it talked to a mock model server.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use quipu::core::{Batch, Clock, Intake, Limits, Span, SystemClock, Timestamp};
use quipu_otlp::{Encoding, Signal};

/// A unit of replay: a trace, or all signals of a coding agent's session.
pub(super) struct Tape {
    pub(super) batch: Batch,
    /// Sessions that it names.
    pub(super) sessions: BTreeSet<String>,
    /// Users that it names.
    pub(super) users: BTreeSet<String>,
    /// Its end.
    pub(super) end: Timestamp,
    /// Whether it is a coding agent's session: that keeps its own service, and is no conversation of another.
    pub(super) of_coding_agent: bool,
}

type Part = (Signal, Encoding, &'static [u8]);

macro_rules! recording {
    ($signal:ident, $encoding:ident, $file:literal) => {
        (
            Signal::$signal,
            Encoding::$encoding,
            include_bytes!(concat!("../../../../../tests/fixtures/recordings/", $file)).as_slice(),
        )
    };
}

/// Recordings of frameworks: each of their traces is a tape.
const AGENTS: &[Part] = &[
    recording!(Traces, Protobuf, "langgraph--openinference/001.traces.pb"),
    recording!(Traces, Protobuf, "crewai--openinference/001.traces.pb"),
    recording!(Traces, Protobuf, "openai-agents--openinference/001.traces.pb"),
    recording!(Traces, Protobuf, "anthropic--openllmetry/001.traces.pb"),
    recording!(Traces, Protobuf, "openai--openllmetry/001.traces.pb"),
    recording!(Traces, Protobuf, "smolagents--openinference/001.traces.pb"),
    recording!(Traces, Protobuf, "ollama--openllmetry/001.traces.pb"),
];

/// Recordings of coding agents: spans, logs and metrics tell of the same calls, so that each is one tape.
const CODING: &[&[Part]] = &[
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
    for part in AGENTS {
        tapes.extend(
            traces(decoded(part)?.spans)
                .map(|spans| Tape::of(Batch { spans, ..Batch::default() }, false, intake)),
        );
    }
    for parts in CODING {
        let mut batch = Batch::default();
        for part in *parts {
            batch.append(decoded(part)?);
        }
        tapes.push(Tape::of(batch, true, intake));
    }
    Ok(tapes)
}

fn decoded((signal, encoding, bytes): &Part) -> Result<Batch> {
    // Recordings are in the past, and may have any age at their replay.
    let limits = Limits::of_any_age();
    let decoded = quipu_otlp::decode(*signal, bytes, *encoding, &limits, SystemClock.now());
    Ok(decoded.context("a recording of the demo does not decode")?.batch)
}

fn traces(spans: Vec<Span>) -> impl Iterator<Item = Vec<Span>> {
    let mut traces: Vec<Vec<Span>> = Vec::new();
    for span in spans {
        match traces.iter_mut().find(|trace| trace[0].trace_id == span.trace_id) {
            Some(trace) => trace.push(span),
            None => traces.push(vec![span]),
        }
    }
    traces.into_iter()
}

impl Tape {
    fn of(batch: Batch, of_coding_agent: bool, intake: &dyn Intake) -> Self {
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
            of_coding_agent,
            batch,
        }
    }
}
