//! One test for each rule.

use quipu_core::{Billing, Kind, Rule, Status};

use crate::world::*;

fn rule_of(rows: &Rows, number: u64) -> Rule {
    rows.get(&span_id(number)).expect("a row").rule
}

#[test]
fn r1_leaf_wins_over_roll_ups() {
    let rows = count(
        &[vec![
            with_usage(span(0, None, Kind::Agent, 0, 100), 30, 9),
            span(1, Some(0), Kind::Task, 0, 90),
            with_usage(span(2, Some(1), Kind::Llm, 0, 40), 10, 4),
            with_usage(span(3, Some(1), Kind::Llm, 50, 90), 20, 5),
        ]],
        1000,
    );
    assert_eq!(totals(&rows), (2, 30, 9));
    assert_eq!(rule_of(&rows, 0), Rule::Repeats);
}

#[test]
fn r2_a_source_that_repeats_by_design_never_counts() {
    let mut repeat = with_usage(span(0, None, Kind::Agent, 0, 100), 30, 9);
    repeat.canonical.never_count = true;
    let rows = count(&[vec![repeat]], 1000);
    assert_eq!((totals(&rows), rule_of(&rows, 0)), ((0, 0, 0), Rule::NeverCounted));
}

#[test]
fn r3_an_orphan_roll_up_counts_its_tokens_but_is_no_call() {
    let rows = count(
        &[vec![with_usage(span(0, None, Kind::Agent, 0, 100), 30, 9), span(1, Some(0), Kind::Llm, 0, 40)]],
        1000,
    );
    assert_eq!((totals(&rows), rule_of(&rows, 0)), ((1, 30, 9), Rule::OrphanRollup));
}

#[test]
fn r4_a_late_leaf_takes_back_the_roll_up() {
    let roll_up = with_usage(span(0, None, Kind::Agent, 0, 100), 30, 9);
    let leaf = with_usage(span(1, Some(0), Kind::Llm, 0, 40), 30, 9);
    for memory in [1000, 0] {
        let rows = count(&[vec![roll_up.clone()], vec![leaf.clone()]], memory);
        assert_eq!((totals(&rows), rule_of(&rows, 0)), ((1, 30, 9), Rule::Repeats));
    }
}

#[test]
fn r5_two_instrumentations_of_one_call_become_one_with_the_best_figures() {
    let mut outer = with_model(with_usage(span(0, None, Kind::Llm, 0, 100), 120, 22), "gpt-4o");
    outer.canonical.usage.as_mut().unwrap().cache_read = Some(64);
    let inner = with_model(with_usage(span(1, Some(0), Kind::Llm, 2, 98), 1, 6), "openai/gpt-4o-2024-08-06");
    let rows = count(&[vec![inner], vec![outer]], 1000);
    assert_eq!(totals(&rows), (1, 120, 22));
    assert_eq!((rule_of(&rows, 0), rule_of(&rows, 1)), (Rule::Duplicate, Rule::Merged));
}

#[test]
fn r5_a_call_with_two_calls_below_is_a_roll_up() {
    let rows = count(
        &[vec![
            with_usage(span(0, None, Kind::Llm, 0, 100), 30, 9),
            with_usage(span(1, Some(0), Kind::Llm, 0, 48), 10, 4),
            with_usage(span(2, Some(0), Kind::Llm, 50, 100), 20, 5),
        ]],
        1000,
    );
    assert_eq!((totals(&rows), rule_of(&rows, 0)), ((2, 30, 9), Rule::Repeats));
}

#[test]
fn r5_a_call_that_stays_open_while_its_tool_asks_another_agent_is_a_call_of_its_own() {
    let spans = [
        with_usage(span(0, None, Kind::Llm, 0, 100), 118, 25),
        span(1, Some(0), Kind::Tool, 10, 99),
        span(2, Some(1), Kind::Agent, 11, 99),
        with_usage(span(3, Some(2), Kind::Llm, 12, 50), 147, 27),
        with_usage(span(4, Some(2), Kind::Llm, 51, 99), 176, 47),
    ];
    assert_eq!(totals(&count(&[spans.to_vec()], 1000)), (3, 441, 99));
    assert_eq!(totals(&count(&[spans[..4].to_vec()], 1000)), (2, 265, 52), "with one below it too");
}

