//! Cases on sums over traces, spans and events: number, duration and outcome.

use quipu_core::{
    Cost, Kind, Rule, Signal, Span, Timestamp, TraceFilter, UsageKey, WorkGroup, WorkKey, WorkQuery,
    WorkTotals, Worked,
};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{at, batch, cost, draft, trace_id};
use crate::{Failure, Outcome, Subject};

cases! { "work":
    [Store] without_keys_there_is_one_group_of_nothing,
    [Store, Spans] traces_by_each_key,
    [Store, Spans] traces_that_run_have_no_duration,
    [Store, Spans, Costs] spans_by_each_key,
    [Store, Spans, Costs] spans_of_some_kinds,
    [Store, Spans, Costs] calls_and_tool_runs_are_those_that_count,
    [Store, Spans, Costs] a_call_is_what_its_row_says,
    [Store, Spans, Costs] what_sampling_left_out_is_worked_where_it_counts,
    [Store, Spans] spans_of_other_signals_that_do_not_count_are_no_work,
}

pub(super) const MS: i64 = 1_000_000;

pub(super) fn spans(kinds: &[Kind]) -> Worked {
    Worked::Spans(kinds.to_vec())
}

pub(super) async fn groups(on: &Subject, query: &WorkQuery) -> Outcome<Vec<WorkGroup>> {
    Ok(on.store()?.work(query).await?)
}

pub(super) async fn by(on: &Subject, of: Worked, keys: &[WorkKey]) -> Outcome<Vec<WorkGroup>> {
    groups(on, &WorkQuery { of, group_by: keys.to_vec(), ..WorkQuery::default() }).await
}

pub(super) async fn total_of(on: &Subject, query: WorkQuery) -> Outcome<WorkTotals> {
    let mut found = groups(on, &query).await?;
    match (found.pop(), found.len()) {
        (Some(group), 0) if group.key.is_empty() => Ok(group.totals),
        (last, more) => Err(Failure::new(format!("not one group but {more} and {last:?}"))),
    }
}

pub(super) async fn total(on: &Subject, of: Worked, filter: TraceFilter) -> Outcome<WorkTotals> {
    total_of(on, WorkQuery { of, filter, ..WorkQuery::default() }).await
}

pub(super) fn name(text: &str) -> UsageKey {
    UsageKey::Name(Some(text.into()))
}

pub(super) const NONE: UsageKey = UsageKey::Name(None);

/// Each group's key, and its number of records.
pub(super) fn counts(groups: &[WorkGroup]) -> Vec<(Vec<UsageKey>, u64)> {
    groups.iter().map(|group| (group.key.clone(), group.totals.count)).collect()
}

/// Checks the groups of the records by each of these keys alone.
pub(super) async fn each_key(on: &Subject, of: Worked, cases: &[(WorkKey, &[(UsageKey, u64)])]) -> Outcome {
    for (key, want) in cases {
        let want: Vec<_> = want.iter().map(|(key, count)| (vec![key.clone()], *count)).collect();
        same!(counts(&by(on, of.clone(), &[*key]).await?), want, "{of:?} by {key:?}");
    }
    Ok(())
}

pub(super) async fn fill(on: &Subject) -> Outcome {
    let guard = |draft: crate::sample::Draft, triggered: bool| {
        draft.read(|read| {
            read.kind = Kind::Guardrail;
            read.guardrail_triggered = Some(triggered);
        })
    };
    let spans: Vec<Span> = vec![
        draft(1, 1)
            .named("trip")
            .agent("amy")
            .service("shop")
            .framework("crewai")
            .session("s1")
            .user("u1")
            .good()
            .lasts(5_000 * MS)
            .span(),
        draft(1, 2)
            .below(1)
            .named("chat")
            .llm("openai/gpt-5", 10, 1)
            .service("shop")
            .lasts(300 * MS)
            .read(|read| read.time_to_first_token = Some(40 * MS))
            .span(),
        draft(1, 3)
            .below(1)
            .named("look up")
            .tool("search")
            .service("shop")
            .lasts(200 * MS)
            .failed("no answer")
            .span(),
        guard(draft(1, 4).below(1).named("pii").lasts(7 * MS), true).span(),
        draft(2, 1).named("trip").service("bank").failed("broke").lasts(1_000 * MS).span(),
        draft(2, 2)
            .below(1)
            .named("chat")
            .llm("anthropic/claude", 10, 1)
            .lasts(100 * MS)
            .framework("langgraph")
            .read(|read| {
                read.time_to_first_token = Some(10 * MS);
                read.agent = Some("bob".into());
            })
            .span(),
        guard(draft(2, 3).below(1).named("pii").lasts(3 * MS), false).span(),
        draft(3, 9).named("idle").running().span(),
    ];
    let costs = [cost(&spans[1]), cost(&spans[2]), cost(&spans[5])];
    on.write(batch(spans, costs)).await
}

