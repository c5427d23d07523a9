//! Cases on spans made from other signals, which belong to a trace as long as they count.

use quipu_core::{
    Cost, Detail, FacetField, Kind, Rule, SessionQuery, Signal, Sort, Span, SpanQuery, Store, TraceFilter,
    TraceRow,
};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{Draft, at, batch, cost, draft, priced, span_id, trace_id};
use crate::{Outcome, Subject};

cases! { "signals":
    [Store, Spans, Costs] a_trace_of_spans_that_do_not_count_is_in_no_list,
    [Store, Spans, Costs] it_is_listed_once_one_of_them_counts,
    [Store, Spans, Costs] a_call_that_is_taken_back_hides_its_trace,
    [Store, Spans, Costs] many_corrections_end_where_the_last_one_does,
    [Store, Spans, Costs] a_span_that_was_sent_keeps_its_trace_listed,
    [Store, Spans, Costs] pages_of_spans_leave_out_what_does_not_count,
    [Store, Spans] a_made_span_without_a_row_is_shown_in_its_trace,
    [Store, Spans, Costs] tokens_of_a_metric_count_without_a_call,
    [Store, Spans, Costs] failures_that_do_not_count_are_no_errors,
    [Store, Spans, Costs] a_better_copy_of_a_made_span_stays_counted,
    [Store, Spans, Costs] a_copy_may_tell_by_another_signal,
    [Store, Spans, Costs] a_row_says_which_signal_told,
    [Store, Reopen, Spans, Costs] corrections_after_close_are_exact,
}

fn log(trace: u64, number: u64) -> Span {
    let call = draft(trace, number).llm("gpt-5", 100, 10).service("shop").framework("crewai");
    call.session("s").user("u").made_of(Signal::Log).span()
}

fn echo(span: &Span, version: u64) -> Cost {
    Cost { version, rule: Rule::Echo, ..cost(span) }
}

fn counted(span: &Span, version: u64) -> Cost {
    Cost { version, ..priced(span, "1") }
}

/// Every way to list traces returns exactly these of session `s`.
async fn listed_are(on: &Subject, numbers: &[u64]) -> Outcome {
    let (store, want) = (on.store()?, ask::ids(numbers));
    for session in [None, Some("s".to_owned())] {
        let filter = TraceFilter { session, ..TraceFilter::default() };
        same!(ask::picked(store, filter).await?, want.clone(), "listed");
    }
    let filter = TraceFilter { since: Some(at(0)), until: Some(at(100)), ..TraceFilter::default() };
    let longest = ask::all_traces(store, &filter, Sort::Longest, 1).await?;
    same!(longest.len(), want.len(), "listed by duration, one a page");
    let query = SessionQuery { filter: TraceFilter::default(), limit: 10, cursor: None };
    let sessions: Vec<_> = store.sessions(&query).await?.rows.iter().map(|row| row.traces).collect();
    let traces = u64::try_from(want.len()).unwrap_or(0);
    same!(sessions, Vec::from_iter(Some(traces).filter(|traces| *traces > 0)), "traces of the session");
    let fields = [
        FacetField::Service,
        FacetField::Framework,
        FacetField::Status,
        FacetField::Session,
        FacetField::User,
        FacetField::Convention,
    ];
    for field in fields {
        same!(facet_sum(store, field).await?, traces, "traces by {field:?}");
    }
    Ok(())
}

async fn facet_sum(store: &dyn Store, field: FacetField) -> Outcome<u64> {
    Ok(store.facets(field, &TraceFilter::default(), 100).await?.iter().map(|facet| facet.traces).sum())
}

async fn shown(on: &Subject, trace: u64) -> Outcome<Vec<u64>> {
    let rows = ask::all_spans(on.store()?, trace_id(trace), Detail::Summary, 2).await?;
    Ok((1..=20).filter(|number| rows.iter().any(|row| row.span_id == span_id(*number))).collect())
}

fn figures(row: &TraceRow) -> (u64, u64, u64, u64) {
    (row.spans, row.errors, row.llm_calls, row.tokens.total())
}

async fn a_trace_of_spans_that_do_not_count_is_in_no_list(on: &Subject) -> Outcome {
    let (hidden, other) = (log(1, 1), log(2, 2));
    let helper = draft(1, 3).agent("helper").made_of(Signal::Log).span();
    let costs = [echo(&hidden, 1), counted(&other, 1)];
    on.write(batch([hidden, helper, other], costs)).await?;
    listed_are(on, &[2]).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((figures(&row), row.started_at), ((0, 0, 0, 0), at(1)), "the trace, asked for by its id");
    same!(facet_sum(on.store()?, FacetField::Agent).await?, 0, "agents");
    same!(ask::total(on.store()?, TraceFilter::default()).await?.llm_calls, 1, "usage");
    same!(on.store()?.info().await?.spans, 3, "spans stored");
    Ok(())
}

