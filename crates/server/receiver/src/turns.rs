//! Admission of answers: limits of their number and memory.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use quipu_admission::{MemoryPool, PARTIAL_HEADER, Permit, Pool, ShareKey};
use quipu_core::{AnswerMemory, Limits};
use tokio::time::Instant;

use crate::sender::Sender;

/// How long a caller below its share waits for a permit, and again for memory.
const PATIENCE: Duration = Duration::from_secs(5);
/// The maximum number of attempts at an answer that lacked memory.
const ATTEMPTS: usize = 3;
/// The problem detail (RFC 9457) of a request without a permit.
const BUSY: &str = concat!(
    r#"{"type":""#,
    env!("CARGO_PKG_REPOSITORY"),
    r#"/blob/main/docs/guide/http-api.md#busy","title":"Too many requests","status":429,"#,
    r#""detail":"Too many answers are under way (limit answers); come back in a second."}"#
);

/// Permits and memory for answers. Clones share them.
#[derive(Clone)]
pub struct Turns {
    answers: Pool,
    memory: MemoryPool,
    group_bytes: usize,
}

impl Turns {
    /// Allows as many parallel answers as `limits` say, which charge `memory`. If few permits are left,
    /// callers with the fewest get them first.
    pub fn new(limits: &Limits, memory: MemoryPool) -> Self {
        let answers = Pool::new(limits.answers, "too many answers are in progress");
        Self { answers, memory, group_bytes: limits.group_bytes }
    }
}

/// Admits requests to `router` with permits of `turns`. A caller at its share gets 429 at once; another
/// caller waits up to five seconds first. A permit and the memory of an answer are held until it is sent or
/// its connection ends.
///
/// Handlers find the memory of their request as [`AnswerMemory::current`]. A `GET` that lacks memory is
/// repeated once memory is free. After five seconds, and for any other method, the handler's answer stays: a
/// 503 with `Retry-After`.
///
/// The share belongs to the [`quipu_admission::Principal`] of the request, else to its address.
pub fn in_turn(router: Router, turns: &Turns) -> Router {
    let turns = turns.clone();
    router.layer(from_fn(move |request: Request, next: Next| answer(turns.clone(), request, next)))
}

async fn answer(turns: Turns, request: Request, next: Next) -> Response {
    let caller = Sender::of(request.extensions()).caller();
    let mut turn = turns.answers.permit(caller);
    if turn.wait_to_grow_to(1, Instant::now() + PATIENCE).await.is_err() {
        let mut response = Response::new(Body::from(BUSY));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.headers_mut().insert(header::RETRY_AFTER, SOON);
        return response;
    }
    let (response, memory) = in_memory(&turns, caller, request, next).await;
    response.map(|body| Body::new(PermittedBody { body, memory, _turn: turn }))
}

/// The problem detail (RFC 9457) of an answer that lacks parts of the store and cannot tell it.
const AWAY: &str = concat!(
    r#"{"type":""#,
    env!("CARGO_PKG_REPOSITORY"),
    r#"/blob/main/docs/guide/http-api.md#unavailable","title":"Part of the store is away","status":503,"#,
    r#""detail":"A shard of the store does not answer, and this answer would lack its records."}"#
);

/// Ends the time in which parts of the store may be missing. An answer that lacks some and does not name them
/// becomes an error.
fn told(response: Response, memory: &AnswerMemory) -> Response {
    memory.seal_partial();
    let is_told = response.headers().contains_key(PARTIAL_HEADER);
    if is_told || response.status().is_server_error() || memory.missing().is_empty() {
        return response;
    }
    let mut response = Response::new(Body::from(AWAY));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let json = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response.headers_mut().insert(header::RETRY_AFTER, SOON);
    response
}

const SOON: HeaderValue = HeaderValue::from_static("1");

/// Produces an answer within the memory of its caller.
async fn in_memory(
    turns: &Turns,
    caller: ShareKey,
    mut request: Request,
    next: Next,
) -> (Response, AnswerMemory) {
    let (until, pool) = (Instant::now() + PATIENCE, &turns.memory);
    let mut permit = pool.permit(caller);
    for left in (0..ATTEMPTS).rev() {
        let again = repeated(&request).filter(|_| left > 0);
        let budget = Arc::new(permit.share());
        let memory = AnswerMemory::of(Arc::clone(&budget) as _).with_groups(turns.group_bytes);
        // A request that changes something needs all of the store.
        let reads = request.method() == Method::GET;
        let memory = if reads { memory.with_partial() } else { memory };
        let response = told(memory.clone().scope(next.clone().run(request)).await, &memory);
        let lacked = budget.lacked();
        if lacked == 0 || response.status() != StatusCode::SERVICE_UNAVAILABLE {
            return (response, memory);
        }
        drop(budget);
        permit = pool.permit(caller);
        let wanted = lacked.saturating_mul(2).min(pool.capacity());
        let Some(again) = again else { return (short(pool, response), AnswerMemory::default()) };
        if permit.grow_to(wanted, until).await.is_err() {
            return (short(pool, response), AnswerMemory::default());
        }
        request = again;
    }
    // The last attempt returns above.
    (Response::new(Body::empty()), AnswerMemory::default())
}

