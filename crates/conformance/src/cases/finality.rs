//! Cases on finality: an ended span does not change.

use quipu_core::{Arrival, Batch, CORRECTION_SECONDS, Conflicts, Detail, Span, SpanConflict};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{batch, draft, span_id, trace_id};
use crate::{Outcome, Subject};

cases! { "finality":
    [Store, Spans] the_first_ended_version_stays,
    [Store, Spans] its_sender_may_correct_it_for_ten_minutes,
    [Store, Spans, Integrity] an_identical_version_of_another_sender_is_no_conflict,
    [Store, Spans] a_running_version_is_ended_by_another_sender,
    [Store, Spans] a_version_without_a_sender_is_no_correction,
    [Store, Spans, Integrity] refused_versions_are_kept_once_and_four_at_most,
    [Store, Spans] a_large_version_is_kept_without_its_contents,
    [Store, Spans] lists_name_refused_versions,
    [Store, Spans, Integrity] refused_versions_are_told_once,
    [Store, Spans, Forgetting] refused_versions_are_forgotten_with_their_trace,
    [Store, Reopen, Spans] senders_and_refused_versions_outlive_close,
}

/// Arrival time of the first version; any second.
const SECOND: i64 = 1_900_000_000;

/// A version of span 1 of trace 1 with this duration, from one of the senders.
fn sent(lasts: i64, sender: u64, second: i64) -> Span {
    Span {
        arrival: Arrival { sender, millisecond: second * 1_000 },
        ..draft(1, 1).lasts(lasts).llm("gpt-5", 10, 1).span()
    }
}

async fn write(on: &Subject, span: Span) -> Outcome {
    on.write(batch([span], [])).await
}

/// The stored duration, and the number of rejected versions.
async fn kept(on: &Subject) -> Outcome<(Option<i64>, usize)> {
    let row = ask::span(on.store()?, 1, 1).await?;
    Ok((row.duration, row.conflicts.len()))
}

async fn the_first_ended_version_stays(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    for (lasts, refused) in [(6, 1), (4, 2)] {
        write(on, sent(lasts, 2, SECOND)).await?;
        same!(kept(on).await?, (Some(5), refused), "after a version that lasts {lasts}");
    }
    let row = ask::span(on.store()?, 1, 1).await?;
    let said: Vec<_> = row.conflicts.iter().map(|found| (found.span.duration(), found.same_sender)).collect();
    same!(said, vec![(Some(6), false), (Some(4), false)], "refused versions");
    same!(row.conflicts[0].at, Arrival { sender: 2, millisecond: SECOND * 1_000 }.at(), "arrival");
    check!(!row.conflicts[0].span.attributes.is_empty(), "a refused version has no attributes");
    let nodes = on.store()?.nodes(&[(trace_id(1), row.start)]).await?.remove(0);
    same!(
        nodes[0].arrival,
        Arrival { sender: 1, millisecond: SECOND * 1_000 },
        "the arrival of the final version"
    );
    Ok(())
}

async fn its_sender_may_correct_it_for_ten_minutes(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    write(on, sent(6, 1, SECOND + CORRECTION_SECONDS)).await?;
    same!(kept(on).await?, (Some(6), 0), "a correction in time");
    // A correction does not restart the time limit.
    write(on, sent(7, 1, SECOND + CORRECTION_SECONDS + 1)).await?;
    same!(kept(on).await?, (Some(6), 1), "a correction that is late");
    check!(ask::span(on.store()?, 1, 1).await?.conflicts[0].same_sender, "it came from the sender itself");
    Ok(())
}

async fn an_identical_version_of_another_sender_is_no_conflict(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    write(on, sent(5, 2, SECOND + 9_999)).await?;
    same!(kept(on).await?, (Some(5), 0), "the span");
    same!(on.integrity()?.take_conflicts(), Conflicts::default(), "conflicts told");
    Ok(())
}