async fn without_keys_there_is_one_group_of_nothing(on: &Subject) -> Outcome {
    for of in [Worked::Traces, spans(&[]), Worked::Events] {
        same!(total(on, of.clone(), TraceFilter::default()).await?, WorkTotals::default(), "all {of:?}");
        same!(by(on, of.clone(), &[WorkKey::Name]).await?.len(), 0, "{of:?} by name");
    }
    Ok(())
}

async fn traces_by_each_key(on: &Subject) -> Outcome {
    fill(on).await?;
    each_key(
        on,
        Worked::Traces,
        &[
            (WorkKey::Service, &[(NONE, 1), (name("bank"), 1), (name("shop"), 1)]),
            (WorkKey::Framework, &[(NONE, 1), (name("crewai"), 1), (name("langgraph"), 1)]),
            (WorkKey::Agent, &[(NONE, 3)]),
            (WorkKey::Model, &[(NONE, 3)]),
            (WorkKey::Tool, &[(NONE, 3)]),
            (WorkKey::Name, &[(name("idle"), 1), (name("trip"), 2)]),
            (WorkKey::Kind, &[(NONE, 3)]),
            (WorkKey::Status, &[(name("error"), 1), (name("ok"), 1), (name("running"), 1)]),
            (WorkKey::Error, &[(NONE, 3)]),
            (WorkKey::Session, &[(NONE, 2), (name("s1"), 1)]),
            (WorkKey::User, &[(NONE, 2), (name("u1"), 1)]),
            (WorkKey::Step(2 * Timestamp::SECOND), &[(UsageKey::Time(at(0)), 2), (UsageKey::Time(at(8)), 1)]),
        ],
    )
    .await
}

async fn traces_that_run_have_no_duration(on: &Subject) -> Outcome {
    fill(on).await?;
    let sum = total(on, Worked::Traces, TraceFilter::default()).await?;
    same!((sum.count, sum.errors, sum.running, sum.triggered), (3, 1, 1, 0), "traces, failed, running");
    let rows = ask::all_traces(on.store()?, &TraceFilter::default(), quipu_core::Sort::Oldest, 9).await?;
    let ended = rows.iter().filter(|row| row.trace_id != trace_id(3)).map(|row| row.duration);
    same!((sum.duration.count(), sum.duration.sum()), (2, ended.sum::<i64>()), "durations");
    same!((sum.first_token.count(), sum.last_at), (0, at(9)), "first tokens, latest start");
    same!(sum.example, Some(trace_id(2)), "example");
    Ok(())
}

