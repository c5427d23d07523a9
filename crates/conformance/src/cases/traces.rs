//! Cases on the summary of a trace, and on each filter.

use quipu_core::{Cost, Kind, Status, Timestamp, TraceFilter, TraceStatus};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{at, batch, cost, draft, priced};
use crate::{Outcome, Subject};

cases! { "traces":
    [Store, Spans] the_root_names_its_trace,
    [Store, Spans] without_a_root_the_earliest_span_names_it,
    [Store, Spans] a_late_root_takes_over,
    [Store, Spans] the_earliest_of_several_roots_decides,
    [Store, Spans] what_the_root_does_not_say_others_do,
    [Store, Spans] status_ok_error_and_unset,
    [Store, Spans] status_while_no_root_has_ended,
    [Store, Spans] duration_spans_from_first_start_to_last_end,
    [Store, Spans] errors_are_failed_spans,
    [Store, Spans, Costs] agents_and_models_are_sorted_and_once,
    [Store, Spans] filter_by_half_open_times,
    [Store, Spans] filter_by_service_and_framework,
    [Store, Spans, Costs] filter_by_agent_model_and_tool,
    [Store, Spans] filter_by_session_and_user,
    [Store, Spans] filter_by_each_status,
    [Store, Spans] filter_by_least_duration,
    [Store, Spans, Costs] filter_by_least_cost,
    [Store, Spans, Costs] filters_combine,
    [Store, Spans] filter_values_are_no_patterns,
}

async fn the_root_names_its_trace(on: &Subject) -> Outcome {
    let root = draft(1, 5)
        .named("root")
        .service("shop")
        .framework("crewai")
        .convention("genai")
        .session("s")
        .user("u");
    let child = draft(1, 1).below(5).named("child").service("other").framework("x").session("t").user("v");
    on.write(batch([child.span(), root.span()], [])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!(
        (row.name, row.service, row.framework),
        ("root", Some("shop"), Some("crewai")),
        "name, service, framework"
    );
    same!(
        (row.convention, row.session, row.user),
        (Some("genai"), Some("s"), Some("u")),
        "convention, session, user"
    );
    same!((row.started_at, row.spans), (at(1), 2), "start and spans");
    Ok(())
}

async fn without_a_root_the_earliest_span_names_it(on: &Subject) -> Outcome {
    let spans = [draft(1, 3).below(9).named("third"), draft(1, 2).below(9).named("second").service("shop")];
    on.write(batch(spans.map(|draft| draft.span()), [])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.name, row.service), ("second", Some("shop")), "name and service");
    Ok(())
}

async fn a_late_root_takes_over(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 2).below(1).named("child").session("child's").failed("x").span()], [])).await?;
    same!(ask::trace(on.store()?, 1).await?.status, TraceStatus::Error, "status before");
    let root = draft(1, 1)
        .named("root")
        .service("shop")
        .session("root's")
        .starts(at(1))
        .lasts(9 * Timestamp::SECOND);
    on.write(batch([root.good().span()], [])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!(
        (row.name, row.service, row.session),
        ("root", Some("shop"), Some("root's")),
        "name, service, session"
    );
    same!((row.status, row.duration), (TraceStatus::Ok, 9 * Timestamp::SECOND), "status and duration");
    Ok(())
}

async fn the_earliest_of_several_roots_decides(on: &Subject) -> Outcome {
    let spans =
        [draft(1, 4).named("late"), draft(1, 2).named("early"), draft(1, 1).starts(at(9)).named("last")];
    on.write(batch(spans.map(|draft| draft.span()), [])).await?;
    same!(ask::trace(on.store()?, 1).await?.name, "early", "name");
    let tied = [draft(2, 4).starts(at(1)).named("b"), draft(2, 3).starts(at(1)).named("a")];
    on.write(batch(tied.map(|draft| draft.span()), [])).await?;
    same!(ask::trace(on.store()?, 2).await?.name, "a", "name where the starts are the same");
    Ok(())
}

async fn what_the_root_does_not_say_others_do(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).named("root").span(),
        draft(1, 3).below(1).session("later").user("u3").framework("f3").convention("c3").span(),
        draft(1, 2).below(1).session("earlier").user("u2").span(),
    ];
    on.write(batch(spans, [])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.session, row.user), (Some("earlier"), Some("u2")), "session and user");
    same!((row.framework, row.convention), (Some("f3"), Some("c3")), "framework and convention");
    Ok(())
}

