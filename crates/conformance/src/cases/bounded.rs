//! Cases on the size limit of answers.

use quipu_core::{
    AnswerMemory, Detail, EventQuery, GroupBy, Level, SpanQuery, TraceFilter, UsageQuery, UsageTotals,
    WorkKey, WorkQuery, Worked,
};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{at, batch, draft, event, priced, trace_id};
use crate::{Outcome, Subject};

cases! { "bounded":
    [Store, Spans, Costs] groups_of_usage_beyond_the_bound_are_one_rest,
    [Store, Spans, Costs] groups_of_work_beyond_the_bound_are_one_rest,
    [Store, Spans] a_page_of_spans_ends_at_its_bytes_and_the_next_goes_on,
    [Store, Spans] a_page_of_spans_in_short_ends_at_its_bytes_and_the_next_goes_on,
    [Store, Events] a_page_of_events_ends_at_its_bytes_and_the_next_goes_on,
}

/// Number of sessions with one call each, some of them on another day.
const SESSIONS: u64 = 60;

async fn many_sessions(on: &Subject) -> Outcome {
    let (mut spans, mut costs) = (Vec::new(), Vec::new());
    for number in 1..=SESSIONS {
        let seconds = i64::try_from(number % 3).unwrap_or_default() * 86_400 + 1;
        let session = format!("session {number:03}");
        // Each session is in two traces, one with ids in the order of the names and one in the reverse order.
        for trace in [number, 1_000 - number] {
            let draft = draft(trace, 1).starts(at(seconds)).session(&session).llm("openai/gpt-5", 10, 1);
            let span = draft.span();
            costs.push(priced(&span, "0.01"));
            spans.push(span);
        }
    }
    on.write(batch(spans, costs)).await?;
    Ok(())
}

async fn groups_of_usage_beyond_the_bound_are_one_rest(on: &Subject) -> Outcome {
    many_sessions(on).await?;
    let query = UsageQuery { filter: TraceFilter::default(), group_by: vec![GroupBy::Session, GroupBy::Day] };
    let all = on.store()?.usage(&query).await?;
    same!(all.iter().filter(|group| group.is_rest()).count(), 0, "a rest without a bound");
    let memory = AnswerMemory::default().with_groups(8 << 10);
    let some = memory.scope(on.store()?.usage(&query)).await?;
    let (rest, kept): (Vec<_>, Vec<_>) = some.iter().partition(|group| group.is_rest());
    same!((rest.len(), some.last().is_some_and(quipu_core::UsageGroup::is_rest)), (1, true), "the rest");
    check!(!kept.is_empty() && kept.len() < all.len(), "{} of {} groups", kept.len(), all.len());
    same!(kept, all.iter().take(kept.len()).collect::<Vec<_>>(), "groups that stay");
    let mut total = UsageTotals::default();
    some.iter().for_each(|group| total.merge(&group.totals));
    let want = ask::total(on.store()?, TraceFilter::default()).await?;
    same!(total, want, "the total");
    Ok(())
}

async fn groups_of_work_beyond_the_bound_are_one_rest(on: &Subject) -> Outcome {
    many_sessions(on).await?;
    let query =
        WorkQuery { of: Worked::Spans(Vec::new()), group_by: vec![WorkKey::Session], ..WorkQuery::default() };
    let all = on.store()?.work(&query).await?;
    let memory = AnswerMemory::default().with_groups(4 << 10);
    let some = memory.scope(on.store()?.work(&query)).await?;
    let (rest, kept): (Vec<_>, Vec<_>) = some.iter().partition(|group| group.is_rest());
    same!(rest.len(), 1, "the rest");
    check!(!kept.is_empty() && kept.len() < all.len(), "{} of {} groups", kept.len(), all.len());
    same!(kept, all.iter().take(kept.len()).collect::<Vec<_>>(), "groups that stay");
    let count = |groups: &[quipu_core::WorkGroup]| groups.iter().map(|group| group.totals.count).sum::<u64>();
    same!(count(&some), count(&all), "the total");
    Ok(())
}

async fn a_page_of_spans_ends_at_its_bytes_and_the_next_goes_on(on: &Subject) -> Outcome {
    let text = "word ".repeat(1_000);
    let spans = (1..=20).map(|number| draft(1, number).with("input", text.as_str()).span());
    on.write(batch(spans.collect::<Vec<_>>(), Vec::new())).await?;
    let mut query = SpanQuery { limit: 100, detail: Detail::Full, ..SpanQuery::of(trace_id(1)) };
    let whole = on.store()?.spans(&query).await?;
    same!((whole.rows.len(), whole.next.is_none()), (20, true), "spans without a bound");
    let (mut pages, mut rows) = (0, Vec::new());
    loop {
        let memory = AnswerMemory::default().with_pages(12_000);
        let page = memory.scope(on.store()?.spans(&query)).await?;
        check!((1..=4).contains(&page.rows.len()), "{} spans on a page", page.rows.len());
        pages += 1;
        rows.extend(page.rows);
        query.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    check!(pages > 5, "{pages} pages");
    same!(rows, whole.rows, "spans");
    Ok(())
}

async fn a_page_of_spans_in_short_ends_at_its_bytes_and_the_next_goes_on(on: &Subject) -> Outcome {
    let name = |number: u64| format!("{number} {}", "name ".repeat(200));
    // Spans of two days: a page ends at the same position in both.
    let span = |number: u64| {
        let second = i64::try_from(number % 2).unwrap_or_default() * 86_400;
        draft(1, number).starts(at(second)).agent(&name(number)).named(&name(number)).span()
    };
    on.write(batch((1..=20).map(span).collect::<Vec<_>>(), Vec::new())).await?;
    let mut query = SpanQuery { limit: 100, ..SpanQuery::of(trace_id(1)) };
    let whole = on.store()?.spans(&query).await?;
    same!((whole.rows.len(), whole.next.is_none()), (20, true), "spans without a bound");
    let mut rows = Vec::new();
    loop {
        let memory = AnswerMemory::default().with_pages(10_000);
        let page = memory.scope(on.store()?.spans(&query)).await?;
        check!((1..=8).contains(&page.rows.len()), "{} spans on a page", page.rows.len());
        rows.extend(page.rows);
        query.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    same!(rows, whole.rows, "spans");
    Ok(())
}

async fn a_page_of_events_ends_at_its_bytes_and_the_next_goes_on(on: &Subject) -> Outcome {
    let text = "word ".repeat(1_000);
    let events = (1..=20).map(|second| event(at(second), Level::Info, "note", &format!("{second} {text}")));
    on.write(quipu_core::Batch { events: events.collect(), ..Default::default() }).await?;
    let mut query = EventQuery { limit: 100, ..EventQuery::default() };
    let whole = on.store()?.events(&query).await?;
    same!((whole.rows.len(), whole.next.is_none()), (20, true), "events without a bound");
    let mut rows = Vec::new();
    loop {
        let memory = AnswerMemory::default().with_pages(12_000);
        let page = memory.scope(on.store()?.events(&query)).await?;
        check!(page.rows.len() <= 4, "{} events on a page", page.rows.len());
        rows.extend(page.rows);
        query.cursor = page.next;
        if page.next.is_none() {
            break;
        }
    }
    same!(rows, whole.rows, "events");
    Ok(())
}
