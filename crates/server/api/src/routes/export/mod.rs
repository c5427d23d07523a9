//! Export of stored records as files: the routes, and the stream of an answer.

mod format;
mod reader;
mod rows;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use quipu_core::{AnswerMemory, Error, ErrorKind};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::Problem;
use crate::dto::{ExportParams, FilterParams};
use crate::patience::PATIENCE;
use crate::shared::{Api, Shared};
use crate::spawned::background;
use format::Format;
use reader::{Reader, Records};

/// Bytes of records per read; at most two such pages are in memory.
const PAGE_BYTES: usize = 1 << 20;

/// Export traces
///
/// All matching traces as a file, newest first. CSV (RFC 4180) has a header; a text that a spreadsheet would
/// run as a formula gets a leading apostrophe. JSON Lines has one object per line, as in `/api/v1/traces`.
/// `otlp-json` has one `ExportTraceServiceRequest` per line, with all spans of these traces as they were sent.
#[utoipa::path(get, path = "/api/v1/export/traces", tag = "traces", params(ExportParams, FilterParams),
    responses((status = 200, description = "The file.", content((String = "text/csv"), (String = "application/jsonl")))))]
pub(crate) async fn export_traces(State(api): Shared, uri: Uri) -> Result<Response, Problem> {
    answer(api, Records::Traces, &uri).await
}

/// Export records
///
/// All matching `spans`, `calls`, `events` or `metrics` as a file, in the formats of the export of traces.
/// Spans are those of the matching traces. Events take the filters of `/api/v1/events`, metrics the
/// parameters of `/api/v1/metrics/query`; without `name` every metric is exported. Calls and metrics have no
/// `otlp-json`.
#[utoipa::path(get, path = "/api/v1/export/{records}", tag = "traces",
    params(("records" = String, Path, description = "`spans`, `calls`, `events` or `metrics`."), ExportParams,
        FilterParams),
    responses((status = 200, description = "The file.", content((String = "text/csv"), (String = "application/jsonl")))))]
pub(crate) async fn export_records(
    State(api): Shared,
    Path(records): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let Some(records) = Records::named(&records) else {
        let detail = format!("There is no export of {records:?}: traces, spans, calls, events or metrics.");
        return Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "Unknown records", detail));
    };
    answer(api, records, &uri).await
}

/// The file. The first page is read now, so an error of the store becomes a problem.
async fn answer(api: Arc<Api>, records: Records, uri: &Uri) -> Result<Response, Problem> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)?;
    let (format, pairs) = Format::taken_from(pairs)?;
    let mut reader = Reader::new(Arc::clone(&api), records, format, pairs).await?;
    let memory = AnswerMemory::current().with_pages(PAGE_BYTES);
    let first = memory.clone().scope(reader.page()).await?;
    let (pages, stream) = mpsc::channel(1);
    background(memory, write(reader, first, pages));
    let name = format!("attachment; filename=\"{}.{}\"", records.as_str(), format.extension());
    let headers = [(CONTENT_TYPE, format.media().to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(ReceiverStream::new(stream))).into_response())
}

/// Writes page after page, as fast as they are read. A page waits for memory. An error ends the answer early,
/// so the client notices it.
async fn write(mut reader: Reader, first: Option<Bytes>, pages: mpsc::Sender<Result<Bytes, Error>>) {
    if !send(&pages, Ok(reader.head())).await {
        return;
    }
    let mut next = first;
    while let Some(page) = next {
        if !page.is_empty() && !send(&pages, Ok(page)).await {
            return;
        }
        next = match reader.next_page().await {
            Ok(page) => page,
            Err(problem) => {
                tracing::warn!(problem = problem.detail, "an export ended before its end");
                send(&pages, Err(Error::new(ErrorKind::Internal, "export records", "no more"))).await;
                return;
            }
        };
    }
}

/// Whether the client accepted the chunk.
async fn send(pages: &mpsc::Sender<Result<Bytes, Error>>, part: Result<Bytes, Error>) -> bool {
    matches!(tokio::time::timeout(PATIENCE, pages.send(part)).await, Ok(Ok(())))
}
