//! Tests of agents: runs, calls, tools, models, errors.

use quipu_core::{GroupBy, Store as _, UsageQuery};
use quipu_insight::agents::agents;

use super::*;

async fn store() -> Arc<Memory> {
    let mut spans = Vec::new();
    for trace in 1..=3 {
        let run = draft(trace, 1).agent("planner").starts(hour(1)).lasts(4_000 * MILLI);
        spans.push(if trace == 3 { run.failed("gave up") } else { run }.span());
        for call in 0..2 {
            let model = if call == 0 { "gpt-4o" } else { "gpt-4o-mini" };
            spans.push(
                by(
                    draft(trace, 2 + call).below(1).llm(model, 100, 10).starts(hour(1)).lasts(500 * MILLI),
                    "planner",
                )
                .span(),
            );
        }
        let tool = by(draft(trace, 5).below(1).tool("search").starts(hour(2)).lasts(50 * MILLI), "planner");
        spans.push(if trace == 1 { tool.failed("no answer") } else { tool }.span());
    }
    spans.push(draft(9, 1).agent("idle").starts(hour(1)).running().span());
    spans.push(draft(10, 1).llm("gpt-4o", 7, 7).starts(hour(1)).lasts(MILLI).span());
    stored(spans, Vec::new()).await
}

#[tokio::test]
async fn each_agent_has_its_runs_calls_tools_models_and_failures() {
    let found = agents(store().await.as_ref(), &TraceFilter::default()).await.unwrap();
    assert_eq!(found.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>(), ["planner", "idle"]);
    let planner = &found[0];
    assert_eq!((planner.runs, planner.errors, planner.running), (3, 1, 0));
    assert_eq!(
        (planner.usage.llm_calls, planner.usage.tokens.input, planner.usage.cost),
        (6, 600, "1.5".parse().ok())
    );
    assert_eq!((planner.duration.count(), planner.usage.latency.mean()), (3, Some(500e6)));
    assert_eq!((planner.tool_calls, planner.tools.len()), (3, 1));
    assert_eq!((planner.tools[0].calls, planner.tools[0].errors), (3, 1));
    assert_eq!(planner.models, [("gpt-4o".into(), 3), ("gpt-4o-mini".into(), 3)]);
    let errors: Vec<_> = planner.error_kinds.iter().map(|kind| (kind.error.as_deref(), kind.count)).collect();
    assert!(errors.contains(&(Some("gave up"), 1)) && errors.contains(&(Some("no answer"), 1)), "{errors:?}");
    assert_eq!(planner.last_at, Some(hour(2)));
    assert_eq!((found[1].runs, found[1].running, found[1].usage.llm_calls), (1, 1, 0));
}

#[tokio::test]
async fn a_model_narrows_the_calls_and_leaves_the_runs_whole() {
    let store = store().await;
    let mini = TraceFilter { model: Some("gpt-4o-mini".into()), ..TraceFilter::default() };
    let found = agents(store.as_ref(), &mini).await.unwrap();
    assert_eq!((found[0].usage.llm_calls, found[0].runs, found[0].models.len()), (3, 3, 1));
    assert_eq!(found.len(), 2 - usize::from(found.iter().all(|agent| agent.name != "idle")));
    let none = TraceFilter { agent: Some("nobody".into()), ..TraceFilter::default() };
    assert!(agents(store.as_ref(), &none).await.unwrap().is_empty());
    assert!(agents(&Memory::new(), &TraceFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn agents_are_charged_with_their_names() {
    const COUNT: u64 = 100;
    let call = |number: u64| {
        let draft = draft(number + 1, 1).llm("gpt-4o", 3, 4).starts(hour(1));
        by(draft, &format!("{number:010000}")).span()
    };
    let store = stored((0..COUNT).map(call).collect(), Vec::new()).await;
    let query = UsageQuery { group_by: vec![GroupBy::Agent, GroupBy::Model], ..UsageQuery::default() };
    let of_store = reserved(store.usage(&query)).await;
    let of_answer = reserved(agents(store.as_ref(), &TraceFilter::default())).await;
    assert!(of_answer > of_store + 2 * 10_000 * usize::try_from(COUNT).unwrap(), "{of_answer}, {of_store}");
}
