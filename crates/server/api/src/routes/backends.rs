//! Routes of backends and their dead letters.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use quipu_pipeline::DeadLetters;

use super::Answer;
use crate::Problem;
use crate::body::Write;
use crate::dto::{
    BackendsAnswer, DeadLetter, DeadLettersAnswer, RemoveDeadLetters, RemovedAnswer, ReplayAnswer,
};
use crate::extract::NoParams;
use crate::json::Json;
use crate::paths::Sight;
use crate::shared::{Api, Shared};
use crate::spawned;

/// Backends
///
/// The store, then every exporter: state, queue, age of its oldest record, and lost records by reason.
#[utoipa::path(get, path = "/api/v1/backends", tag = "server",
    responses((status = 200, description = "Backends.", body = BackendsAnswer)))]
pub(crate) async fn backends(
    State(api): Shared,
    Sight(sees_host): Sight,
    _: NoParams,
) -> Answer<BackendsAnswer> {
    Ok(Json(BackendsAnswer { backends: api.system.now().await.seen_by(sees_host).backends }))
}

/// Dead letters
///
/// Dead letters of a backend, oldest first.
#[utoipa::path(get, path = "/api/v1/backends/{name}/dead-letters", tag = "server",
    params(("name" = String, Path, description = "Name of the backend.")),
    responses((status = 200, description = "Dead letters.", body = DeadLettersAnswer),
        (status = 404, description = "There is no such backend.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn dead_letters(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    Sight(sees_host): Sight,
    _: NoParams,
) -> Answer<DeadLettersAnswer> {
    let Path(name) = path?;
    let letters = match letters_of(&api, &name) {
        Ok(letters) => letters,
        // A backend without dead letters has an empty list.
        Err(_) if api.exporters().await.iter().any(|exporter| exporter.name == name) => {
            return Ok(Json(DeadLettersAnswer::default()));
        }
        Err(problem) => return Err(problem),
    };
    let listed = blocking(move || letters.list()).await?;
    let told = |letter| DeadLetter::from(letter).seen_by(sees_host);
    Ok(Json(DeadLettersAnswer { dead_letters: listed.into_iter().map(told).collect() }))
}

/// Send dead letters again
///
/// Delivers all dead letters of a backend again; a rejected one becomes a dead letter again.
#[utoipa::path(post, path = "/api/v1/backends/{name}/dead-letters/replay", tag = "server",
    params(("name" = String, Path, description = "Name of the backend.")),
    responses((status = 200, description = "Number of letters sent again.", body = ReplayAnswer),
        (status = 404, description = "There is no such backend.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn replay_dead_letters(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: Write,
) -> Answer<ReplayAnswer> {
    let Path(name) = path?;
    letters_of(&api, &name)?;
    let Some(pipeline) = &api.pipeline else { return Err(no_backend(&name)) };
    Ok(Json(ReplayAnswer::from(pipeline.replay(&name).await?)))
}

/// Remove dead letters
///
/// Removes the letters with these numbers; all if none are given.
#[utoipa::path(post, path = "/api/v1/backends/{name}/dead-letters/remove", tag = "server", request_body = RemoveDeadLetters,
    params(("name" = String, Path, description = "Name of the backend.")),
    responses((status = 200, description = "Number of removed letters.", body = RemovedAnswer),
        (status = 404, description = "There is no such backend.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn remove_dead_letters(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    body: Write,
) -> Answer<RemovedAnswer> {
    let Path(name) = path?;
    let RemoveDeadLetters { ids } = body.json()?;
    let letters = letters_of(&api, &name)?;
    let removed = blocking(move || {
        let all = || Ok(letters.list()?.iter().map(|letter| letter.id).collect::<Vec<_>>());
        letters.remove(&if ids.is_empty() { all()? } else { ids })
    });
    Ok(Json(RemovedAnswer { removed: removed.await? }))
}

fn letters_of(api: &Api, name: &str) -> Result<DeadLetters, Problem> {
    let pipeline = api.pipeline.as_ref().ok_or_else(|| no_backend(name))?;
    pipeline.dead_letters(name).ok_or_else(|| no_backend(name))
}

fn no_backend(name: &str) -> Problem {
    Problem::not_found("No such backend", format!("There is no backend {name:?} with dead letters."))
}

/// Reads files outside the threads that answer requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> quipu_core::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    match spawned::blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => {
            tracing::error!(%error, "reading dead letters failed");
            let context = "reading dead letters failed";
            Err(quipu_core::Error::new(quipu_core::ErrorKind::Internal, "read dead letters", context).into())
        }
    }
}