#[test]
fn r6_a_record_without_an_id_beside_one_with_it_is_the_same_call() {
    let by = |convention: &str, mut span: quipu_core::Span| {
        span.canonical.convention = convention.into();
        with_model(span, "gemini-2.5-flash")
    };
    let agent = span(0, None, Kind::Agent, 0, 500);
    // The framework's spans of two streams, and the provider instrumentation's spans, which begin when the
    // streams have ended.
    let first = by("genai", with_usage(span(1, Some(0), Kind::Llm, 0, 190), 139, 37));
    let second = by("genai", with_usage(span(2, Some(0), Kind::Llm, 230, 300), 139, 37));
    let of = |number, start, id| {
        by(
            "openlit",
            with_response(with_usage(span(number, Some(0), Kind::Llm, start, start + 2), 139, 37), id),
        )
    };
    let spans = vec![agent.clone(), first.clone(), second, of(3, 210, "a"), of(4, 310, "b")];
    let expected = (2, 278, 74);
    assert_eq!(totals(&count(std::slice::from_ref(&spans), 1000)), expected);
    let one_by_one: Vec<_> = spans.iter().rev().map(|span| vec![span.clone()]).collect();
    for memory in [1000, 0] {
        assert_eq!(totals(&count(&one_by_one, memory)), expected);
    }
    // Different figures, another time or the same convention make it another call.
    let other = by("openlit", with_response(with_usage(span(5, Some(0), Kind::Llm, 210, 212), 140, 37), "a"));
    let later = of(5, 2000, "a");
    let mut same = of(5, 210, "a");
    same.canonical.convention = "genai".into();
    for span in [other, later, same] {
        assert_eq!(totals(&count(&[vec![agent.clone(), first.clone(), span]], 1000)).0, 2);
    }
}

#[test]
fn r6_records_beside_each_other_with_one_response_id_are_one_call() {
    let one = with_response(with_usage(span(1, None, Kind::Llm, 0, 50), 10, 4), "resp-0123456789ab");
    let mut other = with_response(with_usage(span(2, None, Kind::Llm, 1, 49), 10, 4), "resp-0123456789ab");
    other.canonical.usage.as_mut().unwrap().cache_read = Some(8);
    let rows = count(&[vec![one], vec![other]], 1000);
    assert_eq!(totals(&rows), (1, 10, 4));
    assert_eq!((rule_of(&rows, 1), rule_of(&rows, 2)), (Rule::Duplicate, Rule::Merged));
}

#[test]
fn r6_a_late_wrapper_of_the_record_that_lost_still_gives_its_figures() {
    let winner = with_response(span(3, None, Kind::Llm, 10, 60), "resp-0123456789ab");
    let loser = with_response(span(7, Some(6), Kind::Llm, 40, 120), "resp-0123456789ab");
    let wrapper = with_usage(span(6, None, Kind::Llm, 45, 60), 35, 17);
    let rows = count(&[vec![winner, loser], vec![wrapper]], 1000);
    assert_eq!(totals(&rows), (1, 35, 17));
}

#[test]
fn r6_the_same_id_at_another_time_is_another_call() {
    let one = with_response(with_usage(span(1, None, Kind::Llm, 0, 50), 10, 4), "always-the-same");
    let other = with_response(with_usage(span(2, None, Kind::Llm, 60, 90), 11, 4), "always-the-same");
    assert_eq!(totals(&count(&[vec![one, other]], 1000)), (2, 21, 8));
}

#[test]
fn r8_a_failed_attempt_is_a_call_without_tokens() {
    let mut failed = span(1, None, Kind::Llm, 0, 5);
    failed.status = Status::Error;
    let rows = count(&[vec![failed, with_usage(span(2, None, Kind::Llm, 6, 9), 10, 4)]], 1000);
    assert_eq!(totals(&rows), (2, 10, 4));
    assert!(rows[&span_id(1)].failed);
}

#[test]
fn r9_the_same_span_again_changes_nothing() {
    let spans = vec![with_usage(span(0, None, Kind::Llm, 0, 100), 30, 9)];
    assert_eq!(count(&[spans.clone(), spans.clone(), spans.clone()], 0), count(&[spans], 1000));
}

#[test]
fn r11_a_call_belongs_to_the_nearest_agent() {
    let named = |number, parent, name: &str| {
        let mut agent = span(number, parent, Kind::Agent, 0, 100);
        agent.canonical.agent = Some(name.into());
        agent
    };
    let leaf = |number, parent| with_usage(span(number, Some(parent), Kind::Llm, 0, 10), 1, 1);
    let rows = count(
        &[
            vec![leaf(3, 1), leaf(4, 2), span(2, Some(1), Kind::Task, 0, 20)],
            vec![named(1, Some(0), "inner")],
            vec![named(0, None, "outer")],
        ],
        1000,
    );
    assert!(rows.values().all(|row| row.agent.as_deref() == Some("inner")), "{rows:?}");
}

