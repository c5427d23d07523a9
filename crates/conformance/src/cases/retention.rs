//! Cases on retention: removed records, sums that remain, and held traces.

use quipu_core::{
    Detail, ErrorKind, GroupBy, Hold, Instrument, Keep, Level, Retention, RetentionRule, Retired,
    SessionQuery, Store, Timestamp, TraceFilter, UsageQuery, Usd,
};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::questions::KEYS;
use crate::sample::{agent_run, at, batch, draft, event, metric, priced, trace_id};
use crate::{Outcome, Subject};

const DAY: i64 = Timestamp::DAY;

cases! { "retention":
    [Store, Spans, Costs, Events, Retention] without_rules_everything_stays,
    [Store, Spans, Costs, Retention] sums_outlive_the_spans_that_they_are_of,
    [Store, Spans, Costs, Retention] what_is_not_counted_goes_as_a_whole,
    [Store, Spans, Costs, Events, Metrics, Retention] each_signal_goes_when_its_time_is_over,
    [Store, Spans, Costs, Retention] a_dry_run_removes_nothing,
    [Store, Spans, Costs, Events, Retention] held_traces_are_left_whole,
    [Store, Spans, Retention] holds_are_listed_and_released,
    [Store, Spans, Retention, Forgetting] forgotten_traces_are_held_no_more,
    [Store, Spans, Retention] services_have_periods_of_their_own,
    [Store, Spans, Costs, Retention] thinned_traces_take_late_spans,
}

fn rules(traces: u32) -> Retention {
    Retention { traces: Some(Keep::days(traces)), ..Retention::default() }
}

/// The start of the day `number` days after the day of the samples.
fn day(number: i64) -> Timestamp {
    at(0).floor(DAY).plus(number * DAY)
}

fn hold(trace: u64) -> Hold {
    Hold { trace_id: trace_id(trace), since: at(1), by: "ada".into(), note: String::new() }
}

async fn retire(on: &Subject, rules: &Retention, now: Timestamp) -> Outcome<Retired> {
    let told = on.retention()?.retire(rules, now, false).await?;
    same!(told.left.len(), 0, "days that were left");
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    Ok(told)
}

/// Runs of two days. The first day ends before the second.
async fn two_days(on: &Subject) -> Outcome {
    for number in (0..6).chain(1_440..1_446) {
        on.write(agent_run(23, number)).await?;
    }
    Ok(())
}

async fn sums(store: &dyn Store) -> Outcome<Vec<String>> {
    let mut all = Vec::new();
    for one in KEYS {
        for group_by in [vec![one], vec![one, GroupBy::Model], vec![one, GroupBy::Hour]] {
            let query = UsageQuery { filter: TraceFilter::default(), group_by };
            all.push(format!("{query:?}: {:?}", ask::groups(store, &query).await?));
        }
    }
    all.push(format!("{:?}", ask::all_costs(store, &TraceFilter::default(), 20).await?));
    let query = SessionQuery { limit: 100, ..SessionQuery::default() };
    for row in store.sessions(&query).await?.rows {
        all.push(format!("{:?}", (row.session, row.traces, row.llm_calls, row.tool_calls, row.cost)));
    }
    for tool in store.tools(&TraceFilter::default()).await? {
        all.push(format!("{:?}", (tool.tool, tool.calls, tool.errors, tool.latency)));
    }
    Ok(all)
}

async fn without_rules_everything_stays(on: &Subject) -> Outcome {
    two_days(on).await?;
    let before = super::everything::everything(on.store()?).await?;
    let told = retire(on, &Retention::default(), day(10_000)).await?;
    same!(told.days.len(), 0, "days of which something went");
    super::everything::is_as(on.store()?, &before).await
}

async fn sums_outlive_the_spans_that_they_are_of(on: &Subject) -> Outcome {
    two_days(on).await?;
    let store = on.store()?;
    let before = sums(store).await?;
    let told = retire(on, &rules(1), day(2)).await?;
    same!(
        told.days.iter().map(|day| (day.day, day.traces)).collect::<Vec<_>>(),
        [(day(0), 6)],
        "days and traces"
    );
    for (have, want) in sums(store).await?.iter().zip(&before) {
        same!(have, want, "a sum");
    }
    let left: Vec<u64> = (1_441..=1_446).collect();
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&left), "traces left");
    same!(ask::all_spans(store, trace_id(1), Detail::Full, 10).await?.len(), 0, "spans of a thinned trace");
    check!(
        store.trace(trace_id(1)).await?.is_some_and(|row| row.spans == 0),
        "the thinned trace's summary has spans"
    );
    Ok(())
}

