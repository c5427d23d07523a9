//! Route of the signals that each framework sends.

use axum::extract::State;

use super::Answer;
use crate::dto::ParityAnswer;
use crate::extract::Ask;
use crate::json::Json;
use crate::parity::{ParityQuery, matrix};
use crate::shared::Shared;

/// Parity matrix
///
/// Signals that each framework sends in each convention: totals, and the share of its latest calls with each
/// signal, from a sample.
#[utoipa::path(get, path = "/api/parity-matrix", tag = "figures",
    params(("time_range" = Option<String>, Query, description = "`1h`, `24h`, `7d` or `30d`; default: all stored data."),
        ("frameworks" = Option<String>, Query, description = "Comma list of frameworks; default: all.")),
    responses((status = 200, description = "One row for each framework and convention.", body = ParityAnswer)))]
pub(crate) async fn parity_matrix(State(api): Shared, Ask(params): Ask) -> Answer<ParityAnswer> {
    Ok(Json(matrix(&api, &ParityQuery::read(&params)?).await?))
}
