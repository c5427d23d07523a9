//! Tests of the live feed over a real socket.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use futures_util::StreamExt as _;
use quipu_api::Money;
use quipu_budget::{Budget, Budgets};
use quipu_core::{Batch, Committed, Event, Level, Limits, Timestamp, TraceId, Usd};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::fixture::{Fixed, Fixture, NOW, RAG, RUNNING, WEATHER, trace_id};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn serve(fixture: &Fixture) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let router = fixture.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    host
}

async fn connect(host: &str, origin: Option<&str>) -> Result<Client, Error> {
    connect_to(host, "", origin).await
}

async fn connect_to(host: &str, query: &str, origin: Option<&str>) -> Result<Client, Error> {
    let mut request = format!("ws://{host}/api/v1/live{query}").into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    connect_async(request).await.map(|(client, _)| client)
}

async fn frame(client: &mut Client) -> Value {
    let message =
        tokio::time::timeout(Duration::from_secs(10), client.next()).await.unwrap().unwrap().unwrap();
    match message {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn commit(fixture: &Fixture, traces: &[TraceId]) {
    let committed = Committed { at: NOW, traces: traces.to_vec(), spans: 1, events: 0, points: 0 };
    fixture.state.live.send(Arc::new(committed)).unwrap();
}

#[tokio::test]
async fn commits_become_frames_once_in_a_tick_newest_first() {
    let fixture = Fixture::new().await;
    let host = serve(&fixture).await;
    let mut client = connect(&host, Some(&format!("http://{host}"))).await.unwrap();
    let hello = frame(&mut client).await;
    assert_eq!(
        (hello["type"].as_str(), hello["now"].as_str()),
        (Some("hello"), Some("2026-11-21T12:00:00.000000000Z"))
    );
    assert_eq!(
        (&hello["seq"], &hello["resumed"], &hello["missed"]),
        (&json!(0), &json!(false), &Value::Null)
    );
    // A look has just been taken when its frame comes: all of the commits fall into the next.
    commit(&fixture, &[trace_id(RUNNING)]);
    assert_eq!(frame(&mut client).await["seq"], 1);
    for _ in 0..5 {
        commit(&fixture, &[trace_id(WEATHER)]);
        commit(&fixture, &[trace_id(RAG)]);
    }
    let (first, second) = (frame(&mut client).await, frame(&mut client).await);
    assert_eq!((first["type"].as_str(), first["trace"]["name"].as_str()), (Some("trace"), Some("rag_query")));
    assert_eq!(
        (second["trace"]["name"].as_str(), second["trace"]["cost_usd"].as_str()),
        (Some("weather_graph"), Some("0.0041"))
    );
    commit(&fixture, &[trace_id(RUNNING)]);
    let next = frame(&mut client).await;
    assert_eq!(
        (&next["seq"], &next["trace"]["trace_id"]),
        (&json!(4), &json!(trace_id(RUNNING).to_string())),
        "nothing came in between"
    );
}

#[tokio::test]
async fn all_watchers_see_the_same_and_may_come_and_go() {
    let fixture = Fixture::new().await;
    let host = serve(&fixture).await;
    let mut one = connect(&host, None).await.unwrap();
    let mut two = connect(&host, None).await.unwrap();
    frame(&mut one).await;
    frame(&mut two).await;
    commit(&fixture, &[trace_id(RAG)]);
    assert_eq!(frame(&mut one).await, frame(&mut two).await);
    drop((one, two));
    let mut three = connect(&host, None).await.unwrap();
    frame(&mut three).await;
    commit(&fixture, &[trace_id(RAG)]);
    assert_eq!(frame(&mut three).await["trace"]["name"], "rag_query");
}

#[tokio::test]
async fn a_flood_is_told_as_lagged() {
    let fixture = Fixture::new().await;
    let host = serve(&fixture).await;
    let mut client = connect(&host, None).await.unwrap();
    frame(&mut client).await;
    // The channel holds 16 notices; without a pause the feed cannot take them in between.
    for _ in 0..200 {
        commit(&fixture, &[trace_id(RAG)]);
    }
    let frames = [frame(&mut client).await, frame(&mut client).await];
    let lagged = frames.iter().find(|frame| frame["type"] == "lagged").unwrap();
    assert!(lagged["missed"].as_u64().unwrap() >= 180, "{lagged}");
    assert!(frames.iter().any(|frame| frame["type"] == "trace"));
}

#[tokio::test]
async fn one_watcher_too_many_is_refused_and_a_place_that_is_left_is_free() {
    let mut fixture = Fixture::empty();
    fixture.state.limits = Arc::new(Limits { watchers: 1, ..Limits::default() });
    let host = serve(&fixture).await;
    let mut first = connect(&host, None).await.unwrap();
    match connect(&host, None).await {
        Err(Error::Http(response)) => {
            assert_eq!(response.status().as_u16(), 503);
            assert!(response.headers().contains_key("retry-after"));
        }
        other => panic!("{other:?}"),
    }
    first.close(None).await.unwrap();
    while connect(&host, None).await.is_err() {}
}

#[tokio::test]
async fn a_plain_request_is_a_problem() {
    let answer = Fixture::empty().ask(Method::GET, "/api/v1/live", &[("host", "a")], "").await;
    let status = answer.status.as_u16();
    assert!((400..500).contains(&status));
    answer.problem(status);
}

#[tokio::test]
async fn what_budgets_say_is_told() {
    let mut fixture = Fixture::new().await;
    let budgets = Budgets::builder()
        .clock(Arc::new(Fixed))
        .budget("daily", Budget::usd(Usd::cents(1)))
        .build()
        .unwrap();
    fixture.state.money = Money { budgets: budgets.clone(), ..Money::vendored() };
    let host = serve(&fixture).await;
    let mut client = connect(&host, None).await.unwrap();
    assert_eq!(frame(&mut client).await["type"], "hello");
    assert!(budgets.budget("daily").check(Usd::cents(2)).is_err());
    let told = frame(&mut client).await;
    assert_eq!((told["type"].as_str(), told["notice"]["name"].as_str()), (Some("budget"), Some("daily")));
    assert_eq!(
        (told["notice"]["event"].as_str(), told["notice"]["limit"].as_str()),
        (Some("budget.refused"), Some("0.01"))
    );
}

/// Connects as a client that has seen the frames of a run up to `after`.
async fn resume(host: &str, boot: &Value, after: u64) -> Client {
    let query = format!("?boot={}&after={after}", boot.as_str().unwrap());
    connect_to(host, &query, None).await.unwrap()
}

#[tokio::test]
async fn who_comes_back_gets_exactly_what_was_missed() {
    let fixture = Fixture::new().await;
    let host = serve(&fixture).await;
    let mut client = connect(&host, None).await.unwrap();
    let hello = frame(&mut client).await;
    commit(&fixture, &[trace_id(WEATHER)]);
    let seen = frame(&mut client).await;
    assert_eq!((&seen["seq"], &seen["trace"]["name"]), (&json!(1), &json!("weather_graph")));
    drop(client);
    // Another client stays connected, and sees when each change is reported.
    let mut other = resume(&host, &hello["boot"], 1).await;
    assert_eq!(frame(&mut other).await["resumed"], true);
    for (seq, trace) in [(2, RAG), (3, WEATHER)] {
        commit(&fixture, &[trace_id(trace)]);
        assert_eq!(frame(&mut other).await["seq"], seq);
    }
    let mut client = resume(&host, &hello["boot"], 1).await;
    let again = frame(&mut client).await;
    assert_eq!((&again["resumed"], &again["missed"], &again["seq"]), (&json!(true), &Value::Null, &json!(1)));
    assert_eq!(again["boot"], hello["boot"]);
    for (seq, name) in [(2, "rag_query"), (3, "weather_graph")] {
        let missed = frame(&mut client).await;
        assert_eq!((&missed["seq"], &missed["trace"]["name"]), (&json!(seq), &json!(name)));
    }
    commit(&fixture, &[trace_id(RAG)]);
    assert_eq!(frame(&mut client).await["seq"], 4);
}

#[tokio::test]
async fn another_run_is_not_gone_on_with() {
    let fixture = Fixture::new().await;
    let host = serve(&fixture).await;
    let mut client = connect(&host, None).await.unwrap();
    let boot = frame(&mut client).await["boot"].clone();
    let mut other = resume(&host, &json!("0123456789abcdef"), 3).await;
    let hello = frame(&mut other).await;
    assert_eq!((&hello["resumed"], &hello["missed"], &hello["boot"]), (&json!(false), &Value::Null, &boot));
    let mut ahead = resume(&host, &boot, 99).await;
    assert_eq!(frame(&mut ahead).await["resumed"], false);
}

#[tokio::test]
async fn events_and_system_come_on_demand() {
    let mut fixture = Fixture::new().await;
    fixture.state.vitals = Some(Arc::new(crate::system::vitals));
    let host = serve(&fixture).await;
    let mut usual = connect(&host, None).await.unwrap();
    let mut client = connect_to(&host, "?topics=events,system", None).await.unwrap();
    frame(&mut usual).await;
    assert_eq!(frame(&mut client).await["type"], "hello");
    // An event right after the first frame is reported: the look at earlier events is over.
    said(&fixture, &[trace_id(RAG)], vec![event(NOW)]).await;
    let mut types = Vec::new();
    while types.len() < 2 {
        let frame = frame(&mut client).await;
        match frame["type"].as_str().unwrap() {
            "event" => assert_eq!(
                (&frame["event"]["type"], &frame["event"]["body"]),
                (&json!("went.wrong"), &json!("oh"))
            ),
            "system" => assert_eq!(frame["system"]["queue"]["requests"], 3),
            other => panic!("{other}"),
        }
        types.push(frame["type"].as_str().unwrap().to_owned());
    }
    types.sort();
    assert_eq!(types, ["event", "system"]);
    assert_eq!(frame(&mut usual).await["type"], "trace");
}

#[tokio::test]
async fn events_that_no_look_at_the_newest_finds_are_told_as_missed() {
    let fixture = Fixture::new().await;
    let host = serve(&fixture).await;
    let newer = (1..=100).map(|second| event(at(second))).collect();
    fixture.write(Batch { events: newer, ..Batch::default() }).await;
    let mut client = connect_to(&host, "?topics=traces,events", None).await.unwrap();
    assert_eq!(frame(&mut client).await["type"], "hello");
    said(&fixture, &[], vec![event(NOW), event(at(101))]).await;
    let (told, missed) = (frame(&mut client).await, frame(&mut client).await);
    assert_eq!(told["event"]["time"], at(101).to_string());
    assert_eq!((&missed["type"], &missed["missed"]), (&json!("lagged"), &json!(1)));
}

#[tokio::test]
async fn an_event_that_is_found_before_it_is_announced_is_not_missed() {
    let fixture = Fixture::new().await;
    let host = serve(&fixture).await;
    let mut client = connect_to(&host, "?topics=traces,events", None).await.unwrap();
    assert_eq!(frame(&mut client).await["type"], "hello");
    // The second is in the store already when the first is announced.
    fixture.write(Batch { events: vec![event(at(2))], ..Batch::default() }).await;
    said(&fixture, &[], vec![event(at(1))]).await;
    for second in [1, 2] {
        assert_eq!(frame(&mut client).await["event"]["time"], at(second).to_string());
    }
    announce(&fixture, &[], 1);
    said(&fixture, &[], vec![event(at(3))]).await;
    assert_eq!(frame(&mut client).await["event"]["time"], at(3).to_string(), "nothing came in between");
}

#[tokio::test]
async fn who_comes_back_gets_the_events_too_that_nobody_watched_meanwhile() {
    let fixture = Fixture::new().await;
    let host = serve(&fixture).await;
    let mut usual = connect(&host, None).await.unwrap();
    let mut client = connect_to(&host, "?topics=events", None).await.unwrap();
    frame(&mut usual).await;
    let hello = frame(&mut client).await;
    client.close(None).await.unwrap();
    while client.next().await.is_some() {}
    // Events are looked up after traces: the second frame proves that a look ended after the line was closed.
    for _ in 0..2 {
        commit(&fixture, &[trace_id(RAG)]);
        frame(&mut usual).await;
    }
    said(&fixture, &[], vec![event(at(1))]).await;
    let query = format!("?topics=events&boot={}&after={}", hello["boot"].as_str().unwrap(), hello["seq"]);
    let mut client = connect_to(&host, &query, None).await.unwrap();
    assert_eq!(frame(&mut client).await["resumed"], true);
    assert_eq!(frame(&mut client).await["event"]["time"], at(1).to_string());
}

/// This many seconds after now.
fn at(second: i64) -> Timestamp {
    NOW.plus(second * 1_000_000_000)
}

fn event(time: Timestamp) -> Event {
    Event {
        time,
        level: Level::Error,
        name: "went.wrong".into(),
        trace_id: None,
        span_id: None,
        session: None,
        agent: None,
        framework: None,
        body: "oh".into(),
        attributes: [("note", "x")].into_iter().collect(),
        resource: Arc::default(),
        scope: Arc::default(),
        wire: None,
    }
}

/// Writes events, and announces the commit with these traces.
async fn said(fixture: &Fixture, traces: &[TraceId], events: Vec<Event>) {
    let many = events.len();
    fixture.write(Batch { events, ..Batch::default() }).await;
    announce(fixture, traces, many);
}

fn announce(fixture: &Fixture, traces: &[TraceId], events: usize) {
    let committed = Committed { at: NOW, traces: traces.to_vec(), spans: 0, events, points: 0 };
    fixture.state.live.send(Arc::new(committed)).unwrap();
}

#[tokio::test]
async fn traces_that_are_gone_are_told() {
    let fixture = Fixture::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let router = fixture.router();
    let served = router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await });
    let mut client = connect(&host, None).await.unwrap();
    frame(&mut client).await;
    let body = json!({"trace_ids": [trace_id(RAG).to_string()]}).to_string();
    let request =
        axum::http::Request::post("/api/v1/traces/delete").header("content-type", "application/json");
    let answer = tower::ServiceExt::oneshot(router, request.body(axum::body::Body::from(body)).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let told = frame(&mut client).await;
    assert_eq!((&told["type"], &told["trace_ids"]), (&json!("deleted"), &json!([trace_id(RAG).to_string()])));
}

#[tokio::test]
async fn wrong_topics_are_refused() {
    let fixture = Fixture::empty();
    let host = serve(&fixture).await;
    for query in ["?topics=dreams", "?topics=", "?after=soon", "?page=1"] {
        match connect_to(&host, query, None).await {
            Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 400, "{query}"),
            other => panic!("{query}: {other:?}"),
        }
    }
}
