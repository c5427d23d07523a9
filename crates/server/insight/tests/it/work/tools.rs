//! Tests of tools: hours, baseline, and each rule at its threshold.

use std::collections::BTreeMap;

use quipu_core::{Criterion, FacetField, Span, Term, Timestamp, TraceFilter, Wanted};
use quipu_insight::tools::{ToolInsight, insights};

use super::*;

/// When the time asked for begins and ends: a day, a week after the base time.
const FROM: i64 = 7 * 24;
const TO: i64 = 8 * 24;

async fn learnt(spans: Vec<Span>) -> BTreeMap<String, ToolInsight> {
    let store = stored(spans, Vec::new()).await;
    let filter = since(hour(FROM), hour(TO));
    let found = insights(store.as_ref(), &filter, hour(TO)).await.unwrap();
    found.into_iter().map(|insight| (insight.tool.tool.to_string(), insight)).collect()
}

fn codes(insight: &ToolInsight) -> Vec<&'static str> {
    insight.recommendations.iter().map(|found| found.rule.code()).collect()
}

#[tokio::test]
async fn a_tool_that_got_worse_is_told_of_with_its_figures() {
    let mut spans = runs(1, "search", hour(24), 100, 0, 100);
    spans.extend(runs(1_000, "search", hour(FROM + 20), 40, 10, 400));
    let insight = &learnt(spans).await["search"];
    assert_eq!(codes(insight), ["failing_more", "often_fails", "slower", "timeouts", "one_error_dominates"]);
    let before = insight.baseline.as_ref().unwrap();
    assert_eq!((before.calls, before.errors, before.until), (100, 0, hour(FROM)));
    assert_eq!(before.since, hour(24).floor(Timestamp::DAY));
    let change = insight.change().unwrap();
    assert_eq!(change.success_points, Some(-25.0));
    assert!((change.p95_percent.unwrap() - 300.0).abs() < 10.0, "{change:?}");
    let fell = &insight.recommendations[0].values;
    assert_eq!(
        (fell["success_rate"].as_f64(), fell["baseline_success_rate"].as_f64()),
        (Some(0.75), Some(1.0))
    );
    assert_eq!(insight.error_kinds[0].error.as_deref(), Some("timed out after 5 s"));
    assert!(insight.error_kinds[0].example.is_some());
}

#[tokio::test]
async fn hours_are_the_last_24_with_empty_ones() {
    let insight = &learnt(runs(1, "search", hour(TO - 2), 90, 3, 50)).await["search"];
    assert_eq!(insight.hours.len(), 24);
    assert_eq!((insight.hours[0].start, insight.hours[23].start), (hour(FROM), hour(TO - 1)));
    let calls: Vec<u64> = insight.hours.iter().map(|hour| hour.calls).collect();
    assert_eq!((calls[21], calls[22], calls[23], calls.iter().sum::<u64>()), (0, 60, 30, 90));
    assert_eq!((insight.hours[22].errors, insight.baseline.is_none(), insight.change()), (3, true, None));
}

#[tokio::test]
async fn rules_hold_from_their_thresholds_on() {
    // Success falls by 5 points, from 100 to 95 of a hundred. A fall by 4 gives no recommendation; neither do
    // 19 runs.
    for (before, now, failed, told) in
        [(400, 400, 20, true), (400, 400, 16, false), (400, 19, 9, false), (19, 400, 20, false)]
    {
        let mut spans = runs(1, "t", hour(24), before, 0, 100);
        spans.extend(runs(1_000, "t", hour(FROM), now, failed, 100));
        let insight = &learnt(spans).await["t"];
        assert_eq!(
            codes(insight).contains(&"failing_more"),
            told,
            "{before} {now} {failed}: {:?}",
            codes(insight)
        );
    }
    // One failure in twenty may be chance among only twenty runs.
    let mut few = runs(1, "t", hour(24), 20, 0, 100);
    few.extend(runs(1_000, "t", hour(FROM), 20, 1, 100));
    assert_eq!(codes(&learnt(few).await["t"]), [""; 0]);

    for (millis, told) in [(320, true), (270, false), (180, false)] {
        let mut spans = runs(1, "t", hour(24), 40, 0, 200);
        spans.extend(runs(1_000, "t", hour(FROM), 40, 0, millis));
        assert_eq!(codes(&learnt(spans).await["t"]).contains(&"slower"), told, "{millis}");
    }
    for (failed, told) in [(21, true), (20, false)] {
        let insight = &learnt(runs(1, "t", hour(FROM), 200, failed, 50)).await["t"];
        assert_eq!(codes(insight).contains(&"often_fails"), told, "{failed}");
    }
    for (failed, told) in [(5, true), (4, false)] {
        let insight = &learnt(runs(1, "t", hour(FROM), 200, failed, 50)).await["t"];
        assert_eq!(
            (codes(insight).contains(&"timeouts"), codes(insight).contains(&"one_error_dominates")),
            (told, told)
        );
    }
}

