//! Cases on work of events, in steps of time, and in order.

use std::sync::Arc;

use quipu_core::{
    Batch, Cost, Criterion, Event, FacetField, GroupBy, Kind, Level, Resource, Rule, Span, Term, Timestamp,
    TraceFilter, UsageKey, UsageQuery, Wanted, WorkKey, WorkQuery, WorkTotals, Worked,
};

use super::cases;
use super::work::{MS, NONE, by, counts, each_key, fill, name, spans, total, total_of};
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{agent_runs, at, batch, cost, draft, event, priced, trace_id};
use crate::{Outcome, Subject};

cases! { "work":
    [Store, Events] events_by_each_key,
    [Store, Events] events_that_are_picked,
    [Store, Spans, Costs] steps_are_those_of_usage,
    [Store, Spans] steps_of_traces_begin_on_the_step,
    [Store, Spans, Costs] groups_come_in_the_order_of_their_keys,
    [Store, Spans, Costs] sums_follow_better_copies_and_corrections,
    [Store, Reopen, Spans, Costs] work_is_there_after_close,
}

fn events() -> Vec<Event> {
    let service = |name: &str| {
        let attributes = [("service.name", name)].into_iter().collect();
        Arc::new(Resource { attributes, ..Resource::default() })
    };
    let mut list = vec![
        event(at(1), Level::Info, "run.done", "all is well"),
        event(at(2), Level::Error, "run.failed", "all is lost"),
        event(at(3), Level::Critical, "run.failed", "Nothing is left"),
        event(at(3_700), Level::Warning, "", "a plain line"),
    ];
    list[0].resource = service("shop");
    list[1].resource = service("shop");
    list[0].trace_id = Some(trace_id(1));
    list[1].trace_id = Some(trace_id(2));
    list[3].trace_id = Some(trace_id(3));
    list[0].session = Some("s1".into());
    list[1].agent = Some("amy".into());
    list[2].framework = Some("crewai".into());
    list
}

async fn events_by_each_key(on: &Subject) -> Outcome {
    on.write(Batch { events: events(), ..Batch::default() }).await?;
    each_key(
        on,
        Worked::Events,
        &[
            (WorkKey::Service, &[(NONE, 2), (name("shop"), 2)]),
            (WorkKey::Framework, &[(NONE, 3), (name("crewai"), 1)]),
            (WorkKey::Agent, &[(NONE, 3), (name("amy"), 1)]),
            (WorkKey::Model, &[(NONE, 4)]),
            (WorkKey::Tool, &[(NONE, 4)]),
            (WorkKey::Name, &[(NONE, 1), (name("run.done"), 1), (name("run.failed"), 2)]),
            (WorkKey::Kind, &[(NONE, 4)]),
            (
                WorkKey::Status,
                &[(name("critical"), 1), (name("error"), 1), (name("info"), 1), (name("warning"), 1)],
            ),
            (WorkKey::Error, &[(NONE, 4)]),
            (WorkKey::Session, &[(NONE, 3), (name("s1"), 1)]),
            (WorkKey::User, &[(NONE, 4)]),
            (WorkKey::Step(Timestamp::HOUR), &[(UsageKey::Time(at(0)), 3), (UsageKey::Time(at(3_600)), 1)]),
        ],
    )
    .await?;
    let sum = total(on, Worked::Events, TraceFilter::default()).await?;
    same!((sum.count, sum.errors, sum.running, sum.duration.count()), (4, 2, 0, 0), "events, errors");
    // The latest error names no trace.
    same!((sum.last_at, sum.example), (at(3_700), Some(trace_id(2))), "latest event, example");
    let failed = WorkQuery { of: Worked::Events, failed: true, ..WorkQuery::default() };
    same!(total_of(on, failed).await?.count, 2, "errors alone");
    Ok(())
}

async fn events_that_are_picked(on: &Subject) -> Outcome {
    on.write(Batch { events: events(), ..Batch::default() }).await?;
    let text = |value: &str| Some(value.to_owned());
    let every = TraceFilter::default;
    let has = |not, criterion| TraceFilter { terms: vec![Term { not, criterion }], ..every() };
    let named = |field, value: &str| Criterion::Named(field, vec![Wanted::Beginning(value.to_owned())]);
    let cases = [
        (TraceFilter { since: Some(at(2)), until: Some(at(3_700)), ..every() }, 2),
        (TraceFilter { session: text("s1"), ..every() }, 1),
        (TraceFilter { agent: text("amy"), ..every() }, 1),
        (TraceFilter { framework: text("none"), ..every() }, 0),
        (TraceFilter { q: text("ALL is"), ..every() }, 2),
        (has(false, named(FacetField::Agent, "a")), 1),
        (has(true, named(FacetField::Agent, "a")), 3),
        (has(false, Criterion::Has(FacetField::Session)), 1),
        (has(true, Criterion::Has(FacetField::Framework)), 3),
        (has(true, Criterion::Words("is l".to_owned())), 2),
        // Filters that do not apply to events match all of them.
        (TraceFilter { model: text("none"), user: text("none"), ..every() }, 4),
        (has(false, named(FacetField::Model, "none")), 4),
        (has(true, Criterion::Has(FacetField::Status)), 4),
    ];
    for (filter, want) in cases {
        same!(total(on, Worked::Events, filter.clone()).await?.count, want, "events of {filter:?}");
    }
    Ok(())
}

