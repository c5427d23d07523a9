//! Export of traces as a file.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use quipu_core::{Error, Store, TracePage, TraceQuery};
use quipu_query::{FILTER_PARAMS, parse_trace_filter};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::Problem;
use crate::csv::{self, Row};
use crate::dto::{ExportParams, FilterParams, TraceSummary};
use crate::extract::Ask;
use crate::shared::Shared;
use crate::spawned::spawn;

/// Traces per read; at most two such pages are in memory.
const PAGE: usize = 500;
/// A client that reads nothing for this time is disconnected.
const PATIENCE: Duration = Duration::from_secs(60);

/// Format of an export.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Jsonl,
}

const FORMATS: &[(&str, Format)] = &[("csv", Format::Csv), ("jsonl", Format::Jsonl)];

impl Format {
    const fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Jsonl => "application/jsonl; charset=utf-8",
        }
    }

    const fn disposition(self) -> &'static str {
        match self {
            Self::Csv => "attachment; filename=\"traces.csv\"",
            Self::Jsonl => "attachment; filename=\"traces.jsonl\"",
        }
    }

    fn page(self, page: &TracePage) -> Bytes {
        let mut text = Vec::new();
        for trace in page.rows.iter().map(TraceSummary::from) {
            match self {
                Self::Csv => row(&trace).write(&mut text),
                Self::Jsonl => {
                    // A vector takes everything that is written.
                    let _ = serde_json::to_writer(&mut text, &trace);
                    text.push(b'\n');
                }
            }
        }
        text.into()
    }
}

/// Export traces
///
/// All matching traces as a file, newest first. CSV (RFC 4180) has a header; a text that a spreadsheet would
/// run as a formula gets a leading apostrophe. JSON Lines has one object per line, as in `/api/v1/traces`.
#[utoipa::path(get, path = "/api/v1/export/traces", tag = "traces", params(ExportParams, FilterParams),
    responses((status = 200, description = "The file.", content((String = "text/csv"), (String = "application/jsonl")))))]
pub(crate) async fn export_traces(State(api): Shared, Ask(params): Ask) -> Result<Response, Problem> {
    params.allow(&[&["format"], FILTER_PARAMS], &[])?;
    let format = params.word("format", FORMATS)?.unwrap_or(Format::Csv);
    let filter = parse_trace_filter(&params)?;
    let query = TraceQuery { filter, limit: PAGE, ..TraceQuery::default() };
    // The first page is read now, so an error of the store becomes a problem.
    let first = api.store.traces(&query).await?;
    let (pages, stream) = mpsc::channel(1);
    spawn(write(Arc::clone(&api.store), query, first, format, pages));
    let headers = [(CONTENT_TYPE, format.media()), (CONTENT_DISPOSITION, format.disposition())];
    Ok((headers, Body::from_stream(ReceiverStream::new(stream))).into_response())
}

/// Writes page after page, as fast as they are read. An error ends the answer early, so the client notices
/// it.
async fn write(
    store: Arc<dyn Store>,
    mut query: TraceQuery,
    first: TracePage,
    format: Format,
    pages: mpsc::Sender<Result<Bytes, Error>>,
) {
    let head = if format == Format::Csv { csv::line(COLUMNS) } else { Bytes::new() };
    let mut next = Ok(first);
    if !send(&pages, Ok(head)).await {
        return;
    }
    loop {
        let page = match next {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "an export ended before its end");
                send(&pages, Err(error)).await;
                return;
            }
        };
        if !send(&pages, Ok(format.page(&page))).await {
            return;
        }
        query.cursor = page.next;
        if query.cursor.is_none() {
            return;
        }
        next = store.traces(&query).await;
    }
}

/// Whether the client accepted the chunk.
async fn send(pages: &mpsc::Sender<Result<Bytes, Error>>, part: Result<Bytes, Error>) -> bool {
    matches!(tokio::time::timeout(PATIENCE, pages.send(part)).await, Ok(Ok(())))
}

const COLUMNS: &[&str] = &[
    "trace_id",
    "name",
    "service",
    "framework",
    "convention",
    "started_at",
    "duration_ms",
    "status",
    "spans",
    "llm_calls",
    "tool_calls",
    "errors",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "cost_reason",
    "subscription_usd",
    "unpriced_calls",
    "reported_cost_usd",
    "session_id",
    "user_id",
    "project",
    "commit",
    "branch",
    "tags",
    "agents",
    "models",
];

fn row(trace: &TraceSummary) -> Row {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let usd = |usd: &Option<quipu_core::Usd>| usd.map(|usd| usd.to_string()).unwrap_or_default();
    let tokens = &trace.tokens;
    let figures = [trace.spans, trace.llm_calls, trace.tool_calls, trace.errors];
    let used = [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write, tokens.reasoning];
    Row::default()
        .texts([trace.trace_id.clone(), trace.name.clone(), optional(&trace.service)])
        .texts([optional(&trace.framework), optional(&trace.convention), trace.started_at.clone()])
        .figures([trace.duration_ms.to_string()])
        .texts([trace.status.clone()])
        .figures(figures.into_iter().chain(used).map(|figure| figure.to_string()))
        .figures([usd(&trace.cost_usd)])
        .texts([optional(&trace.cost_reason)])
        .figures([
            usd(&trace.subscription_usd),
            trace.unpriced_calls.to_string(),
            usd(&trace.reported_cost_usd),
        ])
        .texts([optional(&trace.session_id), optional(&trace.user_id), optional(&trace.project)])
        .texts([optional(&trace.commit), optional(&trace.branch)])
        .lists([trace.tags.as_slice(), &trace.agents, &trace.models])
}
