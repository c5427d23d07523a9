//! Tests of a stored cost, line by line.

use quipu_conformance::sample::{span_id, trace_id};
use quipu_core::*;
use quipu_insight::explain;

use super::world::{Flat, call, stored, usd};

fn old() -> Flat {
    Flat::new("1", &[("gpt-5", ["2", "0.5", "2.5", "8"])])
}

fn new() -> Flat {
    Flat::new("2", &[("gpt-5", ["1", "0.25", "1.25", "4"])])
}

async fn explained(book: &Flat, number: u64, store: &dyn Store) -> explain::CostExplained {
    explain::cost(store, book, trace_id(number), span_id(1)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_cost_is_explained_by_the_version_that_priced_it() {
    let usage = Usage::of(1_000, 100).cache_read(600);
    let store = stored(&old(), &[call(1, "gpt-5", 0, usage).reported(usd("0.01"))]).await;
    let told = explained(&new().after(&old()), 1, &*store).await;
    let price = told.price.unwrap().unwrap();
    let lines: Vec<_> =
        price.lines.iter().map(|line| (line.unit.as_str(), line.count, line.amount)).collect();
    assert_eq!(
        lines,
        [
            ("input_tokens", 400, usd("0.0008")),
            ("cache_read_tokens", 600, usd("0.0003")),
            ("output_tokens", 100, usd("0.0008"))
        ]
    );
    assert_eq!((price.total, price.rule.version.as_str()), (usd("0.0019"), "1"));
    assert_eq!((told.as_recorded, told.note), (true, None));
    assert_eq!(
        (told.row.amount, told.row.reported, told.row.deviates()),
        (Some(usd("0.0019")), Some(usd("0.01")), true)
    );
}

#[tokio::test]
async fn a_version_that_is_gone_is_said_to_be_and_todays_price_shown() {
    let store = stored(&old(), &[call(1, "gpt-5", 0, (1_000, 100))]).await;
    let told = explained(&new(), 1, &*store).await;
    assert_eq!(told.price.unwrap().unwrap().total, usd("0.0014"));
    assert!(!told.as_recorded);
    let note = told.note.unwrap();
    assert!(
        note.contains("0.0028 USD") && note.contains("flat 1") && note.contains("today's prices"),
        "{note}"
    );

    let told = explained(&Flat::new("3", &[]), 1, &*store).await;
    assert_eq!(told.price, Some(Err(Unpriced::UnknownModel)));
    assert!(told.note.unwrap().contains("no book has a price for it today"));
}

#[tokio::test]
async fn a_missing_price_has_its_reason() {
    let store = stored(&Flat::new("1", &[]), &[call(1, "gpt-5", 0, (1_000, 100))]).await;
    let told = explained(&Flat::new("1", &[]), 1, &*store).await;
    assert_eq!((told.price, told.as_recorded), (Some(Err(Unpriced::UnknownModel)), true));
    assert_eq!(told.note.as_deref(), Some("No price book knows this model under this provider."));
    let told = explained(&new(), 1, &*store).await;
    assert_eq!(told.price.unwrap().unwrap().total, usd("0.0014"));
    assert!(!told.as_recorded && told.note.unwrap().contains("re-pricing"));
}

#[tokio::test]
async fn what_does_not_count_says_so_and_what_is_unknown_is_none() {
    let store = stored(&old(), &[call(1, "gpt-5", 0, (1_000, 100))]).await;
    let missing = explain::cost(&*store, &old(), trace_id(2), span_id(1)).await.unwrap();
    assert!(missing.is_none());
    let mut row = super::world::rows(&*store).await.remove(0);
    row.rule = Rule::Duplicate;
    row.amount = None;
    let told = explain::explained(&old(), row);
    assert_eq!((told.price, told.as_recorded), (None, true));
    assert!(told.note.unwrap().contains("another record of the same call counts"));
}

#[tokio::test]
async fn the_tier_is_told_as_the_book_was_asked() {
    let store = stored(&old(), &[call(1, "gpt-5", 0, (1_000, 100))]).await;
    let mut row = super::world::rows(&*store).await.remove(0);
    row.service_tier = Some("batch".into());
    let told = explain::explained(&old(), row);
    assert_eq!(told.context.get("processing").map(|value| value.as_str()), Some("batch"));
}