async fn status_is(on: &Subject, trace: u64, want: TraceStatus) -> Outcome {
    same!(ask::trace(on.store()?, trace).await?.status, want, "status of trace {trace}");
    Ok(())
}

async fn status_ok_error_and_unset(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).good().span(), draft(1, 2).below(1).failed("child").span()], [])).await?;
    on.write(batch([draft(2, 1).failed("x").span(), draft(2, 2).below(1).good().span()], [])).await?;
    on.write(batch([draft(3, 1).span(), draft(3, 2).below(1).failed("child").span()], [])).await?;
    on.write(batch([draft(4, 1).good().span(), draft(4, 2).failed("second root").span()], [])).await?;
    on.write(batch([draft(5, 1).span(), draft(5, 2).good().span()], [])).await?;
    for (trace, want) in (1..).zip([
        TraceStatus::Ok,
        TraceStatus::Error,
        TraceStatus::Unset,
        TraceStatus::Error,
        TraceStatus::Ok,
    ]) {
        status_is(on, trace, want).await?;
    }
    Ok(())
}

async fn status_while_no_root_has_ended(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).running().span(), draft(1, 2).below(1).failed("child").span()], [])).await?;
    status_is(on, 1, TraceStatus::Running).await?;
    on.write(batch([draft(2, 2).below(1).span()], [])).await?;
    status_is(on, 2, TraceStatus::Running).await?;
    on.write(batch([draft(3, 2).below(1).failed("child").span()], [])).await?;
    status_is(on, 3, TraceStatus::Error).await?;
    on.write(batch([draft(4, 1).running().span(), draft(4, 2).span()], [])).await?;
    status_is(on, 4, TraceStatus::Unset).await?;
    on.write(batch([draft(1, 1).good().span()], [])).await?;
    status_is(on, 1, TraceStatus::Ok).await
}

async fn duration_spans_from_first_start_to_last_end(on: &Subject) -> Outcome {
    const SECOND: i64 = Timestamp::SECOND;
    let spans = [
        draft(1, 2).below(1).lasts(10 * SECOND).span(),
        draft(1, 3).below(1).span(),
        draft(1, 90).below(1).running().span(),
    ];
    on.write(batch(spans, [])).await?;
    same!(ask::trace(on.store()?, 1).await?.duration, 10 * SECOND, "duration without its root");
    on.write(batch([draft(1, 1).lasts(2 * SECOND).span()], [])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.started_at, row.duration), (at(1), 11 * SECOND), "start and duration");
    on.write(batch([draft(2, 1).running().span()], [])).await?;
    same!(ask::trace(on.store()?, 2).await?.duration, 0, "duration while nothing has ended");
    let skewed = [draft(3, 9).span(), draft(3, 8).below(9).span()];
    on.write(batch(skewed, [])).await?;
    let row = ask::trace(on.store()?, 3).await?;
    same!((row.started_at, row.duration), (at(8), 2 * SECOND), "of a child that starts before its root");
    Ok(())
}

async fn errors_are_failed_spans(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).span(),
        draft(1, 2).below(1).failed("x").span(),
        draft(1, 3).below(1).failed("y").span(),
    ];
    on.write(batch(spans, [])).await?;
    same!(ask::trace(on.store()?, 1).await?.errors, 2, "errors");
    let mut mended = draft(1, 2).below(1).lasts(2 * Timestamp::SECOND).span();
    mended.status = Status::Ok;
    on.write(batch([mended], [])).await?;
    same!(ask::trace(on.store()?, 1).await?.errors, 1, "errors after a better copy");
    Ok(())
}

async fn agents_and_models_are_sorted_and_once(on: &Subject) -> Outcome {
    let mut spans = vec![draft(1, 1).agent("zed").span()];
    for (number, model) in (2..).zip(["b/m2", "a/m1", "b/m2", "c/m0"]) {
        spans.push(draft(1, number).below(1).llm(model, 1, 1).span());
    }
    spans.push(
        draft(1, 9)
            .below(1)
            .read(|read| (read.kind, read.agent) = (Kind::Task, Some("unseen".into())))
            .span(),
    );
    let costs: Vec<_> =
        spans[1..5].iter().map(|span| Cost { agent: Some("amy".into()), ..cost(span) }).collect();
    on.write(batch(spans, costs)).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.agents, row.models), (vec!["amy", "zed"], vec!["m0", "m1", "m2"]), "agents and models");
    Ok(())
}

