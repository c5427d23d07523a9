//! Tests of unpriced usage.

use quipu_conformance::sample::at;
use quipu_core::{TraceFilter, Unpriced};
use quipu_insight::unpriced;

use super::world::{Flat, call, hours, stored};

#[tokio::test]
async fn the_largest_come_first_with_their_reason_and_their_time() {
    let book = Flat::new("1", &[("gpt-5", ["2", "0.5", "2.5", "8"])]);
    let store = stored(
        &book,
        &[
            call(1, "gpt-5", 0, (1_000, 100)),
            call(2, "small", 10, (10, 1)),
            call(3, "small", hours(50), (10, 1)),
            call(4, "large", 20, (5_000, 10)),
            call(5, "large", hours(200), (5_000, 10)),
        ],
    )
    .await;
    let list = unpriced::list(&*store, &TraceFilter::default()).await.unwrap();
    let short: Vec<_> = list
        .iter()
        .map(|model| {
            (
                model.model.as_deref().unwrap(),
                model.reason,
                model.calls,
                model.tokens,
                model.first_seen,
                model.last_seen,
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            ("large", Unpriced::UnknownModel, 2, 10_020, at(20), at(hours(200))),
            ("small", Unpriced::UnknownModel, 2, 22, at(10), at(hours(50))),
        ]
    );
    let first =
        TraceFilter { until: Some(at(hours(100))), model: Some("large".into()), ..TraceFilter::default() };
    let list = unpriced::list(&*store, &first).await.unwrap();
    assert_eq!((list.len(), list[0].calls, list[0].last_seen), (1, 1, at(20)));
    let priced = TraceFilter { model: Some("gpt-5".into()), ..TraceFilter::default() };
    assert!(unpriced::list(&*store, &priced).await.unwrap().is_empty());
}
