//! Cases on the ledger: money and tokens count once, and corrections replace earlier rows.

use quipu_core::{
    Cost, GroupBy, Kind, Rule, Sketch, Span, Timestamp, Tokens, TraceFilter, Unpriced, Usage, UsageKey,
    UsageQuery, Usd,
};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{at, batch, cost, draft, priced, unpriced};
use crate::{Outcome, Subject};

cases! { "ledger":
    [Store, Spans, Costs] counted_rows_are_summed,
    [Store, Spans, Costs] rows_that_do_not_count_stay_for_the_explanation,
    [Store, Spans, Costs] a_later_row_replaces_an_earlier_one,
    [Store, Spans, Costs] a_call_can_be_taken_back,
    [Store, Spans, Costs] a_correction_moves_usage_between_groups,
    [Store, Spans, Costs] latency_follows_corrections,
    [Store, Spans, Costs] an_orphan_roll_up_adds_tokens_but_no_call,
    [Store, Spans, Costs] why_there_is_no_price,
    [Store, Spans, Costs] reported_and_computed_cost_are_kept_apart,
    [Store, Spans, Costs] the_cost_of_a_span_of_an_earlier_batch,
    [Store, Spans, Costs] a_row_stays_when_its_span_comes_again,
    [Store, Spans, Costs] every_kind_of_call_counts,
    [Store, Spans, Costs] tool_runs_are_no_calls,
    [Store, Spans, Costs] failed_calls_count_as_errors_of_usage,
    [Store, Spans, Costs] models_and_agents_follow_corrections,
    [Store, Spans, Costs] the_same_rows_again_change_nothing,
    [Store, Spans, Costs] many_corrections_leave_no_trace,
}

fn usd(text: &str) -> Option<Usd> {
    text.parse().ok()
}

fn call(trace: u64, number: u64) -> Span {
    draft(trace, number).llm("gpt-5", 100, 10).span()
}

async fn counted_rows_are_summed(on: &Subject) -> Outcome {
    let usage = Usage {
        input: Some(100),
        cache_read: Some(60),
        cache_write: Some(30),
        output: Some(10),
        reasoning: Some(4),
        ..Usage::default()
    };
    let spans = [call(1, 1), call(1, 2), call(1, 3)];
    let costs: Vec<_> =
        spans.iter().map(|span| Cost { usage: Some(usage.clone()), ..priced(span, "0.1") }).collect();
    on.write(batch(spans, costs)).await?;
    let want = Tokens { input: 300, output: 30, cache_read: 180, cache_write: 90, reasoning: 12 };
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.tokens, row.cost), (3, want, usd("0.3")), "trace");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.tokens, total.cost), (3, want, usd("0.3")), "usage");
    same!((total.latency.count(), total.latency.sum()), (3, 3 * Timestamp::SECOND), "latency");
    Ok(())
}

async fn rows_that_do_not_count_stay_for_the_explanation(on: &Subject) -> Outcome {
    let rules = [Rule::Repeats, Rule::NeverCounted, Rule::Duplicate, Rule::Fetched];
    let spans: Vec<_> = (1..=4).map(|number| call(1, number)).collect();
    let costs: Vec<_> =
        spans.iter().zip(rules).map(|(span, rule)| Cost { rule, ..priced(span, "5") }).collect();
    on.write(batch(spans, costs)).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.tokens, row.cost), (0, Tokens::default(), None::<Usd>), "trace");
    same!(row.models.len(), 0, "models");
    same!(ask::total(on.store()?, TraceFilter::default()).await?.llm_calls, 0, "usage");
    for (number, rule) in (1..).zip(rules) {
        same!(ask::span(on.store()?, 1, number).await?.cost.map(|row| row.rule), Some(rule), "rule");
    }
    Ok(())
}

async fn a_later_row_replaces_an_earlier_one(on: &Subject) -> Outcome {
    let span = call(1, 1);
    on.write(batch([span.clone()], [priced(&span, "1")])).await?;
    let usage = Some(Usage { input: Some(7), output: Some(3), ..Usage::default() });
    on.write(batch([], [Cost { version: 2, usage, ..priced(&span, "0.5") }])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.tokens.total(), row.cost), (1, 10, usd("0.5")), "trace");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.tokens.total(), total.cost), (1, 10, usd("0.5")), "usage");
    same!(ask::span(on.store()?, 1, 1).await?.cost.map(|row| row.version), Some(2), "version");
    Ok(())
}

async fn a_call_can_be_taken_back(on: &Subject) -> Outcome {
    let (outer, inner) = (call(1, 1), draft(1, 2).below(1).llm("gpt-5", 100, 10).span());
    on.write(batch([outer.clone()], [priced(&outer, "1")])).await?;
    let corrected =
        Cost { version: 2, rule: Rule::Repeats, amount: None, price: None, ..priced(&outer, "1") };
    on.write(batch([inner.clone()], [priced(&inner, "1"), corrected])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.tokens.total(), row.cost), (1, 110, usd("1")), "trace");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.tokens.total(), total.cost), (1, 110, usd("1")), "usage");
    same!((total.latency.count(), total.latency.sum()), (1, Timestamp::SECOND), "latency");
    Ok(())
}

