//! Cases on meetings: the traces with the signals of one session.

use quipu_core::{Meeting, Signal, Span, Timestamp, TraceId};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{at, batch, draft, trace_id};
use crate::{Outcome, Subject};

cases! { "meetings":
    [Store, Spans] a_meeting_has_the_traces_of_its_spans,
    [Store, Spans] an_unknown_meeting_has_none,
    [Store, Spans] each_trace_comes_once_with_the_start_of_a_span,
    [Store, Spans] a_trace_may_be_in_several,
    [Store, Spans] they_are_found_from_the_days_beside_it,
    [Store, Spans] a_late_span_of_an_old_trace_is_found_by_its_own_time,
    [Store, Spans] the_kept_copy_decides_where_a_span_meets,
    [Store, Spans] calls_are_found_by_their_moment,
    [Store, Reopen, Spans] they_are_known_after_close,
}

/// Days between the sample's first day and a distant one.
const FAR: i64 = 9;

fn meeting(session: &str) -> Meeting {
    Meeting::of("sample", session)
}

fn met(trace: u64, number: u64, session: &str) -> Span {
    draft(trace, number).made_of(Signal::Log).meets(meeting(session)).span()
}

fn days(count: i64) -> Timestamp {
    at(0).plus(count * Timestamp::DAY)
}

/// The traces of each meeting, in the order of their ids.
async fn traces_of(on: &Subject, asked: &[(&str, Timestamp)]) -> Outcome<Vec<Vec<TraceId>>> {
    let asked: Vec<_> = asked.iter().map(|(session, time)| (meeting(session), *time)).collect();
    let lists = on.store()?.meeting_traces(&asked).await?;
    let ids = |list: Vec<(TraceId, Timestamp)>| {
        let mut ids: Vec<_> = list.into_iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids
    };
    Ok(lists.into_iter().map(ids).collect())
}

async fn a_meeting_has_the_traces_of_its_spans(on: &Subject) -> Outcome {
    let spans = [met(1, 1, "a"), met(2, 2, "a"), met(2, 3, "a"), met(3, 4, "b"), draft(4, 5).span()];
    on.write(batch(spans, [])).await?;
    let asked = [("b", at(4)), ("a", at(1))];
    same!(traces_of(on, &asked).await?, vec![ask::ids(&[3]), ask::ids(&[1, 2])], "in the order asked");
    same!(traces_of(on, &[]).await?.len(), 0, "lists for no meeting");
    on.write(batch([met(5, 6, "a")], [])).await?;
    same!(traces_of(on, &asked[1..]).await?, vec![ask::ids(&[1, 2, 5])], "after one more trace");
    Ok(())
}

async fn an_unknown_meeting_has_none(on: &Subject) -> Outcome {
    same!(traces_of(on, &[("a", at(0))]).await?, vec![ask::ids(&[])], "of an empty store");
    on.write(batch([met(1, 1, "a"), draft(2, 2).span()], [])).await?;
    let asked = [("nobody", at(0)), ("a", at(0)), ("none", at(0))];
    same!(
        traces_of(on, &asked).await?,
        vec![ask::ids(&[]), ask::ids(&[1]), ask::ids(&[])],
        "beside a known one"
    );
    Ok(())
}

async fn each_trace_comes_once_with_the_start_of_a_span(on: &Subject) -> Outcome {
    on.write(batch([met(1, 1, "a"), met(1, 2, "a")], [])).await?;
    on.write(batch([met(1, 3, "a")], [])).await?;
    let list = on.store()?.meeting_traces(&[(meeting("a"), at(3))]).await?.concat();
    same!(list.len(), 1, "traces");
    let starts = [at(1), at(2), at(3)];
    same!(list.iter().all(|(id, start)| *id == trace_id(1) && starts.contains(start)), true, "{list:?}");
    Ok(())
}