#[tokio::test]
async fn a_slow_tail_a_flaky_tool_and_one_that_is_hardly_used() {
    let mut spans = runs(1, "tail", hour(FROM), 98, 0, 100);
    spans.extend(runs(200, "tail", hour(FROM + 3), 3, 0, 1_500));
    for past in 0..6 {
        spans.extend(runs(
            300 + past * 20,
            "flaky",
            hour(FROM + i64::try_from(past).unwrap()),
            10,
            u64::from(past % 2 == 0),
            20,
        ));
    }
    for (number, name) in ["a", "b", "c"].iter().enumerate() {
        let number = u64::try_from(number).unwrap();
        spans.extend(runs(1_000 * (number + 1), name, hour(FROM), if number == 2 { 2 } else { 60 }, 0, 10));
    }
    let found = learnt(spans).await;
    assert_eq!(codes(&found["tail"]), ["slow_tail"]);
    assert_eq!(codes(&found["flaky"]), ["flaky"]);
    assert_eq!((codes(&found["a"]), codes(&found["c"])), (vec![], vec!["rarely_used"]));
    assert_eq!(found["c"].recommendations[0].values["calls"], 2);
}

#[tokio::test]
async fn calls_within_a_tool_have_their_output_held_against_their_input() {
    let store = Arc::new(Memory::new());
    let run = draft(1, 1).tool("summarise").starts(hour(FROM)).lasts(900 * MILLI).span();
    let call =
        draft(1, 2).below(1).llm("gpt-4o", 10_000, 12_000).starts(hour(FROM)).lasts(800 * MILLI).span();
    let within = quipu_core::Cost { tool: Some("summarise".into()), ..priced(&call, "0.25") };
    let costs = vec![cost(&run), within];
    store.write(Arc::new(Batch { spans: vec![run, call], costs, ..Batch::default() })).await.unwrap();
    let found = insights(store.as_ref(), &since(hour(FROM), hour(TO)), hour(TO)).await.unwrap();
    assert_eq!((found[0].output_per_input(), codes(&found[0])), (Some(1.2), vec!["costly_output"]));
    assert_eq!(found[0].recommendations[0].values["cost_usd"], "0.25");
}

#[tokio::test]
async fn all_time_has_no_baseline_and_filters_narrow() {
    let mut spans = runs(1, "search", hour(1), 30, 0, 100);
    spans.extend(runs(100, "book", hour(1), 30, 0, 100));
    let store = stored(spans, Vec::new()).await;
    let everything = insights(store.as_ref(), &TraceFilter::default(), hour(9)).await.unwrap();
    assert_eq!(everything.len(), 2);
    assert!(everything.iter().all(|insight| insight.baseline.is_none() && insight.tool.calls == 30));
    let wanted = vec![Wanted::Beginning("sea".into())];
    let term = Term { not: false, criterion: Criterion::Named(FacetField::Tool, wanted) };
    let filter = TraceFilter { terms: vec![term], ..TraceFilter::default() };
    let one = insights(store.as_ref(), &filter, hour(9)).await.unwrap();
    assert_eq!((one.len(), one[0].tool.tool.as_str()), (1, "search"));
    assert!(insights(&Memory::new(), &filter, hour(9)).await.unwrap().is_empty());
}
