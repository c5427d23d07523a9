//! A failure counts once, where it began, whatever the order in which its spans come.

use quipu_core::{Kind, Span, Timestamp, TraceFilter, WorkQuery, Worked};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{Draft, Random, at, batch, cost, draft};
use crate::{Outcome, Subject};

cases! { "failures":
    [Store, Spans] a_failure_counts_once_where_it_began,
    [Store, Spans] the_order_of_its_spans_does_not_matter,
    [Store, Spans] random_failures_count_where_they_began,
    [Store, Spans] a_span_that_fails_later_takes_its_place,
    [Store, Spans] spans_above_each_other_end_the_look,
    [Store, Spans, Costs] causes_of_failures_are_counted_once,
    [Store, Reopen, Spans] failures_are_counted_once_after_close,
}

/// An agent whose tool failed below a step that did not, and a second failure of its own.
fn chain(trace: u64) -> [Span; 6] {
    [
        draft(trace, 1).session("s").failed("run").span(),
        draft(trace, 2).below(1).failed("agent").span(),
        draft(trace, 3).below(2).good().span(),
        draft(trace, 4).below(3).failed("tool").span(),
        draft(trace, 5).below(1).failed("guard").span(),
        draft(trace, 6).below(4).good().span(),
    ]
}

async fn errors(on: &Subject, trace: u64) -> Outcome<u64> {
    Ok(ask::trace(on.store()?, trace).await?.errors)
}

async fn a_failure_counts_once_where_it_began(on: &Subject) -> Outcome {
    on.write(batch(chain(1), [])).await?;
    on.write(batch([draft(2, 1).failed("alone").span()], [])).await?;
    same!((errors(on, 1).await?, errors(on, 2).await?), (2, 1), "failures of the traces");
    on.write(batch(chain(1), [])).await?;
    same!(errors(on, 1).await?, 2, "sent twice");
    Ok(())
}

async fn the_order_of_its_spans_does_not_matter(on: &Subject) -> Outcome {
    for turn in 0..6 {
        for (trace, reversed) in [(10 + turn, false), (20 + turn, true)] {
            let mut spans = chain(trace);
            spans.rotate_left(usize::try_from(turn).unwrap_or(0));
            if reversed {
                spans.reverse();
            }
            for span in spans {
                on.write(batch([span], [])).await?;
            }
            same!(errors(on, trace).await?, 2, "turn {turn}, reversed: {reversed}");
        }
    }
    Ok(())
}

/// A tree of random failures, and how many of them no other lies below.
fn tree(trace: u64, random: &mut Random) -> (Vec<Span>, u64) {
    let count = 2 + random.below(9);
    let parents: Vec<u64> = (0..count).map(|at| if at == 0 { 0 } else { random.below(at) + 1 }).collect();
    let failed: Vec<bool> = (0..count).map(|_| random.one_in(2)).collect();
    let is_above = |above: u64, mut of: u64| {
        while of > 0 {
            of = parents[index(of)];
            if of == above {
                return true;
            }
        }
        false
    };
    let all = 1..=count;
    let fails = |number: u64| failed[index(number)];
    let echoed = |above: u64| all.clone().any(|of| fails(of) && is_above(above, of));
    let began = all.clone().filter(|number| fails(*number) && !echoed(*number)).count();
    let span = |number: u64| {
        let draft = draft(trace, number).starts(at(0)).below_some(parents[index(number)]);
        if fails(number) { draft.failed("no").span() } else { draft.span() }
    };
    let mut spans: Vec<Span> = all.clone().map(span).collect();
    for last in (1..spans.len()).rev() {
        let other = pick(random, last);
        spans.swap(last, other);
    }
    (spans, u64::try_from(began).unwrap_or(u64::MAX))
}

/// A number up to `last`.
fn pick(random: &mut Random, last: usize) -> usize {
    usize::try_from(random.below(last as u64 + 1)).unwrap_or(0)
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1)
}

impl Draft {
    fn below_some(self, parent: u64) -> Self {
        if parent == 0 { self } else { self.below(parent) }
    }
}