async fn steps_are_those_of_usage(on: &Subject) -> Outcome {
    on.write(agent_runs(21, 40)).await?;
    let store = on.store()?;
    let usage = async |by: GroupBy| {
        ask::groups(store, &UsageQuery { filter: TraceFilter::default(), group_by: vec![by, GroupBy::Model] })
            .await
    };
    for (step, by) in [(Timestamp::HOUR, GroupBy::Hour), (Timestamp::DAY, GroupBy::Day)] {
        let want = usage(by).await?;
        same!(usage(GroupBy::Step(step)).await?, want, "usage by step and {by:?}");
    }
    for width in [7 * Timestamp::SECOND, Timestamp::HOUR, 36 * Timestamp::HOUR] {
        let query = UsageQuery { filter: TraceFilter::default(), group_by: vec![GroupBy::Step(width)] };
        let calls: Vec<_> = ask::groups(store, &query)
            .await?
            .into_iter()
            .filter(|(_, totals)| totals.llm_calls > 0)
            .map(|(key, totals)| (key, totals.llm_calls, totals.errors))
            .collect();
        let work: Vec<_> =
            by(on, spans(&[Kind::Llm, Kind::Embedding, Kind::Rerank]), &[WorkKey::Step(width)])
                .await?
                .into_iter()
                .map(|group| (group.key, group.totals.count, group.totals.errors))
                .collect();
        same!(work, calls, "calls in steps of {width}");
    }
    let total = ask::total(store, TraceFilter::default()).await?;
    // The minimum step is one second.
    let query = UsageQuery { filter: TraceFilter::default(), group_by: vec![GroupBy::Step(1)] };
    let groups = ask::groups(store, &query).await?;
    same!(
        groups.iter().map(|(_, totals)| totals.llm_calls).sum::<u64>(),
        total.llm_calls,
        "calls in short steps"
    );
    let whole = |key: &UsageKey| matches!(key, UsageKey::Time(time) if time.nanos() % Timestamp::SECOND == 0);
    check!(
        groups.iter().all(|(key, _)| key.iter().all(whole)),
        "a step does not begin on a second: {groups:?}"
    );
    Ok(())
}

async fn steps_of_traces_begin_on_the_step(on: &Subject) -> Outcome {
    let list: Vec<Span> = [0, 29, 30, 59, 60, 90_000]
        .into_iter()
        .zip(1..)
        .map(|(second, number)| draft(number, number).starts(at(second)).span())
        .collect();
    on.write(batch(list, [])).await?;
    let want: Vec<_> = [(0, 2), (30, 2), (60, 1), (90_000, 1)]
        .into_iter()
        .map(|(second, count)| (vec![UsageKey::Time(at(second))], count))
        .collect();
    for of in [Worked::Traces, spans(&[])] {
        let have = counts(&by(on, of.clone(), &[WorkKey::Step(30 * Timestamp::SECOND)]).await?);
        same!(have, want, "{of:?} in steps");
    }
    Ok(())
}

async fn groups_come_in_the_order_of_their_keys(on: &Subject) -> Outcome {
    on.write(agent_runs(3, 30)).await?;
    for keys in [
        vec![WorkKey::Kind, WorkKey::Name],
        vec![WorkKey::Step(600 * Timestamp::SECOND), WorkKey::Service],
        vec![WorkKey::Session, WorkKey::Status, WorkKey::Model],
    ] {
        for of in [Worked::Traces, spans(&[]), Worked::Events] {
            let found = by(on, of.clone(), &keys).await?;
            let have: Vec<_> = found.iter().map(|group| group.key.clone()).collect();
            let mut want = have.clone();
            want.sort();
            want.dedup();
            same!(have, want, "{of:?} by {keys:?}");
            let count = found.iter().map(|group| group.totals.count).sum::<u64>();
            let all = total(on, of.clone(), TraceFilter::default()).await?.count;
            same!(count, all, "all of {of:?}");
        }
    }
    Ok(())
}

async fn sums_follow_better_copies_and_corrections(on: &Subject) -> Outcome {
    let early = draft(1, 1).llm("openai/gpt-5", 1, 1).running().span();
    on.write(batch([early.clone()], [cost(&early)])).await?;
    let sum = total(on, spans(&[Kind::Llm]), TraceFilter::default()).await?;
    same!((sum.count, sum.running, sum.first_token.count()), (1, 1, 0), "calls while it runs");
    let ended = draft(1, 1)
        .llm("openai/gpt-5", 1, 1)
        .lasts(70 * MS)
        .read(|read| read.time_to_first_token = Some(9 * MS))
        .span();
    on.write(batch([ended.clone()], [Cost { version: 2, ..cost(&ended) }])).await?;
    let sum = total(on, spans(&[Kind::Llm]), TraceFilter::default()).await?;
    same!(
        (sum.count, sum.running, sum.duration.sum(), sum.first_token.sum()),
        (1, 0, 70 * MS, 9 * MS),
        "then"
    );
    on.write(batch([], [Cost { version: 3, rule: Rule::Repeats, ..priced(&ended, "1") }])).await?;
    let sum = total(on, spans(&[Kind::Llm]), TraceFilter::default()).await?;
    same!(sum, WorkTotals::default(), "when it counts no more");
    Ok(())
}

async fn work_is_there_after_close(on: &Subject) -> Outcome {
    fill(on).await?;
    let keys = [WorkKey::Kind, WorkKey::Name, WorkKey::Session];
    let before = by(on, spans(&[]), &keys).await?;
    let again = on.reopened().await?;
    same!(by(&again, spans(&[]), &keys).await?, before, "spans after close");
    Ok(())
}
