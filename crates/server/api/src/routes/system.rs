//! Route of the vital figures of the server and its machine.

use axum::extract::State;
use axum::http::StatusCode;

use super::Answer;
use crate::Problem;
use crate::dto::SystemAnswer;
use crate::extract::NoParams;
use crate::json::Json;
use crate::paths::Sight;
use crate::shared::Shared;

/// System
///
/// State of the server and its machine: process, host, disk, queue, received and dropped records, backends.
/// It also has one reading every ten seconds of the last hour.
#[utoipa::path(get, path = "/api/v1/system", tag = "server",
    responses((status = 200, description = "Figures.", body = SystemAnswer),
        (status = 501, description = "Only a server has these figures; this process is another command.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn system(State(api): Shared, Sight(sees_host): Sight, _: NoParams) -> Answer<SystemAnswer> {
    if !api.system.is_known() {
        let detail = "This process is a command, not a server, so it has no system figures.";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "unsupported", "No server", detail));
    }
    let now = api.system.now().await.seen_by(sees_host);
    Ok(Json(SystemAnswer { now, history: api.system.history() }))
}
