//! Routes that delete traces.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use quipu_core::{Result as StoreResult, TraceFilter, TraceId, TraceQuery};
use quipu_query::{Params, parse_trace_filter};

use crate::Problem;
use crate::body::{Write, bad};
use crate::documents::read;
use crate::dto::{DeleteAnswer, DeleteAsk};
use crate::json::Json;
use crate::routes::forget_elsewhere::Elsewhere;
use crate::shared::{Api, Shared};
use crate::spawned::spawn;
use crate::state::Deed;

/// Maximum number of traces in a request.
const NAMED: usize = 1_000;
/// Limit of traces looked up at once.
const PAGE: usize = 1_000;
/// Traces removed per step.
const AT_ONCE: usize = 200;

/// Delete traces
///
/// Removes traces with their spans, texts, ledger rows and events: the named ones, or all that match a filter
/// and a time range. The files of their days are rewritten. Budgets, re-pricings, views and dashboards no
/// longer refer to them. Counted spending of budgets stays. With `dry_run` nothing is removed, and `matched`
/// has the number of matching traces. A large removal takes time and continues if the client disconnects.
/// Repeating the request is safe.
#[utoipa::path(post, path = "/api/v1/traces/delete", tag = "traces", request_body = DeleteAsk,
    responses((status = 200, description = "Number of removed traces.", body = DeleteAnswer),
        (status = 403, description = "The store is read-only, or access is denied.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn delete_traces(State(api): Shared, body: Write) -> Result<Response, Problem> {
    let ask: DeleteAsk = read(body.bytes())?;
    let which = Which::of(&api, &ask)?;
    // The client may disconnect: a removal that has begun runs to its end.
    let done = spawn(delete(Arc::clone(&api), which, ask.dry_run)).await;
    let answer = done.map_err(|error| {
        tracing::error!(error = %error, "deleting traces failed");
        let detail = "Deleting traces failed; the server's log says where.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    })??;
    let detail = vec![("matched", answer.matched.to_string()), ("deleted", answer.deleted.to_string())];
    Ok(Deed { preview: answer.dry_run, detail }.with(Json(answer)))
}

enum Which {
    Named(Vec<TraceId>),
    Matching(Box<TraceQuery>),
}

impl Which {
    fn of(api: &Api, ask: &DeleteAsk) -> Result<Self, Problem> {
        let chosen = [("filter", &ask.filter), ("since", &ask.since), ("until", &ask.until)];
        let given: Vec<(String, String)> =
            chosen.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect();
        let Some(named) = &ask.trace_ids else {
            let filter = parse_trace_filter(&Params::new(given, api.clock.now(), &api.limits))?;
            // Also of a filter that is there but has no terms: all traces are never meant by saying nothing.
            if filter == TraceFilter::default() {
                return Err(bad(
                    "No traces are selected: expected trace_ids, or a filter with terms, since or until.",
                ));
            }
            return Ok(Self::Matching(Box::new(TraceQuery { filter, limit: PAGE, ..TraceQuery::default() })));
        };
        if !given.is_empty() {
            return Err(bad("trace_ids cannot be combined with filter, since or until."));
        }
        if named.is_empty() || named.len() > NAMED {
            return Err(bad(format!("trace_ids: found {}, expected 1 to {NAMED}.", named.len())));
        }
        let id = |(at, text): (usize, &String)| {
            text.parse::<TraceId>().map_err(|error| bad(format!("trace_ids[{at}]: {error}.")))
        };
        let mut ids = named.iter().enumerate().map(id).collect::<Result<Vec<_>, _>>()?;
        ids.sort_unstable();
        ids.dedup();
        Ok(Self::Named(ids))
    }

    /// The stored traces among them.
    async fn found(self, api: &Api) -> StoreResult<Vec<TraceId>> {
        let mut found = Vec::new();
        match self {
            Self::Named(ids) => {
                for id in ids {
                    found.extend(api.store.trace(id).await?.map(|row| row.trace_id));
                }
            }
            Self::Matching(mut query) => loop {
                let page = api.store.traces(&query).await?;
                found.extend(page.rows.iter().map(|row| row.trace_id));
                query.cursor = page.next;
                if query.cursor.is_none() {
                    break;
                }
            },
        }
        Ok(found)
    }
}

async fn delete(api: Arc<Api>, which: Which, dry_run: bool) -> StoreResult<DeleteAnswer> {
    let found = which.found(&api).await?;
    let mut deleted = 0;
    if !dry_run {
        for some in found.chunks(AT_ONCE) {
            deleted += api.store.need_forgetting()?.forget(some).await?;
            api.feed.deleted(some);
        }
        let gone: HashSet<TraceId> = found.iter().copied().collect();
        // Trouble is logged: the traces are gone, and asking again does this again.
        Elsewhere::of(&api, None).await?.clean(&api, &gone).await;
        for place in super::forget_owner::scrubbed(&api, false).await? {
            if let Some(trouble) = place.trouble {
                tracing::warn!(place = place.what, trouble, "some bytes of deleted traces remain");
            }
        }
    }
    Ok(DeleteAnswer { matched: found.len() as u64, deleted, dry_run })
}
