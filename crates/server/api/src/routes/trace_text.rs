//! JSON of a trace, written span by span: see [`TraceAnswer`](crate::dto::TraceAnswer) for its shape.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use quipu_core::{AnswerMemory, Error, ErrorKind, MEMORY, SpanQuery, SpanRow, TraceRow};
use quipu_query::CursorText;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::dto::TraceSummary;
use crate::json::Text;
use crate::patience::{PATIENCE, Patience};
use crate::shared::Api;
use crate::spawned::background;
use crate::{Problem, said};

/// Bytes of spans per read.
const PAGE: usize = 1 << 20;
/// Memory for a span with its messages and its JSON value, as a multiple of the span itself.
const COPIES: usize = 4;

/// The answer. A text that fits into one chunk is sent whole. A longer text is sent in chunks; each is made
/// after the client read the previous one.
pub(super) async fn answer(api: Arc<Api>, row: &TraceRow, query: SpanQuery) -> Result<Response, Problem> {
    let memory = AnswerMemory::current();
    let left = query.limit;
    let mut text = Text::default();
    let head = text.text("{\"trace\":").and_then(|()| text.json(&TraceSummary::from(row)));
    head.and_then(|()| text.text(",\"spans\":[")).map_err(unwritten)?;
    let is_small = row.spans <= said::MOST_SPANS;
    let of = if is_small { said::Records::of } else { said::Records::none };
    let records = of(row.trace_id, row.started_at);
    let memory_of_pages = memory.clone().with_pages(PAGE);
    let mut trace = TraceText { api, query, left, memory: memory_of_pages, begun: false, records };
    let more = trace.write(&mut text).await?;
    let json = (CONTENT_TYPE, "application/json");
    if !more {
        return Ok(([json], text.into_body()).into_response());
    }
    let first = text.into_parts()?;
    let (parts, stream) = mpsc::channel(1);
    background(memory, write(trace, first, parts));
    Ok(([json], Body::from_stream(ReceiverStream::new(stream))).into_response())
}

type Part = Result<Bytes, Error>;

/// Writes chunk after chunk, as fast as they are read. An error ends the answer early, so the client notices
/// it.
async fn write(mut trace: TraceText, mut ready: VecDeque<Bytes>, parts: mpsc::Sender<Part>) {
    let mut more = true;
    loop {
        while let Some(part) = ready.pop_front() {
            if !matches!(tokio::time::timeout(PATIENCE, parts.send(Ok(part))).await, Ok(Ok(()))) {
                return;
            }
        }
        // The next part is made once all of this one was taken.
        match tokio::time::timeout(PATIENCE, parts.reserve()).await {
            Ok(Ok(_)) if more => {}
            _ => return,
        }
        match trace.part().await {
            Ok((text, is_more)) => (ready, more) = (text, is_more),
            Err(problem) => {
                tracing::warn!(problem = problem.detail, "a trace's answer ended before its end");
                let _ = parts.send(Err(Error::new(ErrorKind::Internal, "write a trace", "no more"))).await;
                return;
            }
        }
    }
}

/// A trace during its output.
struct TraceText {
    api: Arc<Api>,
    query: SpanQuery,
    /// Remaining number of spans.
    left: usize,
    memory: AnswerMemory,
    begun: bool,
    records: said::Records,
}

impl TraceText {
    /// The next chunk. Waits for memory.
    async fn part(&mut self) -> Result<(VecDeque<Bytes>, bool), Problem> {
        let patience = Patience::begin();
        loop {
            let (after, begun, left) = (self.query.after, self.begun, self.left);
            let mut text = Text::default();
            let made = self.write(&mut text).await;
            match made.and_then(|more| Ok((text.into_parts()?, more))) {
                Ok(part) => return Ok(part),
                Err(problem) => patience.pause(problem).await?,
            }
            (self.query.after, self.begun, self.left) = (after, begun, left);
        }
    }

    /// Writes the spans of one page and, after the last page, the end. Returns whether there is more.
    async fn write(&mut self, text: &mut Text) -> Result<bool, Problem> {
        self.query.limit = self.left;
        let page = self.memory.clone().scope(self.api.store.spans(&self.query)).await?;
        self.left -= page.rows.len().min(self.left);
        let bytes: usize = page.rows.iter().map(SpanRow::bytes).sum();
        let _hold = self.memory.hold(bytes.saturating_mul(COPIES))?;
        let mut spans = said::spans(&self.api, self.query.trace_id, page.rows).await?;
        self.records.add(&self.api, &mut spans).await?;
        for span in spans {
            if std::mem::replace(&mut self.begun, true) {
                text.text(",").map_err(unwritten)?;
            }
            text.json(&span).map_err(unwritten)?;
        }
        self.query.after = page.next;
        let more = page.next.is_some() && self.left > 0;
        if !more {
            let next_after = page.next.map(|(start, span_id)| CursorText::of_span(start, span_id));
            let end = text.text("],\"next_after\":").and_then(|()| text.json(&next_after));
            end.and_then(|()| text.text("}")).map_err(unwritten)?;
        }
        Ok(more)
    }
}

fn unwritten(error: Option<Error>) -> Problem {
    let text = "the answer cannot be written; the server's log says why";
    error.unwrap_or_else(|| Error::new(ErrorKind::Internal, MEMORY, text)).into()
}
