//! Tests of sampling, and of the totals that it must not change.

use std::sync::Arc;
use std::time::Duration;

use quipu_backend_memory::Memory;
use quipu_conformance::sample::{at, draft};
use quipu_core::*;
use quipu_metrics::SelfMetrics;
use quipu_pipeline::{DropUnsampled, Pipeline, PipelineParts, Stages, Tail, TailSampling};

fn tail(config: TailSampling) -> (Tail, Arc<SelfMetrics>) {
    let metrics = Arc::new(SelfMetrics::new());
    (Tail::new(config, Arc::clone(&metrics) as _), metrics)
}

/// Keeps only errors, and roots that take longer than a second.
fn strict() -> TailSampling {
    TailSampling { slow: Timestamp::SECOND, ratio: 0.0, ..TailSampling::default() }
}

fn kept(spans: &[Span]) -> Vec<bool> {
    spans.iter().map(Span::is_sampled).collect()
}

#[test]
fn a_trace_is_held_until_its_root_ends() {
    let (mut tail, _) = tail(strict());
    let child = draft(1, 2).below(1).span();
    assert_eq!(tail.take(vec![child.clone(), child], at(0)).len(), 0);
    assert_eq!(tail.held(), 2);
    let out = tail.take(vec![draft(1, 1).span()], at(1));
    assert_eq!((kept(&out), tail.held()), (vec![false; 3], 0));
    let late = tail.take(vec![draft(1, 3).below(1).span()], at(2));
    assert_eq!(kept(&late), [false], "late spans share the fate of their trace");
    let failed = tail.take(vec![draft(1, 4).below(1).failed("late").span()], at(2));
    assert_eq!(kept(&failed), [true], "but a late failure is kept");
}

#[test]
fn errors_slow_ones_and_a_part_by_trace_id_are_kept_whole() {
    let (mut keeps, metrics) = tail(strict());
    let failed = vec![draft(1, 2).below(1).failed("no").span(), draft(1, 1).span()];
    assert_eq!(kept(&keeps.take(failed, at(0))), [true, true]);
    let slow = vec![draft(2, 2).below(1).span(), draft(2, 1).lasts(2 * Timestamp::SECOND).span()];
    assert_eq!(kept(&keeps.take(slow, at(0))), [true, true]);
    let text = metrics.text();
    for reason in ["error", "slow"] {
        let line = format!("quipu_tail_traces_total{{early=\"no\",reason=\"{reason}\"}} 1");
        assert!(text.contains(&line), "{text}");
    }
    let (mut all, _) = tail(TailSampling { ratio: 1.0, ..strict() });
    assert_eq!(kept(&all.take(vec![draft(1, 1).span()], at(0))), [true]);
    let (mut half, _) = tail(TailSampling { ratio: 0.5, ..strict() });
    let random = |number: u64| {
        let mut span = draft(1, 1).span();
        span.trace_id = TraceId::made_of(&[&number.to_string()]);
        span
    };
    let out = half.take((0..1_000).map(random).collect(), at(0));
    let count = out.iter().filter(|span| span.is_sampled()).count();
    assert!((400..600).contains(&count), "{count} of 1000");
}

#[test]
fn memory_and_time_are_bounded() {
    let (mut small, metrics) = tail(TailSampling { spans: 4, ..strict() });
    let child = |trace: u64, number: u64| draft(trace, number).below(1).span();
    assert!(small.take(vec![child(1, 2), child(1, 3), child(2, 2)], at(0)).is_empty());
    let out = small.take(vec![child(2, 3), child(3, 2)], at(1));
    assert_eq!((out.len(), small.held()), (2, 3), "the oldest trace is decided on early");
    assert!(metrics.text().contains("{early=\"memory\",reason=\"left_out\"} 1"), "{}", metrics.text());
    let out = small.take(Vec::new(), at(1).plus(31 * Timestamp::SECOND));
    assert_eq!((out.len(), small.held()), (3, 0), "after a while without a root");
    let (mut brief, _) = tail(TailSampling { hold: Duration::from_secs(60), ..strict() });
    brief.take(vec![child(1, 2)], at(0));
    assert_eq!((brief.end().len(), brief.held()), (1, 0), "at the end");
}

#[tokio::test]
async fn totals_are_exact_under_sampling() {
    let all = Arc::new(Memory::new());
    let some = Arc::new(Memory::new());
    let metrics = Arc::new(SelfMetrics::new());
    let start = |store: &Arc<Memory>, after| {
        let stages = Stages { after, ..Stages::default() };
        Pipeline::start(PipelineParts { stages, ..PipelineParts::new(Arc::clone(store) as _) })
    };
    let whole = start(&all, Vec::new());
    let sampled =
        start(&some, vec![Arc::new(DropUnsampled::new(Arc::clone(&metrics) as _)) as Arc<dyn Stage>]);
    let (mut tail, _) = tail(strict());
    for trace in 1..=20 {
        let root = draft(trace, 1).agent("amy").session("s");
        let root = if trace % 5 == 0 { root.failed("no").span() } else { root.span() };
        let call = draft(trace, 2).below(1).llm("openai/gpt-5", 10 * trace, 5).session("s").span();
        let tool = draft(trace, 3).below(1).tool("search").session("s").span();
        let spans = vec![call, tool, root];
        whole.submit(Batch { spans: spans.clone(), ..Batch::default() }).await.unwrap();
        let spans = tail.take(spans, at(0));
        sampled.submit(Batch { spans, ..Batch::default() }).await.unwrap();
    }
    let keys = [GroupBy::Model, GroupBy::Agent, GroupBy::Session];
    let query = UsageQuery { filter: TraceFilter::default(), group_by: keys.to_vec() };
    assert_eq!(all.usage(&query).await.unwrap(), some.usage(&query).await.unwrap());
    let filter = TraceFilter::default();
    assert_eq!(all.tools(&filter).await.unwrap(), some.tools(&filter).await.unwrap());
    let page = TraceQuery { limit: 100, ..TraceQuery::default() };
    assert_eq!(some.traces(&page).await.unwrap().rows.len(), 4, "those that failed are shown");
    assert!(metrics.text().contains("quipu_unsampled_spans_total{} 48"), "{}", metrics.text());
}