#[test]
fn a_tool_run_seen_twice_is_one_run() {
    let tool = |number, parent, name: &str| {
        let mut tool = span(number, parent, Kind::Tool, 0, 100);
        tool.canonical.tool = Some(name.into());
        tool
    };
    let rows = count(
        &[
            vec![tool(2, Some(1), "get_weather")],
            vec![tool(0, None, "mcp__w__get_weather"), span(1, Some(0), Kind::Task, 0, 90)],
            vec![tool(3, Some(0), "other")],
        ],
        0,
    );
    let runs: Vec<_> =
        rows.values().filter(|row| row.is_tool_run()).filter_map(|row| row.tool.as_deref()).collect();
    assert_eq!(runs, ["mcp__w__get_weather", "other"]);
}

/// Runs of one tool, each reported by two instrumentations. Their handlers run one after the other at the
/// start and at the end.
#[test]
fn runs_that_two_handlers_tell_one_after_the_other_are_as_many_as_they_are() {
    let told = |number: u64, scope: &str, start: i64, end: i64| {
        let mut tool = span(number, Some(0), Kind::Tool, start, end);
        tool.canonical.tool = Some("search".into());
        tool.scope = std::sync::Arc::new(quipu_core::Scope { name: scope.into(), ..Default::default() });
        tool
    };
    for (busy, apart, run) in [(1, 100, 3), (9, 100, 1), (9, 0, 30), (20, 3, 25)] {
        let mut spans = vec![span(0, None, Kind::Agent, 0, 10_000)];
        for number in 0..6_u64 {
            let start = number as i64 * apart;
            let end = start + busy + run;
            spans.push(told(number * 2 + 1, "outer", start, end));
            spans.push(told(number * 2 + 2, "inner", start + busy, end + busy));
        }
        let rows = count(&[spans.clone()], 1_000);
        let runs = |rows: &Rows| rows.values().filter(|row| row.is_tool_run() && row.counts()).count();
        assert_eq!(runs(&rows), 6, "{busy} ms apart, a run every {apart} ms");
        spans.reverse();
        let one_by_one: Vec<_> = spans.into_iter().map(|span| vec![span]).collect();
        assert_eq!(count(&one_by_one, 0), rows);
    }
}

#[test]
fn a_tool_that_failed_inside_failed() {
    let tool = |number, parent| {
        let mut tool = span(number, parent, Kind::Tool, 0, 100);
        tool.canonical.tool = Some("get_weather".into());
        tool
    };
    let mut inner = tool(1, Some(0));
    inner.canonical.error_type = Some("tool_error".into());
    let rows = count(&[vec![inner], vec![tool(0, None)]], 1000);
    let runs: Vec<_> =
        rows.values().filter(|row| row.is_tool_run()).map(|row| (row.span_id, row.failed)).collect();
    assert_eq!(runs, [(span_id(0), true)]);
}

#[test]
fn a_span_that_is_its_own_ancestor_is_a_root() {
    let spans = vec![
        with_usage(span(0, Some(0), Kind::Llm, 0, 1), 1, 1),
        with_usage(span(1, Some(2), Kind::Llm, 0, 1), 1, 1),
        with_usage(span(2, Some(1), Kind::Agent, 0, 1), 1, 1),
    ];
    assert_eq!(count(&[spans], 1000).len(), 3);
}

#[test]
fn a_hundred_thousand_spans_in_small_batches_are_counted_in_reasonable_steps() {
    let spans: Vec<_> = (1..100_000_u64)
        .map(|number| {
            let parent = if number % 10 == 0 { 0 } else { number / 10 * 10 };
            let kind = if number % 10 == 0 { Kind::Agent } else { Kind::Llm };
            with_usage(span(number, Some(parent), kind, 0, 1), 1, 1)
        })
        .collect();
    let batches: Vec<_> = spans.rchunks(512).map(<[_]>::to_vec).collect();
    let rows = count(&batches, 1_000_000);
    assert_eq!(totals(&rows), (90_000, 90_000, 90_000));
}