async fn spans_by_each_key(on: &Subject) -> Outcome {
    fill(on).await?;
    each_key(
        on,
        spans(&[]),
        &[
            (WorkKey::Service, &[(NONE, 4), (name("bank"), 1), (name("shop"), 3)]),
            (WorkKey::Framework, &[(NONE, 6), (name("crewai"), 1), (name("langgraph"), 1)]),
            (WorkKey::Agent, &[(NONE, 6), (name("amy"), 1), (name("bob"), 1)]),
            (WorkKey::Model, &[(NONE, 6), (name("claude"), 1), (name("gpt-5"), 1)]),
            (WorkKey::Tool, &[(NONE, 7), (name("search"), 1)]),
            (
                WorkKey::Name,
                &[
                    (name("chat"), 2),
                    (name("idle"), 1),
                    (name("look up"), 1),
                    (name("pii"), 2),
                    (name("trip"), 2),
                ],
            ),
            (
                WorkKey::Kind,
                &[
                    (name("agent"), 1),
                    (name("guardrail"), 2),
                    (name("llm"), 2),
                    (name(Kind::Other.as_str()), 2),
                    (name("tool"), 1),
                ],
            ),
            (WorkKey::Status, &[(name("error"), 2), (name("ok"), 1), (name("unset"), 5)]),
            (WorkKey::Error, &[(NONE, 6), (name("broke"), 1), (name("no answer"), 1)]),
            // Values of the trace.
            (WorkKey::Session, &[(NONE, 4), (name("s1"), 4)]),
            (WorkKey::User, &[(NONE, 4), (name("u1"), 4)]),
            (
                WorkKey::Step(4 * Timestamp::SECOND),
                &[(UsageKey::Time(at(0)), 6), (UsageKey::Time(at(4)), 1), (UsageKey::Time(at(8)), 1)],
            ),
        ],
    )
    .await?;
    let sum = total(on, spans(&[]), TraceFilter::default()).await?;
    same!((sum.count, sum.errors, sum.running), (8, 2, 1), "spans, failed, running");
    let lasted = [5_000, 300, 200, 7, 1_000, 100, 3].into_iter().sum::<i64>() * MS;
    same!((sum.duration.count(), sum.duration.sum()), (7, lasted), "durations");
    same!((sum.last_at, sum.example), (at(9), Some(trace_id(1))), "latest start, example");
    Ok(())
}

async fn spans_of_some_kinds(on: &Subject) -> Outcome {
    fill(on).await?;
    for (kinds, want) in [
        ([Kind::Llm].as_slice(), 2),
        (&[Kind::Tool], 1),
        (&[Kind::Tool, Kind::Guardrail], 3),
        (&[Kind::Agent, Kind::Llm, Kind::Workflow], 3),
        (&[Kind::Retrieval], 0),
    ] {
        same!(total(on, spans(kinds), TraceFilter::default()).await?.count, want, "spans of {kinds:?}");
    }
    let keys = [WorkKey::Model, WorkKey::Name];
    let want = vec![(vec![name("claude"), name("chat")], 1), (vec![name("gpt-5"), name("chat")], 1)];
    same!(counts(&by(on, spans(&[Kind::Llm]), &keys).await?), want, "calls by model and name");
    Ok(())
}

async fn calls_and_tool_runs_are_those_that_count(on: &Subject) -> Outcome {
    let list = [
        draft(1, 1).llm("openai/gpt-5", 10, 1).span(),
        draft(1, 2).below(1).llm("openai/gpt-5", 10, 1).span(),
        draft(1, 3).below(1).tool("search").span(),
        draft(1, 4).below(1).tool("search").span(),
        draft(1, 5).below(1).llm("openai/gpt-5", 10, 1).span(),
        draft(1, 6).below(1).read(|read| read.kind = Kind::Embedding).span(),
        draft(1, 7).below(1).agent("amy").span(),
    ];
    let costs = [
        Cost { rule: Rule::Repeats, ..cost(&list[0]) },
        Cost { rule: Rule::Merged, ..cost(&list[1]) },
        cost(&list[2]),
        Cost { rule: Rule::Duplicate, ..cost(&list[3]) },
        // The fifth and the sixth have no row. Spans that the ledger does not count form their own group.
    ];
    on.write(batch(list, costs)).await?;
    let want =
        [(name("agent"), 1), (name("llm"), 1), (name("tool"), 1)].map(|(key, count)| (vec![key], count));
    same!(counts(&by(on, spans(&[]), &[WorkKey::Kind]).await?), want, "spans by kind");
    same!(total(on, Worked::Traces, TraceFilter::default()).await?.count, 1, "traces");
    Ok(())
}