async fn it_is_listed_once_one_of_them_counts(on: &Subject) -> Outcome {
    let (first, second) = (log(1, 1), log(1, 2));
    on.write(batch([first.clone(), second.clone()], [])).await?;
    listed_are(on, &[]).await?;
    on.write(batch([], [echo(&first, 1), counted(&second, 1)])).await?;
    listed_are(on, &[1]).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (1, 0, 1, 110), "one counts");
    on.write(batch([], [counted(&first, 2)])).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (2, 0, 2, 220), "both count");
    Ok(())
}

async fn a_call_that_is_taken_back_hides_its_trace(on: &Subject) -> Outcome {
    let (made, sent) = (log(1, 1), draft(2, 2).llm("gpt-5", 100, 10).session("s").user("u"));
    let sent = sent.service("shop").framework("crewai").span();
    on.write(batch([made.clone()], [counted(&made, 1)])).await?;
    listed_are(on, &[1]).await?;
    on.write(batch([sent.clone()], [counted(&sent, 1), echo(&made, 2)])).await?;
    listed_are(on, &[2]).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.tokens.total()), (1, 110), "usage");
    Ok(())
}

async fn many_corrections_end_where_the_last_one_does(on: &Subject) -> Outcome {
    let spans = [log(1, 1), log(1, 2), log(2, 3)];
    on.write(batch(spans.clone(), [])).await?;
    let row = |span: &Span, version: u64, turn: u64| match turn % 3 {
        0 => counted(span, version),
        1 => echo(span, version),
        _ => Cost { rule: Rule::Merged, ..counted(span, version) },
    };
    for turn in 1..=7 {
        // Two corrections in one batch; the later one applies.
        let of =
            |version: u64| spans.iter().zip(turn + version..).map(move |(span, turn)| (span, version, turn));
        let costs = of(0).chain(of(1)).map(|(span, late, turn_of)| row(span, 2 * turn + late, turn_of));
        on.write(batch([], costs.collect::<Vec<_>>())).await?;
    }
    // The final state, turn 8: merged, counted, and an echo.
    same!(figures(&ask::trace(on.store()?, 1).await?), (2, 0, 2, 220), "trace 1");
    same!(figures(&ask::trace(on.store()?, 2).await?), (0, 0, 0, 0), "trace 2");
    listed_are(on, &[1]).await
}

async fn a_span_that_was_sent_keeps_its_trace_listed(on: &Subject) -> Outcome {
    let root = draft(1, 1).agent("boss").service("shop").framework("crewai").session("s").user("u").span();
    let call = Span { parent_id: Some(span_id(1)), ..log(1, 2) };
    let repeats = Cost { rule: Rule::Repeats, ..cost(&root) };
    on.write(batch([root.clone(), call.clone()], [repeats, echo(&call, 1)])).await?;
    listed_are(on, &[1]).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (1, 0, 0, 0), "figures");
    same!(shown(on, 1).await?, vec![1], "spans, with one whose row does not count");
    Ok(())
}

async fn pages_of_spans_leave_out_what_does_not_count(on: &Subject) -> Outcome {
    let spans: Vec<_> = (1..=9).map(|number| log(1, number)).collect();
    let row = |span: &Span| if span.start == at(3) { counted(span, 1) } else { echo(span, 1) };
    let costs: Vec<_> = spans.iter().skip(1).map(row).collect();
    on.write(batch(spans.clone(), costs)).await?;
    same!(shown(on, 1).await?, vec![1, 3], "one without a row, one that counts");
    let query = SpanQuery { trace_id: trace_id(1), after: None, limit: 2, detail: Detail::Full };
    same!(on.store()?.spans(&query).await?.next.is_none(), true, "there is no next page");
    let hidden = ask::span(on.store()?, 1, 2).await?;
    same!(hidden.cost.map(|row| row.rule), Some(Rule::Echo), "asked for by its id");
    on.write(batch([], [counted(&spans[1], 2), echo(&spans[2], 2)])).await?;
    same!(shown(on, 1).await?, vec![1, 2], "after a correction");
    let lists = on.store()?.nodes(&[(trace_id(1), at(1))]).await?;
    same!(lists.concat().len(), 9, "nodes, of all spans");
    Ok(())
}

