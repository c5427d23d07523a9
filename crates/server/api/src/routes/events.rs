//! Routes of structured events.

use crate::json::Json;
use axum::extract::State;

use super::Answer;
use crate::dto::{EventParams, EventsAnswer, PageParams};
use crate::extract::Ask;
use crate::shared::Shared;

/// Events
///
/// One page of structured events, newest first.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(EventParams, PageParams),
    responses((status = 200, description = "One page of events.", body = EventsAnswer)))]
pub(crate) async fn events(State(api): Shared, Ask(params): Ask) -> Answer<EventsAnswer> {
    let page = api.store.events(&params.event_query()?).await?;
    Ok(Json(EventsAnswer::from(&page)))
}
