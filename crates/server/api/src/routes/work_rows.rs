//! Route of single spans across traces.

use axum::extract::State;
use quipu_query::CursorText;

use super::Answer;
use crate::dto::{FilterParams, WorkSpan, WorkSpansAnswer, WorkSpansParams};
use crate::extract::Ask;
use crate::json::Json;
use crate::shared::Shared;

/// Spans
///
/// Single LLM calls, tool runs and other spans of all traces, in any order: exactly the records that
/// `/api/v1/query` counts under the same filter, with their number. `state=failed` without `kind` lists each
/// failure once, where it began.
#[utoipa::path(get, path = "/api/v1/spans", tag = "figures", params(FilterParams, WorkSpansParams),
    responses((status = 200, description = "Spans.", body = WorkSpansAnswer)))]
pub(crate) async fn work_rows(State(api): Shared, Ask(params): Ask) -> Answer<WorkSpansAnswer> {
    let query = params.work_row_query()?;
    let page = api.store.work_rows(&query).await?;
    Ok(Json(WorkSpansAnswer {
        spans: page.rows.iter().map(WorkSpan::from).collect(),
        total: page.total,
        next_cursor: page.next.map(|next| CursorText::of_work_row(&next, query.sort)),
    }))
}