/// Checks which traces match a filter.
async fn picks(on: &Subject, filter: TraceFilter, want: &[u64]) -> Outcome {
    let what = format!("{filter:?}");
    same!(ask::picked(on.store()?, filter).await?, ask::ids(want), "traces of {what}");
    Ok(())
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn every() -> TraceFilter {
    TraceFilter::default()
}

async fn filter_by_half_open_times(on: &Subject) -> Outcome {
    let spans: Vec<_> = (1..=4).map(|number| draft(number, number).span()).collect();
    on.write(batch(spans, [])).await?;
    let between = |since, until| TraceFilter { since, until, ..every() };
    picks(on, between(Some(at(2)), Some(at(4))), &[2, 3]).await?;
    picks(on, between(Some(at(2).plus(1)), None), &[3, 4]).await?;
    picks(on, between(None, Some(at(2).plus(1))), &[1, 2]).await?;
    picks(on, between(Some(at(3)), Some(at(3))), &[]).await?;
    picks(on, between(Some(at(-1_000_000)), Some(at(1_000_000))), &[1, 2, 3, 4]).await?;
    picks(
        on,
        between(Some(Timestamp::from_nanos(i64::MIN)), Some(Timestamp::from_nanos(i64::MAX))),
        &[1, 2, 3, 4],
    )
    .await
}

async fn filter_by_service_and_framework(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).service("shop").framework("crewai").span(),
        draft(2, 1).service("bank").framework("crewai").span(),
        draft(3, 1).service("shop").span(),
        draft(4, 1).span(),
    ];
    on.write(batch(spans, [])).await?;
    picks(on, TraceFilter { service: text("shop"), ..every() }, &[1, 3]).await?;
    picks(on, TraceFilter { framework: text("crewai"), ..every() }, &[1, 2]).await?;
    picks(on, TraceFilter { service: text("shop"), framework: text("crewai"), ..every() }, &[1]).await?;
    picks(on, TraceFilter { service: text("Shop"), ..every() }, &[]).await?;
    picks(on, TraceFilter { service: text(""), ..every() }, &[]).await
}

async fn filter_by_agent_model_and_tool(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).agent("amy").span(),
        draft(1, 2).below(1).llm("gpt-5", 1, 1).span(),
        draft(2, 1).llm("claude", 1, 1).span(),
        draft(2, 2).tool("search").span(),
        draft(3, 1).tool("search").span(),
        draft(4, 1).llm("gpt-5", 1, 1).span(),
    ];
    let not_counted = Cost { rule: quipu_core::Rule::Repeats, ..cost(&spans[5]) };
    let mut costs: Vec<_> = spans[1..5].iter().map(cost).collect();
    costs[1].agent = Some("bob".into());
    costs.push(not_counted);
    on.write(batch(spans, costs)).await?;
    picks(on, TraceFilter { agent: text("amy"), ..every() }, &[1]).await?;
    picks(on, TraceFilter { agent: text("bob"), ..every() }, &[2]).await?;
    picks(on, TraceFilter { model: text("gpt-5"), ..every() }, &[1]).await?;
    picks(on, TraceFilter { tool: text("search"), ..every() }, &[2, 3]).await?;
    picks(on, TraceFilter { tool: text("search"), model: text("claude"), ..every() }, &[2]).await
}

async fn filter_by_session_and_user(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).session("s1").user("u1").span(),
        draft(2, 1).session("s1").user("u2").span(),
        draft(3, 1).session("s2").span(),
        draft(4, 1).span(),
    ];
    on.write(batch(spans, [])).await?;
    picks(on, TraceFilter { session: text("s1"), ..every() }, &[1, 2]).await?;
    picks(on, TraceFilter { user: text("u2"), ..every() }, &[2]).await?;
    picks(on, TraceFilter { session: text("s2"), user: text("u2"), ..every() }, &[]).await
}