async fn what_is_not_counted_goes_as_a_whole(on: &Subject) -> Outcome {
    let call = draft(2, 1).llm("openai/gpt-5", 10, 1).span();
    on.write(batch([draft(1, 1).span(), call.clone()], [priced(&call, "1")])).await?;
    retire(on, &rules(1), day(2)).await?;
    same!(on.store()?.trace(trace_id(1)).await?, None::<quipu_core::TraceRow>, "a trace without a call");
    let both = Retention { costs: Some(Keep::days(2)), ..rules(1) };
    retire(on, &both, day(2)).await?;
    same!(ask::total(on.store()?, TraceFilter::default()).await?.llm_calls, 1, "calls while costs are kept");
    retire(on, &both, day(3)).await?;
    same!(ask::total(on.store()?, TraceFilter::default()).await?.llm_calls, 0, "calls after that");
    same!(on.store()?.info().await?.days, 0, "days left");
    Ok(())
}

async fn each_signal_goes_when_its_time_is_over(on: &Subject) -> Outcome {
    two_days(on).await?;
    let points = [(at(5), 1.0), (at(5).plus(DAY), 2.0)];
    on.write(quipu_core::Batch {
        metrics: vec![metric("load", Instrument::Gauge, "a", &points)],
        ..quipu_core::Batch::default()
    })
    .await?;
    let store = on.store()?;
    let rules = Retention { logs: Some(Keep::days(1)), metrics: Some(Keep::days(2)), ..Retention::default() };
    let told = retire(on, &rules, day(2)).await?;
    same!(
        told.days.iter().map(|day| (day.events, day.points, day.traces)).collect::<Vec<_>>(),
        [(6, 0, 0)],
        "what went"
    );
    same!(store.events(&ask::every_event()).await?.rows.len(), 6, "events left");
    let told = retire(on, &rules, day(3)).await?;
    same!(
        told.days.iter().map(|day| (day.events, day.points)).collect::<Vec<_>>(),
        [(0, 1), (6, 0)],
        "what went next"
    );
    same!(ask::picked(store, TraceFilter::default()).await?.len(), 12, "traces left");
    Ok(())
}

async fn a_dry_run_removes_nothing(on: &Subject) -> Outcome {
    two_days(on).await?;
    let store = on.store()?;
    let before = super::everything::everything(store).await?;
    let plan = on.retention()?.retire(&rules(1), day(5), true).await?;
    super::everything::is_as(store, &before).await?;
    let counts = |told: &Retired| {
        told.days.iter().map(|day| (day.day, day.fate, day.traces, day.spans, day.costs)).collect::<Vec<_>>()
    };
    same!(plan.days.len(), 2, "days of which something would go");
    let told = retire(on, &rules(1), day(5)).await?;
    same!(counts(&told), counts(&plan), "what went, and what was said before");
    same!(on.retention()?.retire(&rules(1), day(5), true).await?.days.len(), 0, "what would go after that");
    Ok(())
}

async fn held_traces_are_left_whole(on: &Subject) -> Outcome {
    two_days(on).await?;
    let store = on.store()?;
    on.retention()?.hold(&[hold(3)]).await?;
    let before =
        (store.trace(trace_id(3)).await?, ask::all_spans(store, trace_id(3), Detail::Full, 10).await?);
    let rules = Retention { logs: Some(Keep::days(1)), costs: Some(Keep::days(1)), ..rules(1) };
    let told = retire(on, &rules, day(9)).await?;
    same!(
        told.days.iter().map(|day| (day.traces, day.held)).collect::<Vec<_>>(),
        [(5, 1), (6, 0)],
        "traces, and held ones"
    );
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&[3]), "traces left");
    same!(store.trace(trace_id(3)).await?, before.0, "the held trace");
    same!(ask::all_spans(store, trace_id(3), Detail::Full, 10).await?, before.1, "its spans");
    same!(store.events(&ask::every_event()).await?.rows.len(), 1, "its events");
    Ok(())
}

