//! Tests of the cost analysis.

use quipu_conformance::sample::{BASE, at};
use quipu_core::*;
use quipu_insight::analysis::{Ask, Bucket, CostAnalysis, Horizon, analyse};
use quipu_insight::{Catalog, Offer};
use quipu_prices::Books;

use super::world::{Call, Flat, call, hours, stored, usd};

const DAY: i64 = 86_400;

fn book() -> Flat {
    Flat::new(
        "1",
        &[
            ("gpt-5", ["10", "1", "10", "40"]),
            ("gpt-5-mini", ["2", "0.2", "2", "8"]),
            ("gpt-5-nano", ["1", "0.1", "1", "4"]),
            ("gpt-4o-mini", ["0.1", "0.01", "0.1", "0.4"]),
            ("gpt-5-audio", ["0.1", "0.01", "0.1", "0.4"]),
            ("claude-opus-5", ["10", "1", "12.5", "50"]),
        ],
    )
}

async fn analysed(calls: &[Call], ask: Ask, now: Timestamp) -> CostAnalysis {
    let store = stored(&book(), calls).await;
    analyse(&*store, &book(), &ask, now).await.unwrap()
}

fn between(since: Timestamp, until: Timestamp) -> TraceFilter {
    TraceFilter { since: Some(since), until: Some(until), ..TraceFilter::default() }
}

/// Calls of a million input tokens of `gpt-5-nano`: a dollar each.
fn dollars(costs: &[(i64, u64)]) -> Vec<Call> {
    let call = |(number, (seconds, dollars)): (usize, &(i64, u64))| {
        call(number as u64 + 1, "gpt-5-nano", *seconds, (1_000_000 * dollars, 0))
    };
    costs.iter().enumerate().map(call).collect()
}

#[tokio::test]
async fn sums_series_and_the_period_before() {
    let calls = [
        dollars(&[(-3 * DAY, 7), (0, 1), (60, 2), (2 * DAY, 4)]),
        vec![
            call(10, "gpt-5-nano", DAY, (500_000, 0)).plan(),
            call(11, "unheard-of", 3 * DAY, (10, 1)),
            call(12, "gpt-5-nano", 3 * DAY, (1_000_000, 0)).reported(usd("3")),
        ],
    ]
    .concat();
    let (since, until) = (at(0), at(4 * DAY));
    let told = analysed(&calls, Ask { filter: between(since, until), ..Ask::default() }, until).await;
    assert_eq!(
        (told.total.cost, told.total.subscription, told.total.llm_calls),
        (Some(usd("8")), Some(usd("0.5")), 6)
    );
    assert_eq!(told.previous.unwrap().cost, Some(usd("7")));
    let series: Vec<_> = told
        .series
        .iter()
        .map(|point| (point.start, point.cost, point.subscription, point.llm_calls))
        .collect();
    let day = |number: i64| BASE.floor(Timestamp::DAY).plus(number * Timestamp::DAY);
    let some = |text: &str| Some(usd(text));
    assert_eq!(
        series,
        [
            (day(0), some("3"), some("0"), 2),
            (day(1), some("0"), some("0.5"), 1),
            (day(2), some("4"), some("0"), 1),
            (day(3), some("1"), None, 2),
            (day(4), some("0"), some("0"), 0),
        ]
    );
    assert_eq!(
        (told.deviations.calls, told.deviations.computed, told.deviations.reported),
        (1, usd("1"), usd("3"))
    );
    assert_eq!((told.unpriced_calls, told.rows, told.rows_since), (1, 6, since));
}

#[tokio::test]
async fn every_length_of_bucket_covers_the_time() {
    for (bucket, points) in [(Bucket::Hour, 1_001), (Bucket::Day, 43), (Bucket::Week, 7), (Bucket::Month, 2)]
    {
        let filter = between(at(1_800), at(hours(1_000) + 1_800));
        let told =
            analysed(&dollars(&[(hours(1), 1)]), Ask { filter, bucket, ..Ask::default() }, at(0)).await;
        assert_eq!((told.series.len(), told.bucket), (points, bucket), "{bucket:?}");
        assert!(told.series.iter().all(|point| bucket.start(point.start) == point.start));
        assert_eq!(told.series.iter().filter_map(|point| point.cost).sum::<Usd>(), usd("1"));
    }
}