#[test]
fn r5_a_record_below_a_call_repeats_what_the_call_tells_itself() {
    let stream = with_usage(span(1, Some(0), Kind::Task, 10, 90), 120, 22);
    for memory in [1000, 0] {
        let told = with_usage(span(0, None, Kind::Llm, 0, 100), 120, 22);
        for batches in
            [vec![vec![told.clone()], vec![stream.clone()]], vec![vec![stream.clone()], vec![told]]]
        {
            assert_eq!(totals(&count(&batches, memory)), (1, 120, 22));
        }
        let silent = span(0, None, Kind::Llm, 0, 100);
        assert_eq!(totals(&count(&[vec![stream.clone()], vec![silent]], memory)), (1, 120, 22));
    }
}

#[test]
fn a_call_without_a_model_is_of_the_model_that_the_turn_names() {
    let turn = with_model(with_usage(span(0, None, Kind::Agent, 0, 100), 120, 22), "gpt-5-codex");
    let call = with_usage(span(2, Some(1), Kind::Llm, 10, 90), 120, 22);
    let step = span(1, Some(0), Kind::Other, 5, 95);
    for batches in [vec![turn.clone(), step.clone(), call.clone()], vec![call, step, turn]] {
        let batches: Vec<_> = batches.into_iter().map(|span| vec![span]).collect();
        for memory in [1000, 0] {
            let rows = count(&batches, memory);
            assert_eq!(rows[&span_id(2)].request_model.as_deref(), Some("gpt-5-codex"));
        }
    }
}

fn tool_run(number: u64, parent: Option<u64>, name: &str, start: i64, end: i64) -> quipu_core::Span {
    let mut run = span(number, parent, Kind::Tool, start, end);
    run.canonical.tool = Some(name.into());
    run
}

#[test]
fn a_call_is_of_the_nearest_tool_that_it_ran_within() {
    let mut sub_agent = span(2, Some(1), Kind::Agent, 10, 90);
    sub_agent.canonical.agent = Some("helper".into());
    let spans = [
        span(0, None, Kind::Agent, 0, 100),
        tool_run(1, Some(0), "ask_helper", 5, 95),
        sub_agent,
        with_usage(span(3, Some(2), Kind::Llm, 20, 30), 10, 1),
        tool_run(4, Some(2), "search", 40, 80),
        span(5, Some(4), Kind::Task, 41, 79),
        with_usage(span(6, Some(5), Kind::Embedding, 50, 60), 4, 0),
        with_usage(span(7, Some(0), Kind::Llm, 96, 99), 20, 2),
    ];
    let at_once = count(&[spans.to_vec()], 1000);
    // A tool run that arrives later than its inner spans.
    let backwards: Vec<_> = spans.iter().rev().map(|span| vec![span.clone()]).collect();
    for rows in [&at_once, &count(&backwards, 1000), &count(&backwards, 0)] {
        let tools: Vec<_> = rows.values().map(|row| (row.kind, row.tool.as_deref())).collect();
        let want = [
            (Kind::Tool, Some("ask_helper")),
            (Kind::Llm, Some("ask_helper")),
            (Kind::Tool, Some("search")),
            (Kind::Embedding, Some("search")),
            (Kind::Llm, None),
        ];
        assert_eq!(tools, want);
        let runs: Vec<_> = rows.values().filter(|row| row.is_tool_run()).collect();
        assert_eq!(runs.len(), 2, "calls within a tool are no runs of it");
    }
}

#[test]
fn records_of_one_call_share_tool_billing_and_units() {
    let outer = with_model(with_usage(span(1, Some(0), Kind::Llm, 10, 90), 120, 22), "gpt-4o");
    let mut inner = with_model(
        with_unit(with_usage(span(2, Some(1), Kind::Llm, 11, 89), 1, 6), "web_searches", 3),
        "gpt-4o",
    );
    inner.canonical.billing = Some(Billing::Subscription);
    let mut outer_details = outer;
    outer_details.canonical.usage.as_mut().unwrap().cache_read = Some(64);
    let rows = count(&[vec![tool_run(0, None, "answer", 0, 100), outer_details, inner]], 1000);
    let merged = &rows[&span_id(2)];
    let usage = merged.usage.as_ref().unwrap();
    assert_eq!(
        (merged.rule, merged.billing, merged.tool.as_deref()),
        (Rule::Merged, Billing::Subscription, Some("answer"))
    );
    assert_eq!((usage.input, usage.units.get("web_searches")), (Some(120), Some(&3)));
    assert_eq!(rows[&span_id(1)].tool.as_deref(), Some("answer"));
}

