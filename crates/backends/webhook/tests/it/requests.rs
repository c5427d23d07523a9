//! Contents of webhook requests.

use std::sync::Arc;

use quipu_backend_webhook::{Config, Webhook};
use quipu_conformance::sample::{agent_runs, at, batch, counter, draft};
use quipu_core::{Backend, Batch, ErrorKind};
use quipu_send::Compression;
use serde_json::json;

use crate::receiver::Receiver;

fn spans(count: u64) -> Arc<Batch> {
    Arc::new(batch((1..=count).map(|number| draft(1, number).span()).collect::<Vec<_>>(), []))
}

#[tokio::test]
async fn what_is_sent_is_read_again() {
    let receiver = Receiver::start().await;
    let mut runs = agent_runs(1, 25);
    runs.metrics.push(counter("requests", "a", &[(at(1), 2.0)]));
    receiver
        .open(Config { max_records: 7, ..Config::default() })
        .write(Arc::new(runs.clone()))
        .await
        .unwrap();
    assert!(receiver.records() == runs, "every record comes back as it was");
    assert_eq!(receiver.requests().len(), runs.len().div_ceil(7));
}

#[tokio::test]
async fn a_request_says_what_it_is_and_when() {
    let receiver = Receiver::start().await;
    receiver.open(Config::default()).write(spans(3)).await.unwrap();
    let (headers, _) = receiver.requests().remove(0);
    assert_eq!(headers["content-type"], "application/json");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("quipu/"));
    let document = receiver.documents().remove(0);
    assert_eq!(document["type"], "quipu.records");
    assert_eq!(document["timestamp"], document["data"]["records"][2]["ended_at"]);
    assert_eq!(document["data"]["records"][0]["record"], "span");
    assert_eq!(document.as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn the_same_records_have_the_same_id_and_others_another() {
    let receiver = Receiver::start().await;
    let backend = receiver
        .open(Config { secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(), ..Config::default() });
    for of in [spans(3), spans(3), spans(4)] {
        backend.write(of).await.unwrap();
    }
    let ids: Vec<_> = receiver.requests().iter().map(|(headers, _)| headers["webhook-id"].clone()).collect();
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
    let (headers, _) = receiver.requests().remove(0);
    assert_eq!(headers["idempotency-key"], ids[0]);
    assert!(headers["webhook-signature"].to_str().unwrap().starts_with("v1,"));
    let now = quipu_core::Clock::now(&quipu_core::SystemClock).nanos() / 1_000_000_000;
    let said: i64 = headers["webhook-timestamp"].to_str().unwrap().parse().unwrap();
    assert!((0..60).contains(&(now - said)), "{said} of {now}");
}

#[tokio::test]
async fn headers_and_packing_are_as_set() {
    let receiver = Receiver::start().await;
    let headers = [("authorization".to_owned(), "Bearer t".into())].into_iter().collect();
    let config = Config { headers, compression: Compression::Gzip, ..Config::default() };
    receiver.open(config).write(spans(1)).await.unwrap();
    let (headers, body) = receiver.requests().remove(0);
    assert_eq!(
        (&headers["authorization"], &headers["content-encoding"]),
        (&"Bearer t".parse().unwrap(), &"gzip".parse().unwrap())
    );
    assert_eq!(&body[..2], b"\x1f\x8b");
    assert_eq!(headers.get("webhook-signature"), None, "without a secret there is none");
}

#[tokio::test]
async fn bodies_stay_within_their_bound() {
    let receiver = Receiver::start().await;
    let backend = receiver.open(Config { max_bytes: 4_096, ..Config::default() });
    backend.write(spans(200)).await.unwrap();
    let sizes: Vec<_> = receiver.requests().iter().map(|(_, body)| body.len()).collect();
    assert!(sizes.len() > 10 && sizes.iter().all(|size| *size <= 4_096), "{sizes:?}");
    assert_eq!(receiver.records().spans, spans(200).spans);
}

#[tokio::test]
async fn a_look_at_the_other_side_says_where_it_ends() {
    let steps = async |backend: &Webhook| -> Vec<(String, bool)> {
        let found = backend.probe().await;
        assert!(!format!("{found:?}").contains("SECRET"), "{found:?}");
        found.into_iter().map(|found| (found.step, found.ok)).collect()
    };
    let is = |steps: &[(&str, bool)]| -> Vec<(String, bool)> {
        steps.iter().map(|(step, ok)| ((*step).to_owned(), *ok)).collect()
    };
    let receiver = Receiver::start().await;
    let backend = receiver.open(Config::default());
    assert_eq!(steps(&backend).await, is(&[("reach", true), ("acceptance", true)]));
    assert_eq!(
        (&receiver.documents()[0]["type"], &receiver.documents()[0]["data"]),
        (&json!("quipu.check"), &json!({}))
    );
    receiver.held.lock().unwrap().answers.extend([(401, None), (500, None)]);
    assert_eq!(steps(&backend).await, is(&[("reach", true), ("auth", false)]));
    assert_eq!(steps(&backend).await, is(&[("reach", true), ("acceptance", false)]));
    let nobody = Webhook::open(Config::at("http://127.0.0.1:9/SECRET")).unwrap();
    assert_eq!(steps(&nobody).await, is(&[("reach", false)]));
}

#[test]
fn settings_are_checked() {
    let read: Config =
        toml::from_str("url = \"https://x/SECRET\"\nsecret = \"SECRET\"\nmax_records = 3").unwrap();
    assert_eq!(read.max_records, 3);
    assert!(!format!("{read:?}").contains("SECRET"));
    assert!(toml::from_str::<Config>("uri = \"x\"").is_err());
    let good = Config::at("https://x");
    for wrong in [
        Config::default(),
        Config::at("ftp://x"),
        Config { max_bytes: 100, ..good.clone() },
        Config { max_records: 0, ..good.clone() },
        Config { old_secret: "SECRET".into(), ..good.clone() },
        Config { secret: "whsec_SECRET%".into(), ..good.clone() },
        Config { headers: [("a b".to_owned(), "x".into())].into_iter().collect(), ..good },
    ] {
        let error = Webhook::open(wrong).err().unwrap();
        assert_eq!((error.kind(), error.backend()), (ErrorKind::Invalid, Some("webhook")));
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}
