//! Cases on the spans of one trace.

use quipu_core::{Cost, Detail, SpanId, SpanQuery, Timestamp};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{Random, agent_run, at, batch, cost, draft, span_id, trace_id};
use crate::{Outcome, Subject};

cases! { "spans":
    [Store, Spans] go_by_start_then_id,
    [Store, Spans] pages_of_a_trace_with_five_thousand,
    [Store, Spans] the_last_page_has_no_cursor,
    [Store, Spans] running_ones_have_no_duration,
    [Store, Spans, Costs] come_with_their_ledger_rows,
    [Store, Spans, Costs] one_by_one_as_in_the_list,
    [Store, Spans] of_a_trace_over_midnight,
}

async fn order(on: &Subject, trace: u64, limit: usize) -> Outcome<Vec<SpanId>> {
    let rows = ask::all_spans(on.store()?, trace_id(trace), Detail::Summary, limit).await?;
    Ok(rows.into_iter().map(|row| row.span_id).collect())
}

async fn go_by_start_then_id(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 5).starts(at(2)).span(),
        draft(1, 3).starts(at(2)).span(),
        draft(1, 9).starts(at(1)).span(),
        draft(1, 1).starts(at(2).plus(1)).span(),
    ];
    on.write(batch(spans, [])).await?;
    let want: Vec<_> = [9, 3, 5, 1].map(span_id).to_vec();
    for limit in [1, 2, 3, 10] {
        same!(order(on, 1, limit).await?, want, "spans in pages of {limit}");
    }
    Ok(())
}

async fn pages_of_a_trace_with_five_thousand(on: &Subject) -> Outcome {
    let tied = |number: u64| draft(1, number).starts(at(i64::try_from(number / 40).unwrap_or(0)));
    let mut spans: Vec<_> = (1..=5_000).map(|number| tied(number).span()).collect();
    Random::new(4).shuffle(&mut spans);
    for part in spans.chunks(900) {
        on.write(batch(part, [])).await?;
    }
    let want: Vec<_> = (1..=5_000).map(span_id).collect();
    same!(order(on, 1, 300).await?, want, "spans");
    same!(ask::trace(on.store()?, 1).await?.spans, 5_000, "spans of the trace");
    Ok(())
}

async fn the_last_page_has_no_cursor(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).span(), draft(1, 2).span()], [])).await?;
    let query = SpanQuery { trace_id: trace_id(1), after: None, limit: 2, detail: Detail::Summary };
    same!(on.store()?.spans(&query).await?.next, None::<(Timestamp, SpanId)>, "cursor of a full last page");
    let page = on.store()?.spans(&SpanQuery { limit: 1, ..query }).await?;
    same!(page.next, Some((at(1), span_id(1))), "cursor");
    Ok(())
}

async fn running_ones_have_no_duration(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).running().span()], [])).await?;
    same!(ask::span(on.store()?, 1, 1).await?.duration, None::<i64>, "while it runs");
    on.write(batch([draft(1, 1).lasts(5).span()], [])).await?;
    same!(ask::span(on.store()?, 1, 1).await?.duration, Some(5), "after its end");
    Ok(())
}

async fn come_with_their_ledger_rows(on: &Subject) -> Outcome {
    let spans = [draft(1, 1).span(), draft(1, 2).llm("gpt-5", 1, 1).span()];
    on.write(batch(spans.clone(), [cost(&spans[1])])).await?;
    on.write(batch([], [Cost { version: 2, ..cost(&spans[1]) }])).await?;
    let rows = ask::all_spans(on.store()?, trace_id(1), Detail::Summary, 10).await?;
    let costs: Vec<_> = rows.into_iter().map(|row| row.cost).collect();
    same!(costs, vec![None, Some(Cost { version: 2, ..cost(&spans[1]) })], "ledger rows");
    Ok(())
}

async fn one_by_one_as_in_the_list(on: &Subject) -> Outcome {
    on.write(agent_run(8, 2)).await?;
    let rows = ask::all_spans(on.store()?, trace_id(3), Detail::Full, 100).await?;
    check!(rows.len() > 1, "only {} spans", rows.len());
    for row in rows {
        let one = on.store()?.span(trace_id(3), row.span_id).await?;
        same!(one, Some(row), "the span alone");
    }
    Ok(())
}

async fn of_a_trace_over_midnight(on: &Subject) -> Outcome {
    let midnight = at(0).floor(Timestamp::DAY).plus(Timestamp::DAY);
    let child = |number: u64, past: i64| draft(1, number).below(1).starts(midnight.plus(past)).span();
    on.write(batch([child(2, -5), child(3, 0), child(4, 5)], [])).await?;
    let root = draft(1, 1).named("root").starts(midnight.plus(-10)).lasts(Timestamp::HOUR).good().span();
    on.write(batch([root], [])).await?;
    let want: Vec<_> = (1..=4).map(span_id).collect();
    same!(order(on, 1, 2).await?, want, "spans");
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.name, row.spans, row.duration), ("root", 4, Timestamp::HOUR), "name, spans, duration");
    same!(ask::picked(on.store()?, Default::default()).await?, ask::ids(&[1]), "traces");
    on.write(batch([child(5, -3)], [])).await?;
    same!(ask::trace(on.store()?, 1).await?.spans, 5, "spans after a late one");
    Ok(())
}