#[test]
fn a_call_below_takes_away_no_more_than_it_accounts_for() {
    let outer = with_model(with_usage(span(0, None, Kind::Llm, 0, 1000), 100_000, 5_000), "gpt-4o");
    let other_model = with_model(with_usage(span(1, Some(0), Kind::Llm, 10, 990), 1, 1), "gpt-4o-mini");
    let rows = count(&[vec![outer.clone(), other_model]], 1000);
    assert_eq!(totals(&rows), (1, 100_000, 5_000));
    let row = &rows[&span_id(0)];
    assert_eq!(
        (row.rule, row.usage.as_ref().and_then(|usage| usage.input)),
        (Rule::OrphanRollup, Some(99_999))
    );
    // With the same model and time it is the same call, with details that look better.
    let mut same_model = with_model(with_usage(span(1, Some(0), Kind::Llm, 0, 1000), 1, 1), "gpt-4o");
    same_model.canonical.usage.as_mut().unwrap().cache_read = Some(0);
    let rows = count(&[vec![outer, same_model]], 1000);
    assert_eq!(totals(&rows), (1, 100_000, 5_000));
}

#[test]
fn a_call_that_counted_in_another_way_repeats_those_below_it() {
    let outer = with_usage(span(0, None, Kind::Llm, 0, 1000), 330, 52);
    let below = [(1, 10, 400), (2, 500, 990)];
    let below =
        below.map(|(number, start, end)| with_usage(span(number, Some(0), Kind::Llm, start, end), 150, 25));
    let rows = count(&[[vec![outer], below.to_vec()].concat()], 1000);
    assert_eq!((totals(&rows), rows[&span_id(0)].rule), ((2, 300, 50), Rule::Repeats));
}

fn by_shape(mut span: quipu_core::Span) -> quipu_core::Span {
    span.canonical.convention = quipu_core::BY_SHAPE.into();
    span.canonical.request_model = Some("gpt-4o".into());
    span
}

#[test]
fn a_home_made_task_that_sums_up_its_requests_is_no_call() {
    let task = || by_shape(with_usage(span(0, None, Kind::Llm, 0, 100), 30, 9));
    let request = |number: u64, input: u64, output: u64| {
        let start = 10 * i64::try_from(number).unwrap();
        by_shape(with_usage(span(number, Some(7), Kind::Llm, start, start + 9), input, output))
    };
    let step = || span(7, Some(0), Kind::Other, 1, 99);
    let two = [task(), step(), request(1, 10, 4), request(2, 20, 5)];
    let other = [task(), step(), request(1, 10, 4), request(2, 20, 4)];
    let one = [task(), step(), request(1, 30, 9)];
    for spans in [two.as_slice(), &other, &one] {
        let expected = match spans.len() {
            4 if spans[3].canonical.usage == two[3].canonical.usage => (2, 30, 9),
            _ => (1, 30, 9),
        };
        for turn in 0..spans.len() {
            let mut turned = spans.to_vec();
            turned.rotate_left(turn);
            let apart: Vec<_> = turned.iter().map(|span| vec![span.clone()]).collect();
            let reversed: Vec<_> = apart.iter().rev().cloned().collect();
            for batches in [vec![turned], apart, reversed] {
                assert_eq!(totals(&count(&batches, 1000)), expected, "{turn} of {}", spans.len());
            }
        }
    }
}

#[test]
fn a_record_of_usage_lends_its_details_to_the_call_above() {
    let mut call = with_usage(span(0, None, Kind::Llm, 0, 100), 30, 9);
    call.canonical.response_id = Some("chatcmpl-7d1f".into());
    let mut record = with_usage(span(1, Some(0), Kind::Other, 100, 100), 30, 9);
    record.canonical.usage.as_mut().unwrap().reasoning = Some(4);
    record.canonical.response_id = Some("chatcmpl-7d1f".into());
    let reasoning = |record: &quipu_core::Span| {
        let both = [vec![vec![call.clone(), record.clone()]], vec![vec![record.clone()], vec![call.clone()]]];
        let [one, other] = both.map(|batches| count(&batches, 1000));
        assert_eq!(one, other);
        assert_eq!(totals(&one), (1, 30, 9));
        one.get(&span_id(0)).unwrap().usage.as_ref().unwrap().reasoning
    };
    assert_eq!(reasoning(&record), Some(4));
    record.canonical.response_id = Some("chatcmpl-other".into());
    assert_eq!(reasoning(&record), None, "of another answer");
}