fn short(pool: &MemoryPool, mut response: Response) -> Response {
    pool.count_refused();
    response.headers_mut().insert(header::RETRY_AFTER, SOON);
    response
}

/// Copies the request; `None` if it may have a body or change something.
fn repeated(request: &Request) -> Option<Request> {
    if request.method() != Method::GET || request.headers().contains_key(header::UPGRADE) {
        return None;
    }
    let mut again = Request::new(Body::empty());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.version_mut() = request.version();
    *again.headers_mut() = request.headers().clone();
    *again.extensions_mut() = request.extensions().clone();
    Some(again)
}

/// A body that holds its permit and memory until it is sent.
struct PermittedBody {
    body: Body,
    memory: AnswerMemory,
    _turn: Permit,
}

impl HttpBody for PermittedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, memory, .. } = self.get_mut();
        memory.enter(|| Pin::new(body).poll_frame(cx))
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
    use axum::extract::Path;
    use axum::response::IntoResponse;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use quipu_core::NoMeter;
    use tokio_stream::StreamExt;
    use tower::ServiceExt;

    use super::*;
    use quipu_admission::{Principal, PrincipalKind};

    fn turns(answers: usize) -> Turns {
        Turns::new(&Limits { answers, ..Limits::default() }, MemoryPool::new(8 << 20, Arc::new(NoMeter)))
    }

    /// Holds as many bytes as the path says until the answer is sent.
    async fn large(Path(bytes): Path<usize>) -> Response {
        match AnswerMemory::current().hold(bytes) {
            Ok(hold) => {
                let stream = tokio_stream::once(Ok::<_, std::io::Error>(Bytes::from_static(b"text")));
                Response::new(Body::from_stream(stream.map(move |part| {
                    let _ = &hold;
                    part
                })))
            }
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_waits_for_memory_until_another_is_sent_and_is_then_told_when_to_come_back() {
        let turns = turns(100);
        let app = in_turn(Router::new().route("/{bytes}", get(large).post(large)), &turns);
        let ask = async |method: Method, asker: &str, mib: usize| {
            let request = Request::builder().method(method).uri(format!("/{}", mib << 20));
            let request =
                request.extension(Principal::new(PrincipalKind::Key, asker)).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap()
        };
        let first = ask(Method::GET, "a", 7).await;
        assert_eq!(first.status(), StatusCode::OK);
        let begin = Instant::now();
        let refused = ask(Method::GET, "b", 1).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
        assert_eq!((begin.elapsed().as_secs(), turns.memory.held()), (5, first_holds(7)));
        assert_eq!(ask(Method::POST, "b", 1).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(begin.elapsed().as_secs(), 5, "what changes something is not made twice");
        let second = async { ask(Method::GET, "b", 1).await.status() };
        let (second, ()) = tokio::join!(second, async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(first);
        });
        assert_eq!(second, StatusCode::OK);
        assert_eq!(turns.memory.held(), 0);
        assert_eq!(ask(Method::GET, "c", 9).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    /// A permit grows by more than the requested bytes.
    fn first_holds(mib: u64) -> u64 {
        (mib << 20) + (64 << 10)
    }

    #[tokio::test(start_paused = true)]
    async fn more_askers_than_turns_wait_for_them() {
        let app = in_turn(Router::new().route("/", get(async || "text")), &turns(2));
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
        let app = in_turn(Router::new().route("/", get(async || "text")), &turns(8));
        // The first caller, alone, got half of the permits, and four others get the rest.
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
        // All rejected requests are rejected first, because the clock stands still while a task can run.
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

    #[tokio::test]
    async fn an_answer_that_hides_what_it_lacks_is_an_error() {
        let partial = |header: bool| {
            get(async move || {
                assert!(AnswerMemory::current().note_missing("s1"));
                let named = header.then_some([(PARTIAL_HEADER, "s1")]);
                (StatusCode::OK, named.map(axum::response::AppendHeaders), "text").into_response()
            })
        };
        let late = get(async || {
            let memory = AnswerMemory::current();
            let stream = tokio_stream::once(()).map(move |()| match memory.note_missing("s1") {
                true => Ok(Bytes::from_static(b"part")),
                false => Err(std::io::Error::other("s1 is away")),
            });
            Response::new(Body::from_stream(stream))
        });
        let change = axum::routing::post(async || AnswerMemory::current().note_missing("s1").to_string());
        let routes = Router::new().route("/told", partial(true)).route("/hidden", partial(false));
        let app = in_turn(routes.route("/late", late).route("/change", change), &turns(8));
        let ask = async |method: Method, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap()
        };
        assert_eq!(ask(Method::GET, "/told").await.status(), StatusCode::OK);
        assert_eq!(ask(Method::GET, "/hidden").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        let late = ask(Method::GET, "/late").await.into_body().collect().await;
        assert!(late.is_err(), "a stream that began cannot tell it any more");
        let change = ask(Method::POST, "/change").await.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(change, "false");
    }

    async fn ask(app: &Router, key: &str) -> Response {
        let request =
            Request::get("/").extension(Principal::new(PrincipalKind::Key, key)).body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_turn_lasts_until_the_answer_is_sent_and_one_asker_does_not_take_them_all() {
        let app = in_turn(Router::new().route("/", get(async || "text")), &turns(8));
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
