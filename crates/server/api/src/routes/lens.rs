//! Route of the reading of a span.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

use super::Answer;
use super::traces::named_span;
use crate::dto::LensAnswer;
use crate::extract::NoParams;
use crate::json::Json;
use crate::shared::Shared;
use crate::{Problem, dto, said};

/// Lens
///
/// Explains the reading of one span. Each value has its source attribute, the attributes that were passed
/// over, and the rule. The answer also says whether the span counts, and why.
#[utoipa::path(get, path = "/api/v1/traces/{trace_id}/spans/{span_id}/lens", tag = "traces",
    params(("trace_id" = String, Path, description = "Trace id, 32 hexadecimal digits."),
        ("span_id" = String, Path, description = "Span id, 16 hexadecimal digits.")),
    responses((status = 200, description = "The reading of the span.", body = LensAnswer),
        (status = 404, description = "No such span is stored.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn lens(
    State(api): Shared,
    path: Result<Path<(String, String)>, PathRejection>,
    _: NoParams,
) -> Answer<LensAnswer> {
    let (trace_id, row) = named_span(&api, path).await?;
    let mut records = said::Records::of(trace_id, row.start);
    let mut span = [dto::Span::from(&row)];
    records.add(&api, &mut span).await?;
    let [span] = span;
    Ok(Json(LensAnswer { joined: span.joined, ..LensAnswer::new(trace_id, row, &api.adapters) }))
}