async fn holds_are_listed_and_released(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).span(), draft(2, 1).span()], [])).await?;
    let store = on.store()?;
    let later = Hold { since: at(9), note: "for the audit".into(), ..hold(2) };
    same!(on.retention()?.hold(&[hold(1), later.clone()]).await?, 2, "new holds");
    same!(
        on.retention()?.hold(&[Hold { by: "bob".into(), ..hold(1) }]).await?,
        0,
        "holds of a trace that is held"
    );
    same!(on.retention()?.holds().await?, vec![later, hold(1)], "holds, the latest first");
    same!(on.retention()?.release(&ask::ids(&[1, 7])).await?, 1, "traces that were held");
    same!(on.retention()?.holds().await?.len(), 1, "holds left");
    retire(on, &rules(1), day(9)).await?;
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&[2]), "traces left");
    let many: Vec<Hold> = (1..=10_001).map(hold).collect();
    let refused = on.retention()?.hold(&many).await.err().map(|error| error.kind());
    same!(refused, Some(ErrorKind::Exhausted), "more holds than there may be");
    same!(on.retention()?.holds().await?.len(), 1, "holds after that");
    Ok(())
}

async fn forgotten_traces_are_held_no_more(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).span(), draft(2, 1).span()], [])).await?;
    on.retention()?.hold(&[hold(1), hold(2)]).await?;
    same!(on.forgetting()?.forget(&ask::ids(&[1])).await?, 1, "traces forgotten");
    same!(on.retention()?.holds().await?, vec![hold(2)], "holds left");
    Ok(())
}

async fn services_have_periods_of_their_own(on: &Subject) -> Outcome {
    let of =
        |trace: u64, service: &str, project: &str| draft(trace, 1).service(service).project(project).span();
    on.write(batch([of(1, "shop", "a"), of(2, "shop", "b"), of(3, "till", "b"), draft(4, 1).span()], []))
        .await?;
    let rule = |service: Option<&str>, project: Option<&str>, traces| RetentionRule {
        service: service.map(Into::into),
        project: project.map(Into::into),
        traces: Some(traces),
        ..RetentionRule::default()
    };
    let rule = vec![
        rule(Some("shop"), Some("b"), Keep::Forever),
        rule(Some("shop"), None, Keep::days(1)),
        rule(None, Some("b"), Keep::days(5)),
    ];
    let rules = Retention { rule, ..rules(3) };
    let left = async || ask::picked(on.store()?, TraceFilter::default()).await;
    retire(on, &rules, day(2)).await?;
    same!(left().await?, ask::ids(&[2, 3, 4]), "traces left after a day");
    retire(on, &rules, day(4)).await?;
    same!(left().await?, ask::ids(&[2, 3]), "traces left after three days");
    retire(on, &rules, day(6)).await?;
    same!(left().await?, ask::ids(&[2]), "traces left after five days");
    Ok(())
}

async fn thinned_traces_take_late_spans(on: &Subject) -> Outcome {
    let call =
        draft(1, 2).below(1).llm("openai/gpt-5", 100, 10).with("prompt", "why").with("to", "me").span();
    let root = draft(1, 1).session("s").with("from", "me").with("to", "you").span();
    let whole = batch([root, call.clone()], [priced(&call, "1")]);
    on.write(whole.clone()).await?;
    retire(on, &rules(1), day(2)).await?;
    let note = event(at(7), Level::Info, "late", "late");
    on.write(quipu_core::Batch { events: vec![note], ..whole }).await?;
    let store = on.store()?;
    same!(ask::total(store, TraceFilter::default()).await?.llm_calls, 1, "calls");
    same!(ask::all_spans(store, trace_id(1), Detail::Full, 10).await?.len(), 2, "spans that came again");
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    retire(on, &rules(1), day(2)).await?;
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&[]), "traces left");
    same!(ask::total(store, TraceFilter::default()).await?.cost, "1".parse::<Usd>().ok(), "cost");
    Ok(())
}