async fn random_failures_count_where_they_began(on: &Subject) -> Outcome {
    let mut random = Random::new(7);
    let mut want = Vec::new();
    for trace in 1..=60 {
        let (mut spans, began) = tree(trace, &mut random);
        while !spans.is_empty() {
            let first = pick(&mut random, spans.len() - 1);
            on.write(batch(spans.split_off(first), [])).await?;
        }
        want.push((trace, began));
    }
    for (trace, began) in want {
        same!(errors(on, trace).await?, began, "failures of trace {trace}");
    }
    Ok(())
}

async fn a_span_that_fails_later_takes_its_place(on: &Subject) -> Outcome {
    let [run, agent, step, tool, ..] = chain(1);
    let running = draft(1, 4).below(3).running().span();
    on.write(batch([run, agent, step, running], [])).await?;
    same!(errors(on, 1).await?, 1, "while the tool runs");
    on.write(batch([tool], [])).await?;
    same!(errors(on, 1).await?, 1, "once it failed");
    let failures = failed(on, Worked::Spans(Vec::new())).await?;
    same!(failures, 1, "failures");
    Ok(())
}

async fn spans_above_each_other_end_the_look(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).below(1).failed("its own parent").span()], [])).await?;
    same!(errors(on, 1).await?, 1, "its own parent");
    on.write(batch([draft(2, 1).below(2).failed("a").span()], [])).await?;
    on.write(batch([draft(2, 2).below(1).good().span(), draft(2, 3).below(9).failed("c").span()], []))
        .await?;
    same!(ask::trace(on.store()?, 2).await?.spans, 3, "spans of a circle");
    Ok(())
}

async fn failed(on: &Subject, of: Worked) -> Outcome<u64> {
    let query = WorkQuery { of, failed: true, filter: TraceFilter::default(), group_by: Vec::new() };
    Ok(on.store()?.work(&query).await?.iter().map(|group| group.totals.errors).sum())
}

async fn causes_of_failures_are_counted_once(on: &Subject) -> Outcome {
    let kind = |draft: Draft, kind: Kind| draft.read(|read| read.kind = kind).span();
    let spans = [
        kind(draft(1, 1).failed("boom"), Kind::Agent),
        kind(draft(1, 2).below(1).good(), Kind::Task),
        draft(1, 3).below(2).tool("search").failed("boom").span(),
        draft(1, 4).below(3).llm("gpt-5", 1, 1).failed("429").span(),
        kind(draft(1, 5).below(1).failed("no"), Kind::Guardrail),
    ];
    let rows = [cost(&spans[2]), cost(&spans[3])];
    on.write(batch(spans, rows)).await?;
    same!(failed(on, Worked::Spans(Vec::new())).await?, 2, "the call and the guardrail");
    same!(failed(on, Worked::Spans(vec![Kind::Tool])).await?, 1, "failed tools");
    same!(failed(on, Worked::Spans(vec![Kind::Agent])).await?, 1, "failed agents");
    same!(failed(on, Worked::Spans(vec![Kind::Llm])).await?, 1, "failed calls");
    Ok(())
}

async fn failures_are_counted_once_after_close(on: &Subject) -> Outcome {
    let [run, agent, step, tool, guard, rest] = chain(1);
    on.write(batch([tool, guard], [])).await?;
    same!(errors(on, 1).await?, 2, "before the others come");
    let on = &on.reopened().await?;
    on.write(batch([run, rest], [])).await?;
    let on = &on.reopened().await?;
    on.write(batch([agent], [])).await?;
    same!(errors(on, 1).await?, 3, "the agent is not known to be above the tool");
    let on = &on.reopened().await?;
    on.write(batch([step], [])).await?;
    same!(errors(on, 1).await?, 2, "the step between them came");
    let later = draft(2, 1).starts(at(0).plus(Timestamp::SECOND)).failed("x").span();
    on.write(batch([later], [])).await?;
    same!(errors(on, 2).await?, 1, "another trace");
    Ok(())
}
