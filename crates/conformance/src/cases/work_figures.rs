//! Cases on the figures of work, and on its filters.

use quipu_core::{
    Cost, Criterion, FacetField, Kind, Span, Term, TraceFilter, Wanted, WorkKey, WorkQuery, Worked,
};

use super::cases;
use super::work::{MS, NONE, by, counts, fill, groups, name, spans, total, total_of};
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{at, batch, cost, draft, trace_id};
use crate::{Outcome, Subject};

cases! { "work":
    [Store, Spans, Costs] failed_ones_only,
    [Store, Spans] what_went_wrong_is_cut,
    [Store, Spans] guardrails_that_were_triggered,
    [Store, Spans, Costs] the_first_token,
    [Store, Spans] the_example_is_the_latest_failed_one,
    [Store, Spans, Costs] spans_are_picked_by_what_they_say_and_what_their_trace_says,
    [Store, Spans] spans_of_half_open_times,
}

async fn failed_ones_only(on: &Subject) -> Outcome {
    fill(on).await?;
    // The status of the span is unset, but its ledger row failed.
    let silent = draft(4, 20).llm("openai/gpt-5", 1, 1).span();
    let row = Cost { failed: true, ..cost(&silent) };
    on.write(batch([silent], [row])).await?;
    let failed = |of: Worked, group_by: &[WorkKey]| WorkQuery {
        of,
        failed: true,
        group_by: group_by.to_vec(),
        ..WorkQuery::default()
    };
    let sum = total_of(on, failed(spans(&[]), &[])).await?;
    same!((sum.count, sum.errors, sum.last_at), (3, 3, at(20)), "failed spans");
    let want = [(name("llm"), 1), (name(Kind::Other.as_str()), 1), (name("tool"), 1)];
    let want = want.map(|(key, count)| (vec![key], count));
    same!(counts(&groups(on, &failed(spans(&[]), &[WorkKey::Kind])).await?), want, "failed spans by kind");
    let want = [(NONE, 1), (name("broke"), 1), (name("no answer"), 1)].map(|(key, count)| (vec![key], count));
    same!(counts(&groups(on, &failed(spans(&[]), &[WorkKey::Error])).await?), want, "what went wrong");
    same!(total_of(on, failed(Worked::Traces, &[])).await?.count, 1, "failed traces");
    Ok(())
}

async fn what_went_wrong_is_cut(on: &Subject) -> Outcome {
    let list = [
        draft(1, 1).failed(&"x".repeat(500)).span(),
        draft(1, 2).failed(&"€".repeat(150)).span(),
        draft(1, 3).failed("").read(|read| read.error_type = Some("Timeout".into())).span(),
        draft(1, 4).good().span(),
    ];
    on.write(batch(list, [])).await?;
    let want = [(NONE, 1), (name("Timeout"), 1), (name(&"x".repeat(200)), 1), (name(&"€".repeat(100)), 1)];
    let want = want.map(|(key, count)| (vec![key], count));
    same!(counts(&by(on, spans(&[]), &[WorkKey::Error]).await?), want, "what went wrong");
    Ok(())
}

async fn guardrails_that_were_triggered(on: &Subject) -> Outcome {
    fill(on).await?;
    let found = by(on, spans(&[Kind::Guardrail]), &[WorkKey::Name]).await?;
    let sums: Vec<_> = found.iter().map(|group| (group.totals.count, group.totals.triggered)).collect();
    same!(sums, [(2, 1)], "checks and triggered ones");
    let page = on.store()?.spans(&quipu_core::SpanQuery::of(trace_id(1))).await?;
    let said: Vec<_> = page.rows.iter().map(|row| row.triggered).collect();
    same!(said, [None, None, None, Some(true)], "what the spans say");
    same!(ask::span(on.store()?, 2, 3).await?.triggered, Some(false), "a check that was not triggered");
    Ok(())
}

async fn the_first_token(on: &Subject) -> Outcome {
    fill(on).await?;
    let sum = total(on, spans(&[Kind::Llm]), TraceFilter::default()).await?;
    same!((sum.first_token.count(), sum.first_token.sum()), (2, 50 * MS), "times to the first token");
    let near =
        sum.first_token.quantile(1.0).is_some_and(|most| (most / (40 * MS) as f64 - 1.0).abs() < 0.011);
    check!(near, "the longest time to the first token is {:?}", sum.first_token.quantile(1.0));
    same!(ask::span(on.store()?, 1, 2).await?.first_token, Some(40 * MS), "of one span");
    same!(ask::span(on.store()?, 1, 3).await?.first_token, None::<i64>, "of one that says nothing");
    Ok(())
}