async fn a_correction_moves_usage_between_groups(on: &Subject) -> Outcome {
    let span = call(1, 1);
    on.write(batch([span.clone()], [priced(&span, "1")])).await?;
    let moved = Cost {
        version: 2,
        response_model: Some("gpt-5-mini".into()),
        time: at(7_200),
        agent: Some("writer".into()),
        ..priced(&span, "1")
    };
    on.write(batch([], [moved])).await?;
    let by = |group_by| UsageQuery { filter: TraceFilter::default(), group_by };
    let keys = |groups: Vec<(Vec<UsageKey>, _)>| groups.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    let name = |name: &str| vec![UsageKey::Name(Some(name.into()))];
    same!(
        keys(ask::groups(on.store()?, &by(vec![GroupBy::Model])).await?),
        vec![name("gpt-5-mini")],
        "models"
    );
    same!(keys(ask::groups(on.store()?, &by(vec![GroupBy::Agent])).await?), vec![name("writer")], "agents");
    let hours = keys(ask::groups(on.store()?, &by(vec![GroupBy::Hour])).await?);
    same!(hours, vec![vec![UsageKey::Time(at(7_200))]], "hours");
    Ok(())
}

async fn latency_follows_corrections(on: &Subject) -> Outcome {
    let span = draft(1, 1).llm("gpt-5", 1, 1).running().span();
    on.write(batch([span.clone()], [cost(&span)])).await?;
    same!(ask::total(on.store()?, TraceFilter::default()).await?.latency, Sketch::new(), "while it runs");
    let ended = draft(1, 1).llm("gpt-5", 1, 1).lasts(3_000).span();
    on.write(batch([ended.clone()], [Cost { version: 2, ..cost(&ended) }])).await?;
    let latency = ask::total(on.store()?, TraceFilter::default()).await?.latency;
    same!((latency.count(), latency.sum()), (1, 3_000), "after its end");
    Ok(())
}

async fn an_orphan_roll_up_adds_tokens_but_no_call(on: &Subject) -> Outcome {
    let span = draft(1, 1).agent("coder").span();
    let usage = Some(Usage { input: Some(50), output: Some(5), ..Usage::default() });
    let rule = Rule::OrphanRollup;
    on.write(batch([span.clone()], [Cost { rule, usage, failed: true, ..priced(&span, "2") }])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.tokens.total(), row.cost), (0, 55, usd("2")), "trace");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.tokens.total(), total.cost), (0, 55, usd("2")), "usage");
    same!((total.errors, total.latency.count()), (0, 0), "failed calls and latencies");
    Ok(())
}

async fn why_there_is_no_price(on: &Subject) -> Outcome {
    let spans: Vec<_> = (1..=5).map(|number| call(1, number)).collect();
    let costs = [
        Cost { usage: None, ..unpriced(&spans[4], Unpriced::NoUsage) },
        unpriced(&spans[0], Unpriced::UnknownModel),
        unpriced(&spans[1], Unpriced::UnknownModel),
        unpriced(&spans[2], Unpriced::NotValidThen),
        priced(&spans[3], "0.5"),
    ];
    on.write(batch(spans.clone(), costs)).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.unpriced_calls, row.cost), (3, usd("0.5")), "trace");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    let reasons: Vec<_> = total.unpriced.into_iter().collect();
    same!(reasons, vec![(Unpriced::UnknownModel, 2), (Unpriced::NotValidThen, 1)], "reasons");
    on.write(batch([], [Cost { version: 2, ..priced(&spans[2], "1") }])).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!(total.unpriced.into_iter().collect::<Vec<_>>(), vec![(Unpriced::UnknownModel, 2)], "reasons later");
    same!(ask::trace(on.store()?, 1).await?.unpriced_calls, 2, "unpriced calls later");
    Ok(())
}

async fn reported_and_computed_cost_are_kept_apart(on: &Subject) -> Outcome {
    let spans = [call(1, 1), call(1, 2), call(2, 1)];
    let costs = [
        Cost { reported: usd("0.2"), ..unpriced(&spans[0], Unpriced::UnknownModel) },
        Cost { reported: usd("0.3"), ..priced(&spans[1], "0.25") },
        Cost { rule: Rule::Repeats, reported: usd("9"), ..cost(&spans[2]) },
    ];
    on.write(batch(spans, costs)).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.cost, row.reported_cost), (usd("0.25"), usd("0.5")), "trace 1");
    let row = ask::trace(on.store()?, 2).await?;
    same!((row.cost, row.reported_cost), (None::<Usd>, None::<Usd>), "trace 2");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.cost, total.reported), (usd("0.25"), usd("0.5")), "usage");
    Ok(())
}

