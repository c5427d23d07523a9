//! Tests of `/api/v1/system`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use quipu_api::dto::{DropCount, IngestFigures, ProcessFigures, QueueFigures, SystemAnswer, Vitals};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::fixture::Fixture;

pub fn vitals() -> Vitals {
    Vitals {
        process: ProcessFigures { rss_bytes: Some(7_000_000), threads: Some(9), ..ProcessFigures::default() },
        queue: QueueFigures { requests: 3, bytes: Some(2_048), ..QueueFigures::default() },
        ingest: IngestFigures { spans: 12, events: 4, ..IngestFigures::default() },
        drops: vec![DropCount { signal: "traces".into(), reason: "too old".into(), count: 5 }],
        ..Vitals::default()
    }
}

#[tokio::test]
async fn a_server_tells_how_it_is() {
    let mut fixture = Fixture::new().await;
    fixture.state.vitals = Some(Arc::new(vitals));
    let router = fixture.router();
    let ask = async || {
        let request = Request::builder().uri("/api/v1/system").body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    // The first reading runs in parallel with the requests.
    let (began, mut answer) = (Instant::now(), ask().await);
    while answer["history"] == json!([]) {
        assert!(began.elapsed() < Duration::from_secs(30), "no reading is kept");
        answer = ask().await;
    }
    assert_eq!(
        (&answer["process"]["rss_bytes"], &answer["process"]["cpu_percent"]),
        (&json!(7_000_000), &Value::Null)
    );
    assert_eq!(
        answer["queue"],
        json!({"requests": 3, "bytes": 2_048, "max_requests": 1_024, "max_bytes": 64 << 20})
    );
    assert_eq!(answer["drops"], json!([{"signal": "traces", "reason": "too old", "count": 5}]));
    assert_eq!(
        answer["backends"],
        json!([{"name": "memory", "state": "ready", "reason": null, "delivery": null}])
    );
    assert_eq!((&answer["uptime_s"], &answer["ingest"]["spans"]), (&json!(0), &json!(12)));
    let history = answer["history"].as_array().unwrap();
    assert_eq!(
        (history.len(), &history[0]["queue_requests"]),
        (1, &json!(3)),
        "the first reading is made at once"
    );
    let shape: SystemAnswer = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(serde_json::to_value(shape).unwrap(), answer);
}

#[tokio::test]
async fn a_command_has_no_system() {
    Fixture::empty().fails("/api/v1/system", 501).await;
}
