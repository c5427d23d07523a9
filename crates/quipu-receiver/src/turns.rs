//! How many answers may be under way at a time, with fair shares for those who ask.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use crate::sender::Sender;
use crate::stock::{Portion, Stock};

/// How long somebody who has no turn at all, or fewer than their share, waits for one.
const PATIENCE: Duration = Duration::from_secs(5);
/// What whoever is refused is told, as a problem detail (RFC 9457).
const BUSY: &str = concat!(
    r#"{"type":""#,
    env!("CARGO_PKG_REPOSITORY"),
    r#"/blob/main/docs/guide/http-api.md#busy","title":"Too many requests","status":429,"#,
    r#""detail":"Too many answers are under way (limit answers); come back in a second."}"#
);

/// Turns for answers. Clones share them.
#[derive(Clone)]
pub struct Turns(Stock);

impl Turns {
    /// So many answers at a time. When there are few turns left, those go first who have the fewest.
    pub fn new(answers: usize) -> Self {
        Self(Stock::new(answers, "too many answers are under way"))
    }
}

/// Lets requests to `router` begin as `turns` allow; who has its share of them, with those that wait, is told 429 and when to come back,
/// others wait for five seconds before. A request's turn lasts until its answer
/// has been sent, so that slow readers hold turns and not memory without bound.
///
/// Who asks is told by [`crate::AdmissionKey`], else by the address.
pub fn in_turn(router: Router, turns: &Turns) -> Router {
    let turns = turns.clone();
    router.layer(from_fn(move |request: Request, next: Next| answer(turns.clone(), request, next)))
}

async fn answer(turns: Turns, request: Request, next: Next) -> Response {
    let mut portion = turns.0.portion(Sender::of(request.extensions()).leaf());
    if portion.wait_to_grow_to(1, Instant::now() + PATIENCE).await.is_err() {
        let mut response = Response::new(Body::from(BUSY));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    }
    next.run(request).await.map(|body| Body::new(Held { body, _portion: portion }))
}

/// A body that keeps its turn until it is sent.
struct Held {
    body: Body,
    _portion: Portion,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::AdmissionKey;

    #[tokio::test(start_paused = true)]
    async fn more_askers_than_turns_wait_for_them() {
        let app = in_turn(Router::new().route("/", get(async || "text")), &Turns::new(2));
        let mut held = Vec::new();
        for asker in ["a", "b"] {
            let answer = ask(&app, asker).await;
            assert_eq!(answer.status(), StatusCode::OK);
            held.push(answer);
        }
        assert_eq!(ask(&app, "c").await.status(), StatusCode::TOO_MANY_REQUESTS, "after five seconds");
        let waits = tokio::spawn({
            let app = app.clone();
            async move { ask(&app, "c").await.status() }
        });
        tokio::task::yield_now().await;
        held.pop();
        assert_eq!(waits.await.unwrap(), StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn one_asker_has_no_more_waiting_than_its_share_and_a_polite_one_gets_its_turn() {
        let app = in_turn(Router::new().route("/", get(async || "text")), &Turns::new(8));
        // One that was alone has half of them, and four others the rest.
        let mut held = Vec::new();
        for asker in ["old", "old", "old", "old"] {
            held.push(ask(&app, asker).await);
        }
        for asker in ["a", "b", "c", "d"] {
            held.push(ask(&app, asker).await);
        }
        let ask_later = |asker: &'static str| {
            let app = app.clone();
            tokio::spawn(async move { ask(&app, asker).await })
        };
        let mut flood: Vec<_> = (0..1_000).map(|_| ask_later("loud")).collect();
        // All that are refused are, before anything else is done: the clock stands still as long as a task can run.
        for asked in &mut flood[1..] {
            assert_eq!(asked.await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
        }
        let polite = ask_later("polite");
        tokio::task::yield_now().await;
        assert!(!flood[0].is_finished() && !polite.is_finished(), "a share is one turn");
        held.truncate(6);
        assert_eq!(polite.await.unwrap().status(), StatusCode::OK);
        assert_eq!(flood.remove(0).await.unwrap().status(), StatusCode::OK);
    }

    async fn ask(app: &Router, key: &str) -> Response {
        let request = Request::get("/").extension(AdmissionKey(key.into())).body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_turn_lasts_until_the_answer_is_sent_and_one_asker_does_not_take_them_all() {
        let app = in_turn(Router::new().route("/", get(async || "text")), &Turns::new(8));
        let mut held = Vec::new();
        loop {
            let answer = ask(&app, "loud").await;
            if answer.status() != StatusCode::OK {
                assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
                assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
                let body = answer.into_body().collect().await.unwrap().to_bytes();
                let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(problem["status"], 429);
                break;
            }
            held.push(answer);
        }
        assert_eq!(held.len(), 4);
        assert_eq!(ask(&app, "polite").await.status(), StatusCode::OK);
        held.pop();
        assert_eq!(ask(&app, "loud").await.status(), StatusCode::OK);
    }
}
