//! Routes of unread sources, and of source drift.

use axum::extract::State;

use super::Answer;
use crate::Problem;
use crate::dto::{Drift, SampleSpan, UnreadAnswer, UnreadSource};
use crate::extract::NoParams;
use crate::json::Json;
use crate::reread::reread;
use crate::shared::{Api, Shared};
use crate::spawned::blocking;
use crate::state::UnreadRecord;

/// Unread sources
///
/// Instrumentation scopes whose spans look like model calls and are not read as calls. Each has its latest
/// span as a sample. A scope that a mapping now reads is not listed.
#[utoipa::path(get, path = "/api/v1/sources/unread", tag = "server",
    responses((status = 200, description = "Sources, latest first.", body = UnreadAnswer)))]
pub(crate) async fn unread_sources(State(api): Shared, _: NoParams) -> Answer<UnreadAnswer> {
    let mut records = (api.unread)();
    records.sort_by_key(|record| std::cmp::Reverse(record.last_seen));
    let mut sources = Vec::with_capacity(records.len());
    for record in records {
        sources.extend(still_unread(&api, record).await?);
    }
    Ok(Json(UnreadAnswer { sources }))
}

/// Drift of sources
///
/// Fields that a source stopped or began to send, by source and version. It also lists the missing data of
/// each source: orphan spans, traces without a root, gaps in numbered records, silent sources.
#[utoipa::path(get, path = "/api/v1/sources/drift", tag = "server",
    responses((status = 200, description = "Changes, latest first.", body = Drift)))]
pub(crate) async fn source_drift(State(api): Shared, _: NoParams) -> Answer<Drift> {
    let read = api.drift.clone();
    let report = blocking(move || read()).await;
    Ok(Json(report.unwrap_or_default().into()))
}

/// The source, unless the current adapters read its sample.
async fn still_unread(api: &Api, record: UnreadRecord) -> Result<Option<UnreadSource>, Problem> {
    let mut row = api.store.span(record.trace_id, record.span_id).await?;
    let mut source = UnreadSource {
        scope: record.scope,
        version: record.version,
        service: record.service,
        spans: record.spans,
        why: record.why,
        first_seen: record.first_seen.to_string(),
        last_seen: record.last_seen.to_string(),
        sample: None,
    };
    if let Some(span) = row.as_mut().and_then(|row| reread(&api.adapters, row)) {
        if quipu_unread::is_unread(&span.canonical).is_none() {
            return Ok(None);
        }
        source.sample = Some(SampleSpan::from(span));
    }
    Ok(Some(source))
}
