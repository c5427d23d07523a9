//! Readiness of the server as a whole: every project, and the audit log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use quipu_api::dto::{AuditState, ProjectStates, ReadyAnswer};
use quipu_audit::Audit;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

use super::project::DEFAULT;

const PATH: &str = "/readyz";
/// A project that takes longer to say how it does counts as down.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lifetime of a cached answer. The route needs no key, and each check reads every project's store.
const STANDS: Duration = Duration::from_secs(1);
/// Bytes of a project's answer.
const ANSWER: usize = 1 << 20;

/// The route. The answer has the state of the default project, and the number of other projects in each
/// state. A caller without rights to a project does not learn its name. Only the default project's store
/// makes the server not ready; any other problem makes it `degraded`. An answer is cached for a second.
pub fn route(apis: &BTreeMap<String, Router>, audit: &Audit) -> MethodRouter {
    standing(STANDS, apis, audit)
}

fn standing(stands: Duration, apis: &BTreeMap<String, Router>, audit: &Audit) -> MethodRouter {
    let (apis, audit) = (apis.clone(), audit.clone());
    let last = Arc::new(Mutex::new(None::<(Instant, RepeatedReply)>));
    get(async move || {
        // Requests during a check wait for its result.
        let mut last = last.lock().await;
        if let Some((_, told)) = last.as_ref().filter(|(at, _)| at.elapsed() < stands) {
            return told.response();
        }
        let told = found(&apis, &audit).await;
        last.insert((Instant::now(), told)).1.response()
    })
}

/// The current state.
async fn found(apis: &BTreeMap<String, Router>, audit: &Audit) -> RepeatedReply {
    let mut all = all(apis).await;
    let Some(mut answer) = all.remove(DEFAULT).flatten() else {
        // The project gave no reason.
        return RepeatedReply { code: StatusCode::SERVICE_UNAVAILABLE, body: None };
    };
    let others = all.into_values().map(|answer| answer.map_or_else(|| "down".to_owned(), |said| said.status));
    let mut states = ProjectStates::default();
    others.chain([answer.status.clone()]).for_each(|status| count(&mut states, &status));
    let state = audit.state();
    let is_well = state.failing.is_none() && state.damage.is_none();
    if answer.status == "ready" && !(is_well && states.degraded + states.down == 0) {
        answer.status = "degraded".into();
    }
    let status = if is_well { "ready" } else { "degraded" };
    answer.audit =
        Some(AuditState { status: status.into(), lost: state.lost, damaged: state.damage.is_some() });
    answer.projects = (apis.len() > 1).then_some(states);
    RepeatedReply::of(&answer)
}

fn count(states: &mut ProjectStates, status: &str) {
    match status {
        "ready" => states.ready += 1,
        "degraded" => states.degraded += 1,
        _ => states.down += 1,
    }
}

/// The answer of each project; `None` for a project without one.
async fn all(apis: &BTreeMap<String, Router>) -> BTreeMap<String, Option<ReadyAnswer>> {
    let mut asked = JoinSet::new();
    for (name, api) in apis {
        let (name, api) = (name.clone(), api.clone());
        asked.spawn(async move {
            let answer = tokio::time::timeout(PATIENCE, ask(api)).await;
            (name, answer.ok().flatten())
        });
    }
    let mut all: BTreeMap<_, _> = apis.keys().map(|name| (name.clone(), None)).collect();
    while let Some(done) = asked.join_next().await {
        all.extend(done.ok());
    }
    all
}

async fn ask(api: Router) -> Option<ReadyAnswer> {
    let request = Request::get(PATH).body(Body::empty()).ok()?;
    let Ok(answer) = api.oneshot(request).await;
    let body = to_bytes(answer.into_body(), ANSWER).await.ok()?;
    serde_json::from_slice(&body).ok()
}

/// An answer, to be given more than once.
struct RepeatedReply {
    code: StatusCode,
    body: Option<Bytes>,
}

impl RepeatedReply {
    fn of(answer: &ReadyAnswer) -> Self {
        let code = if answer.status == "down" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        Self { code, body: Some(serde_json::to_vec(answer).unwrap_or_default().into()) }
    }

    fn response(&self) -> Response {
        let uncached = (header::CACHE_CONTROL, "no-store");
        let Some(body) = self.body.clone() else { return (self.code, [uncached]).into_response() };
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            uncached,
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (self.code, headers, body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn while_an_answer_stands_no_store_is_looked_at_again() {
        for (stands, looks) in [(Duration::MAX, 1), (Duration::ZERO, 100)] {
            let asked = Arc::new(AtomicUsize::new(0));
            let counts = Arc::clone(&asked);
            let answer = async move || {
                counts.fetch_add(1, Ordering::Relaxed);
                r#"{"status":"ready","backends":[],"search":null}"#
            };
            let apis = BTreeMap::from([(DEFAULT.to_owned(), Router::new().route(PATH, get(answer)))]);
            let app = Router::new().route(PATH, standing(stands, &apis, &Audit::none()));
            for _ in 0..100 {
                let request = Request::get(PATH).body(Body::empty()).unwrap();
                assert_eq!(app.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
            }
            assert_eq!(asked.load(Ordering::Relaxed), looks);
        }
    }
}
