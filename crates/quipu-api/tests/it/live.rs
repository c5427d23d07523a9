//! The live feed over a real socket.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use futures_util::StreamExt as _;
use quipu_api::Money;
use quipu_core::{Committed, TraceId, Usd};
use quipu_insight::{Budget, Budgets};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::fixture::{Fixed, Fixture, NOW, RAG, WEATHER, trace_id};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn serve(fixture: &Fixture) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let router = fixture.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    host
}

async fn connect(host: &str, origin: Option<&str>) -> Result<Client, Error> {
    let mut request = format!("ws://{host}/api/v1/live").into_client_request().unwrap();
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
    // The first look comes at once: wait for it, so that all of the commits fall into one later look.
    commit(&fixture, &[trace_id(9)]);
    tokio::time::sleep(Duration::from_millis(50)).await;
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
    let more = tokio::time::timeout(Duration::from_millis(600), client.next()).await;
    assert!(more.is_err(), "{more:?}");
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
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(fixture.state.live.receiver_count(), 0, "the feed stops when nobody watches");
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
async fn pages_of_other_origins_are_refused() {
    let fixture = Fixture::empty();
    let host = serve(&fixture).await;
    for origin in ["http://evil.test", "null", "http://127.0.0.1:1"] {
        match connect(&host, Some(origin)).await {
            Err(Error::Http(response)) => {
                assert_eq!(response.status().as_u16(), 403);
                assert_eq!(response.headers()["content-type"], "application/problem+json");
            }
            other => panic!("{other:?}"),
        }
    }
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