#[tokio::test]
async fn too_much_and_nothing_are_refused() {
    let store = stored(&book(), &[]).await;
    for (since, until) in [(0, 0), (5, 4), (0, hours(5_000))] {
        let ask = Ask { filter: between(at(since), at(until)), bucket: Bucket::Hour, ..Ask::default() };
        let error = analyse(&*store, &book(), &ask, at(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let told = analyse(&*store, &book(), &Ask::default(), at(0)).await.unwrap();
    assert_eq!(
        (told.total.cost, told.previous, told.trend.map(|trend| trend.per_bucket)),
        (None, None, Some(Usd::ZERO))
    );
    assert!(told.forecast.is_none() && told.forecast_reason.unwrap().contains("7 whole days"));
}

#[tokio::test]
async fn the_trend_is_of_whole_buckets() {
    let start = BASE.floor(Timestamp::DAY);
    let into = BASE.since(start) / Timestamp::SECOND;
    let costs: Vec<_> = (0..10).map(|day: i64| (day * DAY - into, 10 + 2 * day as u64)).collect();
    let now = start.plus(9 * Timestamp::DAY + Timestamp::HOUR);
    let told = analysed(&dollars(&costs), Ask { filter: between(start, now), ..Ask::default() }, now).await;
    let trend = told.trend.unwrap();
    assert_eq!((trend.per_bucket, trend.buckets), (usd("2"), 9));
    assert!((trend.percent_per_bucket.unwrap() - 200.0 / 18.0).abs() < 1e-9);
}

#[tokio::test]
async fn a_steady_spender_is_forecast_to_the_end_of_the_period() {
    let costs: Vec<_> = (-30 * 24..0).map(|hour: i64| (hour * 3_600, 1)).collect();
    for (horizon, until) in [
        (Horizon::Day, "2026-03-03T00:00:00Z"),
        (Horizon::Week, "2026-03-09T00:00:00Z"),
        (Horizon::Month, "2026-04-01T00:00:00Z"),
    ] {
        let ask = Ask { horizon: Some(horizon), ..Ask::default() };
        let told = analysed(&dollars(&costs), ask, at(0)).await;
        let forecast = told.forecast.unwrap();
        let until: Timestamp = until.parse().unwrap();
        assert_eq!((forecast.until, forecast.confidence, told.forecast_reason), (until, 0.8, None));
        let hours = until.since(forecast.since) / Timestamp::HOUR;
        let expected = usd("1").times(u64::try_from(hours).unwrap());
        assert!(
            forecast.expected.raw().abs_diff(expected.raw()) < 10_u128.pow(18),
            "{horizon:?} {forecast:?}"
        );
        assert!(
            forecast.low <= forecast.expected
                && forecast.expected <= forecast.high
                && forecast.spent <= forecast.low
        );
    }
    let past = Ask { filter: between(at(-5 * DAY), at(-DAY)), ..Ask::default() };
    let told = analysed(&dollars(&costs), past, at(0)).await;
    assert!(told.forecast.is_none() && told.forecast_reason.unwrap().contains("ends in the past"));
}

#[tokio::test]
async fn caches_had() {
    let usage = Usage::of(10_000, 0).cache_read(8_000).cache_write(1_000);
    let calls = [call(1, "claude-opus-5", 0, usage.clone()), call(2, "claude-opus-5", 10, usage).plan()];
    let told = analysed(&calls, Ask { filter: between(at(0), at(DAY)), ..Ask::default() }, at(DAY)).await;
    for cache in [told.cache, told.subscription_cache] {
        assert_eq!(
            (cache.read_tokens, cache.saved, cache.write_extra, cache.net),
            (8_000, usd("0.072"), usd("0.0025"), usd("0.0695"))
        );
    }
}

#[tokio::test]
async fn caches_missed() {
    let unread = |input: u64| Usage::of(input, 0).cache_read(0);
    let talk = |calls: Vec<(i64, Usage)>, model: &'static str| {
        let call = move |(number, (seconds, usage)): (usize, (i64, Usage))| {
            call(number as u64 + 1, model, seconds, usage).session("s")
        };
        let calls: Vec<Call> = calls.into_iter().enumerate().map(call).collect();
        async move {
            let told =
                analysed(&calls, Ask { filter: between(at(0), at(DAY)), ..Ask::default() }, at(DAY)).await;
            (told.cache.missed_tokens, told.cache.missed)
        }
    };
    let grown = vec![(0, unread(10_000)), (60, unread(12_000)), (120, unread(12_000))];
    assert_eq!(talk(grown.clone(), "gpt-5").await, (22_000, usd("0.198")), "nine dollars a million saved");
    // Reading saves 9 dollars a million; writing the first input costs 2.5 more, and so do the 2,000 that are
    // new.
    assert_eq!(talk(grown, "claude-opus-5").await, (22_000, usd("0.168")));
    assert_eq!(talk(vec![(0, unread(10_000)), (400, unread(12_000))], "gpt-5").await.0, 0, "too late");
    assert_eq!(
        talk(vec![(0, unread(10_000)), (60, unread(9_999))], "gpt-5").await.0,
        0,
        "a shorter input is another"
    );
    assert_eq!(
        talk(vec![(0, unread(1_023)), (60, unread(9_999))], "gpt-5").await.0,
        0,
        "too short to be cached"
    );
    let read = Usage::of(12_000, 0).cache_read(10_000);
    assert_eq!(talk(vec![(0, unread(10_000)), (60, read.clone())], "gpt-5").await.0, 0, "it was read");
    let unsaid = vec![(0, Usage::of(10_000, 0)), (60, Usage::of(10_000, 0))];
    assert_eq!(talk(unsaid.clone(), "gpt-5").await.0, 0, "a source that never tells of reads");
    let sometimes = [unsaid, vec![(7_200, read)]].concat();
    assert_eq!(talk(sometimes, "gpt-5").await.0, 10_000, "one that tells of them when there are some");
}

#[tokio::test]
async fn the_dearest_sessions() {
    let mut calls = Vec::new();
    for session in 1..=12_u64 {
        for number in 0..2 {
            calls.push(
                call(
                    session * 2 + number,
                    "gpt-5-nano",
                    (session * 100 + number) as i64,
                    (session * 1_000_000, 0),
                )
                .session(&format!("s{session}")),
            );
        }
    }
    calls.push(call(100, "gpt-5-nano", 5, (90_000_000, 0)));
    let told = analysed(&calls, Ask { filter: between(at(0), at(DAY)), ..Ask::default() }, at(DAY)).await;
    assert_eq!(told.sessions.len(), 10);
    let first = &told.sessions[0];
    assert_eq!(
        (first.session_id.as_str(), first.cost, first.llm_calls, first.tokens),
        ("s12", Some(usd("24")), 2, 24_000_000)
    );
    assert_eq!((first.first, first.last), (at(1_200), at(1_201)));
}

#[tokio::test]
async fn cheaper_models_of_the_same_family() {
    let calls: Vec<_> =
        (1..=20).map(|number| call(number, "gpt-5", number as i64, (100_000, 10_000))).collect();
    let ask = || Ask { filter: between(at(0), at(DAY)), ..Ask::default() };
    let told = analysed(&calls, ask(), at(DAY)).await;
    let short: Vec<_> = told
        .suggestions
        .iter()
        .map(|to| (to.to_model.as_str(), to.calls, to.cost, to.would_cost, to.saves))
        .collect();
    assert_eq!(
        short,
        [
            ("gpt-5-nano", 20, usd("28"), usd("2.8"), usd("25.2")),
            ("gpt-5-mini", 20, usd("28"), usd("5.6"), usd("22.4")),
        ],
        "neither an older model nor one for audio"
    );
    assert!(analysed(&calls[..19], ask(), at(DAY)).await.suggestions.is_empty(), "too few calls");
    let plan: Vec<_> = calls.iter().cloned().map(Call::plan).collect();
    assert!(analysed(&plan, ask(), at(DAY)).await.suggestions.is_empty(), "nothing is paid for a call");
}

#[tokio::test]
async fn a_bound_on_rows_keeps_the_latest_and_says_so() {
    let costs: Vec<_> = (0..100).map(|hour: i64| (hours(hour), 1)).collect();
    let ask = Ask { filter: between(at(0), at(hours(100))), max_rows: Some(10), ..Ask::default() };
    let told = analysed(&dollars(&costs), ask, at(hours(100))).await;
    assert_eq!((told.total.llm_calls, told.rows, told.rows_since), (100, 10, at(hours(90))));
}

/// The books that the program carries name models that they can price.
#[test]
fn the_vendored_books_have_offers() {
    let books = Books::vendored();
    let offers = books.offers(at(0));
    let own = |provider: &str| books.provider_id(provider);
    assert!(offers.len() > 1_000, "{}", offers.len());
    let openai: Vec<&Offer> = offers.iter().filter(|offer| offer.provider == own("openai")).collect();
    assert!(openai.iter().any(|offer| offer.model == "gpt-5-mini"), "{}", openai.len());
    let usage = Usage::of(1_000, 100);
    let priced = |offer: &&&Offer| {
        let request = PriceRequest {
            provider: Some(&offer.provider),
            ..PriceRequest::new(&offer.model, at(0), &usage)
        };
        books.price(&request).is_ok()
    };
    assert!(
        openai.iter().filter(priced).count() * 10 > openai.len() * 9,
        "what is on offer can be priced by its name"
    );
}

#[tokio::test]
async fn suggestions_from_the_vendored_books() {
    let books = Books::vendored();
    let named = |number: u64, model: &str| {
        let mut call = call(number, model, number as i64, Usage::of(20_000, 1_000).cache_read(10_000));
        call.model = model.to_owned();
        call
    };
    let calls: Vec<_> = (1..=25)
        .map(|number| named(number, "anthropic/claude-opus-4-5-20251101"))
        .chain((26..=60).map(|number| named(number, "openai/gpt-5-2025-08-07")))
        .collect();
    let store = stored(&books, &calls).await;
    let told = analyse(&*store, &books, &Ask { filter: between(at(0), at(DAY)), ..Ask::default() }, at(DAY))
        .await
        .unwrap();
    let to: Vec<_> = told
        .suggestions
        .iter()
        .map(|to| (to.model.as_str(), to.to_provider.as_str(), to.to_model.as_str()))
        .collect();
    assert!(
        to.iter()
            .any(|(from, to, name)| from.contains("opus") && *to == "anthropic" && name.contains("haiku")),
        "{to:?}"
    );
    assert!(
        to.iter()
            .any(|(from, to, name)| from.starts_with("gpt-5") && *to == "openai" && name.contains("nano")),
        "{to:?}"
    );
    assert!(
        told.suggestions
            .iter()
            .all(|to| to.saves.times(10) >= to.cost && to.cost - to.would_cost == to.saves)
    );
}
