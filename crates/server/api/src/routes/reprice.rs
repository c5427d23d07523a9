//! Re-pricing of stored calls: dry run, write, and undo.

use std::path::Path as Folder;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use quipu_core::Timestamp;
use quipu_insight::reprice::{self, Ask};
use quipu_query::parse_time;

use super::Answer;
use crate::Problem;
use crate::body::{Write, bad};
use crate::dto::{Reprice, RepriceAnswer, RepriceAsk, RepricesAnswer, UndoAnswer};
use crate::extract::NoParams;
use crate::json::Json;
use crate::shared::{Api, Shared};
use crate::spawned::spawn;
use crate::state::Deed;

/// Re-price history
///
/// Prices stored calls with the books in use. With `dry_run`, the answer has the differences by model and
/// nothing is written. Otherwise the new figures are written, and `undo` restores the earlier ones. A call
/// without a price in these books keeps its old price.
#[utoipa::path(post, path = "/api/v1/prices/reprice", tag = "prices", request_body = RepriceAsk,
    responses((status = 200, description = "The differences.", body = RepriceAnswer)))]
pub(crate) async fn reprice(State(api): Shared, body: Write) -> Result<Response, Problem> {
    let asked: RepriceAsk = body.json()?;
    let ask = ask_of(&asked, api.clock.now())?;
    if asked.dry_run {
        let plan = reprice::plan(api.store.as_ref(), api.prices.as_ref(), &ask).await?;
        return Ok(deed(&RepriceAnswer::planned(&plan)));
    }
    journal(&api, true)?;
    to_its_end(write(api, ask)).await.map(|done| deed(&done))
}

fn deed(answer: &RepriceAnswer) -> Response {
    let detail = vec![("written", answer.written.to_string())];
    Deed { preview: answer.dry_run, detail }.with(Json(answer))
}

async fn write(api: Arc<Api>, ask: Ask) -> Result<RepriceAnswer, Problem> {
    let _alone = api.repricing.lock().await;
    let plan = reprice::plan(api.store.as_ref(), api.prices.as_ref(), &ask).await?;
    let mut answer = RepriceAnswer { dry_run: false, ..RepriceAnswer::planned(&plan) };
    if plan.total.changed > 0 {
        let (folder, now) = (journal(&api, true)?, api.clock.now());
        let applied = reprice::apply(api.store.as_ref(), api.prices.as_ref(), folder, &plan, now).await?;
        (answer.id, answer.written, answer.skipped) = (applied.id, applied.rows, applied.skipped);
    }
    Ok(answer)
}

/// Runs a write to its end even if the client disconnects, so it is complete.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    spawn(work).await.unwrap_or_else(|error| {
        tracing::error!(error = %error, "re-pricing failed");
        let detail = "Re-pricing failed; the server's log says where.";
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail))
    })
}

/// Past re-pricings
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/prices/reprices", tag = "prices",
    responses((status = 200, description = "Past re-pricings.", body = RepricesAnswer)))]
pub(crate) async fn reprices(State(api): Shared, _: NoParams) -> Answer<RepricesAnswer> {
    let past = reprice::list(journal(&api, false)?)?;
    Ok(Json(RepricesAnswer { reprices: past.iter().map(Reprice::from).collect() }))
}

/// Undo a re-pricing
///
/// Restores the earlier figures of re-priced calls; calls that changed since are skipped.
#[utoipa::path(post, path = "/api/v1/prices/reprices/{id}/undo", tag = "prices",
    params(("id" = String, Path, description = "Id of the re-pricing.")),
    responses((status = 200, description = "The restored calls.", body = UndoAnswer),
        (status = 404, description = "There is no such re-pricing.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn undo(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: Write,
) -> Answer<UndoAnswer> {
    let Path(id) = path?;
    journal(&api, true)?;
    to_its_end(take_back(api, id)).await.map(Json)
}

async fn take_back(api: Arc<Api>, id: String) -> Result<UndoAnswer, Problem> {
    let _alone = api.repricing.lock().await;
    let undone = reprice::undo(api.store.as_ref(), journal(&api, true)?, &id).await?;
    Ok(UndoAnswer::new(id, undone))
}

fn journal(api: &Api, to_write: bool) -> Result<&Folder, Problem> {
    let folder = api.money.reprices.as_deref().filter(|_| api.money.writable || !to_write);
    folder.ok_or_else(|| {
        let detail = "Re-pricing is not possible here: there is no data folder, or the store is open for \
            reading only.";
        Problem::new(StatusCode::FORBIDDEN, "denied", "Read only", detail)
    })
}

fn ask_of(asked: &RepriceAsk, now: Timestamp) -> Result<Ask, Problem> {
    let (since, until) =
        (time("since", asked.since.as_deref(), now)?, time("until", asked.until.as_deref(), now)?);
    if let (Some(since), Some(until)) = (since, until)
        && until < since
    {
        return Err(bad(format!(
            "until: found {until}, expected a time at or after since, which is {since}."
        )));
    }
    for (name, value) in [("provider", &asked.provider), ("model", &asked.model)] {
        if value.as_deref() == Some("") {
            return Err(bad(format!("{name}: found \"\", expected a text, or omit the field.")));
        }
    }
    Ok(Ask { since, until, provider: asked.provider.clone(), model: asked.model.clone() })
}

fn time(name: &str, text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let expected = "an RFC 3339 time, a whole Unix time, `now`, or an age such as -1h";
    let read = |text: &str| {
        let shown: String = text.chars().take(64).collect();
        parse_time(text, now).ok_or_else(|| bad(format!("{name}: found {shown:?}, expected {expected}.")))
    };
    text.map(read).transpose()
}