async fn the_example_is_the_latest_failed_one(on: &Subject) -> Outcome {
    let list = [
        draft(1, 1).starts(at(10)).span(),
        draft(2, 2).starts(at(5)).failed("x").span(),
        draft(3, 3).starts(at(7)).failed("x").span(),
        draft(4, 4).starts(at(7)).failed("x").span(),
        draft(5, 5).starts(at(20)).named("other").span(),
        draft(6, 6).starts(at(19)).named("other").span(),
    ];
    on.write(batch(list, [])).await?;
    for of in [Worked::Traces, spans(&[])] {
        same!(
            total(on, of.clone(), TraceFilter::default()).await?.example,
            Some(trace_id(4)),
            "of all {of:?}"
        );
        let found = by(on, of.clone(), &[WorkKey::Status]).await?;
        let examples: Vec<_> = found.iter().map(|group| group.totals.example).collect();
        same!(examples, [Some(trace_id(4)), Some(trace_id(5))], "of {of:?} that failed, and others");
    }
    Ok(())
}

async fn spans_are_picked_by_what_they_say_and_what_their_trace_says(on: &Subject) -> Outcome {
    fill(on).await?;
    let text = |value: &str| Some(value.to_owned());
    let every = TraceFilter::default;
    let cases = [
        (TraceFilter { service: text("shop"), ..every() }, 3),
        (TraceFilter { framework: text("crewai"), ..every() }, 1),
        (TraceFilter { agent: text("bob"), ..every() }, 1),
        (TraceFilter { model: text("claude"), ..every() }, 1),
        (TraceFilter { tool: text("search"), ..every() }, 1),
        (TraceFilter { tool: text("search"), service: text("bank"), ..every() }, 0),
        (TraceFilter { session: text("s1"), ..every() }, 4),
        (TraceFilter { user: text("u1"), model: text("gpt-5"), ..every() }, 1),
        (TraceFilter { status: Some(quipu_core::TraceStatus::Error), ..every() }, 3),
        (TraceFilter { min_duration: Some(4_000 * MS), ..every() }, 4),
        (TraceFilter { model: text("none"), ..every() }, 0),
    ];
    for (filter, want) in cases {
        same!(total(on, spans(&[]), filter.clone()).await?.count, want, "spans of {filter:?}");
    }
    let named = |field, value: &str| Criterion::Named(field, vec![Wanted::Exactly(value.to_owned())]);
    let cases = [
        (named(FacetField::Service, "shop"), 3),
        (named(FacetField::Agent, "amy"), 1),
        (named(FacetField::Tool, "search"), 1),
        (named(FacetField::Model, "gpt-5"), 1),
        (Criterion::Has(FacetField::Model), 2),
        (Criterion::Has(FacetField::Framework), 2),
        (named(FacetField::Session, "s1"), 4),
        (named(FacetField::Convention, "genai"), 7),
        (Criterion::Title(vec![Wanted::Beginning("tr".to_owned())]), 7),
    ];
    for (criterion, want) in cases {
        for (not, want) in [(false, want), (true, 8 - want)] {
            let terms = vec![Term { not, criterion: criterion.clone() }];
            let filter = TraceFilter { terms, ..every() };
            same!(total(on, spans(&[]), filter.clone()).await?.count, want, "spans of {filter:?}");
        }
    }
    Ok(())
}

async fn spans_of_half_open_times(on: &Subject) -> Outcome {
    let list: Vec<Span> = (1..=6).map(|number| draft(number % 2 + 1, number).span()).collect();
    on.write(batch(list, [])).await?;
    let filter = TraceFilter { since: Some(at(2)), until: Some(at(5)), ..TraceFilter::default() };
    let sum = total(on, spans(&[]), filter.clone()).await?;
    same!((sum.count, sum.last_at), (3, at(4)), "spans of a time");
    // For traces, the time is their start.
    same!(total(on, Worked::Traces, filter).await?.count, 1, "traces of a time");
    Ok(())
}