async fn a_made_span_without_a_row_is_shown_in_its_trace(on: &Subject) -> Outcome {
    let turn = draft(1, 1).named("turn").made_of(Signal::Log).span();
    on.write(batch([turn], [])).await?;
    same!(shown(on, 1).await?, vec![1], "spans");
    same!(figures(&ask::trace(on.store()?, 1).await?), (0, 0, 0, 0), "figures");
    Ok(())
}

async fn tokens_of_a_metric_count_without_a_call(on: &Subject) -> Outcome {
    let series = Draft::from(log(1, 1)).made_of(Signal::Metric).read(|read| read.kind = Kind::Other).span();
    let row = Cost { rule: Rule::Metric, ..cost(&series) };
    on.write(batch([series.clone()], [row])).await?;
    listed_are(on, &[1]).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (1, 0, 0, 110), "tokens without a call");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.tokens.total(), total.latency.count()), (0, 110, 0), "usage");
    on.write(batch([], [echo(&series, 2)])).await?;
    listed_are(on, &[]).await
}

async fn failures_that_do_not_count_are_no_errors(on: &Subject) -> Outcome {
    let made = |number: u64| Draft::from(log(1, number)).failed("no").span();
    let spans = [made(1), made(2), draft(1, 3).session("s").failed("no").span()];
    on.write(batch(spans.clone(), [echo(&spans[0], 1), counted(&spans[1], 1)])).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (2, 2, 1, 110), "one sent, one that counts");
    let query = SessionQuery { filter: TraceFilter::default(), limit: 10, cursor: None };
    let errors: Vec<_> = on.store()?.sessions(&query).await?.rows.iter().map(|row| row.errors).collect();
    same!(errors, vec![2], "errors of the session");
    on.write(batch([], [echo(&spans[1], 2)])).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (1, 1, 0, 0), "after a correction");
    Ok(())
}

async fn a_better_copy_of_a_made_span_stays_counted(on: &Subject) -> Outcome {
    let span = log(1, 1);
    on.write(batch([span.clone()], [counted(&span, 1)])).await?;
    let failed = Span { end: Some(at(50)), ..Draft::from(span.clone()).failed("no").span() };
    on.write(batch([failed.clone()], [])).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (1, 1, 1, 110), "it failed, says the copy");
    on.write(batch([span], [echo(&failed, 2)])).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (0, 0, 0, 0), "taken back");
    listed_are(on, &[]).await
}

async fn a_copy_may_tell_by_another_signal(on: &Subject) -> Outcome {
    let made = log(1, 1);
    let mut sent = Span { end: Some(at(50)), ..made.clone() };
    sent.canonical.signal = Signal::Span;
    on.write(batch([made.clone()], [echo(&made, 1)])).await?;
    listed_are(on, &[]).await?;
    on.write(batch([sent.clone()], [])).await?;
    listed_are(on, &[1]).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (1, 0, 0, 0), "a span that was sent");
    on.write(batch([], [counted(&sent, 2)])).await?;
    same!(figures(&ask::trace(on.store()?, 1).await?), (1, 0, 1, 110), "and counts");
    Ok(())
}

async fn a_row_says_which_signal_told(on: &Subject) -> Outcome {
    for (number, signal) in (1..).zip(Signal::ALL) {
        let span = Draft::from(log(1, number)).failed("no").made_of(signal).span();
        let row = Cost { rule: Rule::Merged, ..counted(&span, 1) };
        on.write(batch([span], [row.clone()])).await?;
        same!(ask::span(on.store()?, 1, number).await?.cost, Some(row.clone()), "{signal:?}");
        let row = Cost { version: 2, signal: Signal::Transcript, rule: Rule::Echo, ..row };
        on.write(batch([], [row.clone()])).await?;
        same!(ask::span(on.store()?, 1, number).await?.cost, Some(row), "{signal:?}, corrected");
    }
    Ok(())
}

async fn corrections_after_close_are_exact(on: &Subject) -> Outcome {
    let spans = [log(1, 1), log(1, 2), log(2, 3)];
    on.write(batch(spans.clone(), spans.iter().map(|span| counted(span, 1)).collect::<Vec<_>>())).await?;
    on.write(batch([], [echo(&spans[2], 2)])).await?;
    let again = on.reopened().await?;
    listed_are(&again, &[1]).await?;
    again.write(batch([], [echo(&spans[0], 2), echo(&spans[1], 2), counted(&spans[2], 3)])).await?;
    listed_are(&again, &[2]).await?;
    same!(figures(&ask::trace(again.store()?, 1).await?), (0, 0, 0, 0), "trace 1");
    same!(shown(&again, 1).await?.len(), 0, "spans of trace 1");
    same!(again.findings().await?, Vec::<String>::new(), "findings");
    Ok(())
}