async fn a_running_version_is_ended_by_another_sender(on: &Subject) -> Outcome {
    let arrival = |sender| Arrival { sender, millisecond: SECOND * 1_000 };
    let running = draft(1, 1).running().span();
    write(on, Span { arrival: arrival(1), ..running.clone() }).await?;
    write(on, Span { arrival: arrival(2), ..draft(1, 1).lasts(5).span() }).await?;
    same!(kept(on).await?, (Some(5), 0), "the ended version");
    write(on, Span { arrival: arrival(1), ..running }).await?;
    same!(kept(on).await?, (Some(5), 0), "after a late version of the running span");
    write(on, Span { arrival: arrival(1), ..draft(1, 1).lasts(6).span() }).await?;
    same!(kept(on).await?, (Some(5), 1), "the sender that ended it first is the one that may correct it");
    Ok(())
}

async fn a_version_without_a_sender_is_no_correction(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    write(on, draft(1, 1).lasts(6).span()).await?;
    same!(kept(on).await?, (Some(5), 1), "after a version that passed no receiver");
    write(on, draft(2, 1).lasts(5).span()).await?;
    write(on, Span { arrival: sent(1, 1, SECOND).arrival, ..draft(2, 1).lasts(6).span() }).await?;
    same!(ask::span(on.store()?, 2, 1).await?.duration, Some(5), "a span that passed no receiver");
    Ok(())
}

async fn refused_versions_are_kept_once_and_four_at_most(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    for lasts in [6, 6, 7, 7, 8, 9, 10, 11] {
        write(on, sent(lasts, 2, SECOND)).await?;
    }
    same!(kept(on).await?, (Some(5), SpanConflict::MOST), "versions kept");
    same!(on.integrity()?.take_conflicts().versions, 8, "versions counted");
    Ok(())
}

async fn a_large_version_is_kept_without_its_contents(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    let mut large = sent(6, 2, SECOND);
    large.attributes.push("said", "x".repeat(100_000));
    write(on, large).await?;
    let row = ask::span(on.store()?, 1, 1).await?;
    let found = &row.conflicts[0];
    check!(found.is_cut && found.span.attributes.is_empty(), "its contents are kept");
    check!(found.bytes() <= SpanConflict::BYTES, "{} bytes are kept", found.bytes());
    same!(found.span.duration(), Some(6), "its duration");
    Ok(())
}

async fn lists_name_refused_versions(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    write(on, sent(6, 2, SECOND)).await?;
    for detail in [Detail::Summary, Detail::Full] {
        let rows = ask::all_spans(on.store()?, trace_id(1), detail, 10).await?;
        same!(rows[0].conflicts.len(), 1, "refused versions with {detail:?}");
        same!(rows[0].conflicts[0].is_cut, detail == Detail::Summary, "whether contents are left out");
    }
    Ok(())
}

async fn refused_versions_are_told_once(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    write(on, sent(6, 2, SECOND)).await?;
    let told = on.integrity()?.take_conflicts();
    same!(told, Conflicts { versions: 1, kept: vec![(trace_id(1), span_id(1))] }, "what is told");
    same!(on.integrity()?.take_conflicts(), Conflicts::default(), "what is told then");
    // The repeated version is counted, and is not a new conflict.
    write(on, sent(6, 2, SECOND)).await?;
    same!(on.integrity()?.take_conflicts(), Conflicts { versions: 1, kept: Vec::new() }, "the same again");
    Ok(())
}

async fn refused_versions_are_forgotten_with_their_trace(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    write(on, sent(6, 2, SECOND)).await?;
    on.forgetting()?.forget(&[trace_id(1)]).await?;
    write(on, sent(6, 2, SECOND)).await?;
    same!(kept(on).await?, (Some(6), 0), "the trace that came anew");
    Ok(())
}

async fn senders_and_refused_versions_outlive_close(on: &Subject) -> Outcome {
    write(on, sent(5, 1, SECOND)).await?;
    write(on, sent(6, 2, SECOND)).await?;
    let on = &on.reopened().await?;
    same!(kept(on).await?, (Some(5), 1), "after reopening");
    on.write(Batch { spans: vec![sent(7, 2, SECOND)], ..Batch::default() }).await?;
    same!(kept(on).await?, (Some(5), 2), "another version of the other sender");
    write(on, sent(8, 1, SECOND + 1)).await?;
    same!(kept(on).await?, (Some(8), 2), "a correction by its sender");
    Ok(())
}
