//! Tests of the summary of a time range.

use quipu_insight::summary::summary;

use super::*;

#[tokio::test]
async fn requests_of_a_minute_sessions_and_frameworks() {
    let mut spans = Vec::new();
    for trace in 1..=30 {
        let framework = if trace <= 20 { "loom" } else { "weft" };
        let call =
            draft(trace, 1).llm("gpt-4o", 10, 5).framework(framework).session(&format!("s{}", trace % 4));
        let call = call.starts(hour(1)).lasts(100 * MILLI);
        spans.push(if trace <= 3 { call.failed("busy") } else { call }.span());
    }
    let store = stored(spans, Vec::new()).await;
    let found = summary(store.as_ref(), &since(hour(1), hour(2)), hour(2)).await.unwrap();
    assert_eq!(found.minutes, Some(60.0));
    assert_eq!((found.total.usage.llm_calls, found.total.usage.errors, found.total.traces), (30, 3, 30));
    assert_eq!(found.total.sessions, 4, "a session of two frameworks is one");
    let by: Vec<_> = found
        .frameworks
        .iter()
        .map(|(name, busy)| (name.as_deref(), busy.usage.llm_calls, busy.sessions))
        .collect();
    assert_eq!(by, [(Some("loom"), 20, 4), (Some("weft"), 10, 4)]);
    assert_eq!(summary(store.as_ref(), &TraceFilter::default(), hour(2)).await.unwrap().minutes, None);
}