async fn filter_by_each_status(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).good().span(),
        draft(2, 1).failed("x").span(),
        draft(3, 1).span(),
        draft(4, 1).running().span(),
    ];
    on.write(batch(spans, [])).await?;
    for (trace, status) in
        (1..).zip([TraceStatus::Ok, TraceStatus::Error, TraceStatus::Unset, TraceStatus::Running])
    {
        picks(on, TraceFilter { status: Some(status), ..every() }, &[trace]).await?;
    }
    on.write(batch([draft(4, 1).good().span()], [])).await?;
    picks(on, TraceFilter { status: Some(TraceStatus::Running), ..every() }, &[]).await?;
    picks(on, TraceFilter { status: Some(TraceStatus::Ok), ..every() }, &[1, 4]).await
}

async fn filter_by_least_duration(on: &Subject) -> Outcome {
    let spans = [draft(1, 1).lasts(100).span(), draft(2, 1).lasts(101).span(), draft(3, 1).running().span()];
    on.write(batch(spans, [])).await?;
    picks(on, TraceFilter { min_duration: Some(101), ..every() }, &[2]).await?;
    picks(on, TraceFilter { min_duration: Some(100), ..every() }, &[1, 2]).await?;
    picks(on, TraceFilter { min_duration: Some(0), ..every() }, &[1, 2, 3]).await
}

async fn filter_by_least_cost(on: &Subject) -> Outcome {
    let spans: Vec<_> = (1..=4).map(|trace| draft(trace, 1).llm("gpt-5", 1, 1).span()).collect();
    let costs =
        [priced(&spans[0], "0.01"), priced(&spans[1], "0.0100001"), priced(&spans[2], "3"), cost(&spans[3])];
    on.write(batch(spans, costs)).await?;
    let at_least = |usd: &str| TraceFilter { min_cost: usd.parse().ok(), ..every() };
    picks(on, at_least("0.0100001"), &[2, 3]).await?;
    picks(on, at_least("0.01"), &[1, 2, 3]).await?;
    picks(on, at_least("3.0000001"), &[]).await
}

async fn filters_combine(on: &Subject) -> Outcome {
    let make = |trace: u64, session: &str, model: &str| {
        draft(trace, trace)
            .session(session)
            .user("u")
            .service("shop")
            .framework("f")
            .llm(model, 1, 1)
            .good()
            .span()
    };
    let spans = [make(1, "s1", "m1"), make(2, "s1", "m2"), make(3, "s2", "m1"), make(4, "s1", "m1")];
    let tools: Vec<_> = (1..=4).map(|trace| draft(trace, 50).below(trace).tool("search").span()).collect();
    let mut costs: Vec<_> =
        spans.iter().map(|span| Cost { agent: Some("amy".into()), ..priced(span, "0.5") }).collect();
    costs.extend(tools.iter().map(cost));
    on.write(batch([spans.as_slice(), &tools].concat(), costs)).await?;
    let filter = TraceFilter {
        since: Some(at(1)),
        until: Some(at(4)),
        q: None,
        service: text("shop"),
        framework: text("f"),
        agent: text("amy"),
        model: text("m1"),
        tool: text("search"),
        status: Some(TraceStatus::Ok),
        session: text("s1"),
        user: text("u"),
        min_duration: Some(1),
        min_cost: "0.5".parse().ok(),
        ..TraceFilter::default()
    };
    picks(on, filter.clone(), &[1]).await?;
    picks(on, TraceFilter { until: None, ..filter.clone() }, &[1, 4]).await?;
    picks(on, TraceFilter { session: None, ..filter.clone() }, &[1, 3]).await?;
    picks(on, TraceFilter { model: None, ..filter }, &[1, 2]).await
}

async fn filter_values_are_no_patterns(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).session("100%").span(),
        draft(2, 1).session("100x").span(),
        draft(3, 1).session("a'b\"c").span(),
    ];
    on.write(batch(spans, [])).await?;
    picks(on, TraceFilter { session: text("100%"), ..every() }, &[1]).await?;
    picks(on, TraceFilter { session: text("100_"), ..every() }, &[]).await?;
    picks(on, TraceFilter { session: text("a'b\"c"), ..every() }, &[3]).await?;
    picks(on, TraceFilter { user: text("' OR 1=1 --"), ..every() }, &[]).await
}