async fn the_cost_of_a_span_of_an_earlier_batch(on: &Subject) -> Outcome {
    let span = call(1, 1);
    on.write(batch([span.clone()], [])).await?;
    same!(ask::trace(on.store()?, 1).await?.llm_calls, 0, "calls before");
    on.write(batch([], [priced(&span, "1")])).await?;
    same!(ask::trace(on.store()?, 1).await?.llm_calls, 1, "calls after");
    same!(ask::total(on.store()?, TraceFilter::default()).await?.cost, usd("1"), "usage");
    Ok(())
}

async fn a_row_stays_when_its_span_comes_again(on: &Subject) -> Outcome {
    let running = draft(1, 1).llm("gpt-5", 100, 10).running().span();
    on.write(batch([running.clone()], [priced(&running, "1")])).await?;
    on.write(batch([call(1, 1)], [])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.cost), (1, usd("1")), "trace");
    same!(ask::span(on.store()?, 1, 1).await?.cost, Some(priced(&running, "1")), "ledger row");
    Ok(())
}

async fn every_kind_of_call_counts(on: &Subject) -> Outcome {
    for (number, kind) in (1..).zip(Kind::ALL) {
        let span = draft(1, number).read(|read| read.kind = kind).span();
        on.write(batch([span.clone()], [cost(&span)])).await?;
    }
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.tool_calls), (3, 1), "calls and tool runs");
    same!(ask::total(on.store()?, TraceFilter::default()).await?.llm_calls, 3, "calls of usage");
    Ok(())
}

async fn tool_runs_are_no_calls(on: &Subject) -> Outcome {
    let run = draft(1, 1).tool("search").failed("no").span();
    on.write(batch([run.clone()], [cost(&run)])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.tool_calls, row.errors), (0, 1, 1), "trace");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.errors, total.latency.count()), (0, 0, 0), "usage");
    let by_model = UsageQuery { group_by: vec![GroupBy::Model], ..UsageQuery::default() };
    same!(ask::groups(on.store()?, &by_model).await?.len(), 0, "groups without a call");
    Ok(())
}

async fn failed_calls_count_as_errors_of_usage(on: &Subject) -> Outcome {
    let spans =
        [call(1, 1), draft(1, 2).llm("gpt-5", 1, 1).failed("timeout").span(), draft(1, 3).failed("x").span()];
    on.write(batch(spans.clone(), [cost(&spans[0]), cost(&spans[1])])).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.errors), (2, 1), "calls and failed calls");
    same!(ask::trace(on.store()?, 1).await?.errors, 2, "failed spans");
    Ok(())
}

async fn models_and_agents_follow_corrections(on: &Subject) -> Outcome {
    let spans = [draft(1, 1).agent("boss").span(), call(1, 2), call(1, 3)];
    let by = |span: &Span, agent: &str| Cost { agent: Some(agent.into()), ..priced(span, "1") };
    on.write(batch(spans.clone(), [by(&spans[1], "writer"), by(&spans[2], "reader")])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.agents, row.models), (vec!["boss", "reader", "writer"], vec!["gpt-5"]), "agents and models");
    let renamed = Cost { version: 2, response_model: Some("a-model".into()), ..by(&spans[1], "boss") };
    let gone = Cost { version: 2, rule: Rule::Duplicate, ..by(&spans[2], "reader") };
    on.write(batch([], [renamed, gone])).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.agents, row.models), (vec!["boss"], vec!["a-model"]), "agents and models later");
    Ok(())
}

async fn the_same_rows_again_change_nothing(on: &Subject) -> Outcome {
    let span = call(1, 1);
    let all = batch([span.clone()], [priced(&span, "1")]);
    for _ in 0..3 {
        on.write(all.clone()).await?;
    }
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.cost, total.latency.count()), (1, usd("1"), 1), "usage");
    Ok(())
}

async fn many_corrections_leave_no_trace(on: &Subject) -> Outcome {
    let span = call(1, 1);
    on.write(batch([span.clone()], [])).await?;
    for version in 1..=40_u64 {
        let rule = if version % 3 == 0 { Rule::Repeats } else { Rule::Leaf };
        let usage = Some(Usage { input: Some(version), output: Some(version * 2), ..Usage::default() });
        let duration = (version % 4 != 0).then(|| i64::try_from(version * 1_000).unwrap_or(0));
        let row = Cost { version, rule, usage, duration, ..priced(&span, &format!("0.{version}")) };
        on.write(batch([], [row])).await?;
    }
    let last = Cost { version: 41, duration: Some(5_000), ..priced(&span, "0.125") };
    on.write(batch([], [last])).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.tokens.total(), total.cost), (1, 110, usd("0.125")), "usage");
    same!((total.latency.count(), total.latency.sum()), (1, 5_000), "latency");
    Ok(())
}