async fn a_trace_may_be_in_several(on: &Subject) -> Outcome {
    on.write(batch([met(1, 1, "a"), met(1, 2, "b"), met(1, 3, "a"), draft(1, 4).span()], [])).await?;
    let asked = [("a", at(1)), ("b", at(1)), ("a", at(3))];
    same!(traces_of(on, &asked).await?, vec![ask::ids(&[1]); 3], "traces");
    Ok(())
}

async fn calls_are_found_by_their_moment(on: &Subject) -> Outcome {
    let call = |trace, number| draft(trace, number).llm("gpt-4o", 10, 2).span();
    let other = draft(4, 4).service("another").llm("gpt-4o", 10, 2).span();
    let spans = [call(1, 1), call(2, 2), draft(3, 3).span(), other.clone(), met(1, 5, "a")];
    let moment =
        |span: &Span| span.moment().map_or((meeting("none"), span.start), |moment| (moment, span.start));
    let asked = [moment(&spans[0]), moment(&other)];
    on.write(batch(spans, [])).await?;
    let lists = on.store()?.meeting_traces(&asked).await?;
    let mut ids: Vec<Vec<TraceId>> =
        lists.into_iter().map(|list| list.into_iter().map(|(id, _)| id).collect()).collect();
    ids.iter_mut().for_each(|ids| ids.sort_unstable());
    same!(ids, vec![ask::ids(&[1, 2]), ask::ids(&[4])], "of two processes");
    let nodes = on.store()?.nodes(&[(trace_id(1), at(1))]).await?.concat();
    let scopes = nodes.iter().filter_map(|node| node.call.as_ref());
    let same = scopes
        .map(|call| (call.moment, call.scope))
        .any(|kept| kept == (Some(asked[0].0), call(1, 1).scope.mark()));
    same!(same, true, "the node's moment and scope");
    Ok(())
}

async fn they_are_found_from_the_days_beside_it(on: &Subject) -> Outcome {
    let spans = (0_i64..3).map(|day| {
        let number = 1 + day.unsigned_abs();
        draft(number, number).starts(days(day)).meets(meeting("a")).span()
    });
    on.write(batch(spans.collect::<Vec<_>>(), [])).await?;
    same!(traces_of(on, &[("a", days(1))]).await?, vec![ask::ids(&[1, 2, 3])], "three days");
    Ok(())
}

async fn a_late_span_of_an_old_trace_is_found_by_its_own_time(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).span(), met(2, 2, "b")], [])).await?;
    let late = |number: u64| Span {
        start: days(FAR),
        end: Some(days(FAR)),
        parent_id: Some(crate::sample::span_id(1)),
        ..met(1, number, "a")
    };
    // The second write is to a trace that is known to span days.
    on.write(batch([late(3)], [])).await?;
    on.write(batch([Span { start: days(2 * FAR), end: None, ..late(4) }], [])).await?;
    for day in [FAR - 1, FAR, FAR + 1, 2 * FAR, 2 * FAR + 1] {
        same!(traces_of(on, &[("a", days(day))]).await?, vec![ask::ids(&[1])], "asked on day {day}");
    }
    Ok(())
}

async fn the_kept_copy_decides_where_a_span_meets(on: &Subject) -> Outcome {
    on.write(batch([met(1, 1, "a"), met(2, 2, "a"), met(2, 3, "a")], [])).await?;
    let longer = |span: Span| Span { end: Some(at(100)), ..span };
    on.write(batch([longer(met(1, 1, "b")), longer(met(2, 2, "b"))], [])).await?;
    let asked = [("a", at(1)), ("b", at(1))];
    same!(traces_of(on, &asked).await?, vec![ask::ids(&[2]), ask::ids(&[1, 2])], "traces");
    Ok(())
}

async fn they_are_known_after_close(on: &Subject) -> Outcome {
    on.write(batch([met(1, 1, "a"), met(2, 2, "b")], [])).await?;
    let again = on.reopened().await?;
    again.write(batch([met(3, 3, "a")], [])).await?;
    let asked = [("a", at(1)), ("b", at(1))];
    same!(traces_of(&again, &asked).await?, vec![ask::ids(&[1, 3]), ask::ids(&[2])], "traces");
    Ok(())
}