async fn a_call_is_what_its_row_says(on: &Subject) -> Outcome {
    let span = draft(1, 1).named("chat").llm("openai/gpt-5", 10, 1).service("shop").failed("late").span();
    let row = Cost {
        time: at(3_600),
        duration: Some(5 * MS),
        service: Some("bank".into()),
        framework: Some("crewai".into()),
        // Both are ancestors of it.
        agent: Some("amy".into()),
        tool: Some("research".into()),
        response_model: Some("gpt-5-2026".into()),
        ..cost(&span)
    };
    let tokens_only = draft(1, 2).below(1).llm("openai/gpt-5", 10, 1).span();
    let rollup = Cost { rule: Rule::OrphanRollup, ..cost(&tokens_only) };
    on.write(batch([span, tokens_only], [row, rollup])).await?;
    let keys = [
        WorkKey::Step(Timestamp::HOUR),
        WorkKey::Service,
        WorkKey::Framework,
        WorkKey::Agent,
        WorkKey::Tool,
        WorkKey::Model,
        WorkKey::Name,
        WorkKey::Status,
        WorkKey::Error,
    ];
    let said = ["bank", "crewai", "amy", "research", "gpt-5-2026", "chat", "error", "late"].map(name);
    let want = [vec![UsageKey::Time(at(3_600))], said.to_vec()].concat();
    let found = by(on, spans(&[Kind::Llm]), &keys).await?;
    same!(counts(&found), [(want, 1)], "the call");
    same!(found.first().map(|group| group.totals.duration.sum()), Some(5 * MS), "its duration");
    let text = |value: &str| Some(value.to_owned());
    let every = TraceFilter::default;
    let cases = [
        (TraceFilter { agent: text("amy"), tool: text("research"), since: Some(at(3_600)), ..every() }, 1),
        (TraceFilter { service: text("shop"), ..every() }, 0),
        (TraceFilter { until: Some(at(3_600)), ..every() }, 0),
    ];
    for (filter, want) in cases {
        same!(total(on, spans(&[]), filter.clone()).await?.count, want, "calls of {filter:?}");
    }
    Ok(())
}

async fn what_sampling_left_out_is_worked_where_it_counts(on: &Subject) -> Outcome {
    let bare = |mut span: Span| {
        span.attributes = [(Span::SAMPLED, false)].into_iter().collect();
        span
    };
    let list = [
        draft(1, 1).agent("amy").session("s").span(),
        draft(1, 2).below(1).llm("openai/gpt-5", 10, 1).span(),
        draft(1, 3).below(1).tool("search").span(),
    ];
    let costs = [cost(&list[1]), cost(&list[2])];
    on.write(batch(list.map(bare), costs)).await?;
    let want = [(name("llm"), 1), (name("tool"), 1)].map(|(key, count)| (vec![key], count));
    same!(counts(&by(on, spans(&[]), &[WorkKey::Kind]).await?), want, "spans by kind");
    same!(total(on, Worked::Traces, TraceFilter::default()).await?.count, 0, "traces");
    let filter = TraceFilter { session: Some("s".to_owned()), ..TraceFilter::default() };
    same!(total(on, spans(&[Kind::Llm]), filter).await?.count, 1, "calls of the session");
    Ok(())
}

async fn spans_of_other_signals_that_do_not_count_are_no_work(on: &Subject) -> Outcome {
    let echo = |number: u64| draft(1, number).made_of(Signal::Log);
    let list = [
        echo(1).read(|read| read.kind = Kind::Agent).span(),
        echo(2).llm("openai/gpt-5", 1, 1).span(),
        echo(3).llm("openai/gpt-5", 1, 1).span(),
    ];
    let costs = [Cost { rule: Rule::Echo, ..cost(&list[1]) }, cost(&list[2])];
    on.write(batch(list, costs)).await?;
    let want = vec![(vec![name("llm")], 1)];
    same!(counts(&by(on, spans(&[]), &[WorkKey::Kind]).await?), want, "spans by kind");
    Ok(())
}
