//! Route of the signals that each framework sends.

use axum::extract::State;

use super::Answer;
use crate::dto::ParityAnswer;
use crate::extract::Ask;
use crate::json::Json;
use crate::parity::{Asked, matrix};
use crate::state::Shared;

/// Parity matrix
///
/// Signals of each framework by each convention: sums, and the share of a sample of its latest calls with
/// each signal.
#[utoipa::path(get, path = "/api/parity-matrix", tag = "figures",
    params(("time_range" = Option<String>, Query, description = "`1h`, `24h`, `7d` or `30d`; all that is stored when left out."),
        ("frameworks" = Option<String>, Query, description = "Comma list of frameworks; all when left out.")),
    responses((status = 200, description = "One row for each framework and convention.", body = ParityAnswer)))]
pub(crate) async fn parity_matrix(State(api): Shared, Ask(params): Ask) -> Answer<ParityAnswer> {
    Ok(Json(matrix(&api, &Asked::read(&params)?).await?))
}
