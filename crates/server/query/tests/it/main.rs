//! Tests of query strings, and their parsed queries.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod language;

use quipu_core::{
    Detail, FacetField, GroupBy, Level, Limits, MetricAggregate, Sort, SpanId, Timestamp, TraceId,
    TraceStatus,
};
use quipu_query::{CursorText, ParamError, Params};

const NOW: Timestamp = Timestamp::from_nanos(1_795_262_400_000_000_000);

fn ask(query: &str) -> Params {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap());
    Params::new(pairs.map(|(name, value)| (name.into(), value.into())).collect(), NOW, &Limits::default())
}

fn text<T: std::fmt::Debug>(answer: Result<T, ParamError>) -> String {
    answer.unwrap_err().to_string()
}

#[test]
fn a_question_for_traces_with_every_parameter() {
    let query = ask(
        "since=-1h&until=now&q=rain&service=s&framework=f&agent=a&model=m&tool=t&status=error&session=se&user=u\
         &min_duration_ms=1.5&min_cost_usd=0.000001&sort=-cost&limit=7",
    )
    .trace_query()
    .unwrap();
    let filter = &query.filter;
    assert_eq!((filter.since, filter.until), (Some(NOW.plus(-Timestamp::HOUR)), Some(NOW)));
    assert_eq!((filter.q.as_deref(), filter.service.as_deref()), (Some("rain"), Some("s")));
    assert_eq!((filter.framework.as_deref(), filter.agent.as_deref()), (Some("f"), Some("a")));
    assert_eq!((filter.model.as_deref(), filter.tool.as_deref()), (Some("m"), Some("t")));
    assert_eq!((filter.session.as_deref(), filter.user.as_deref()), (Some("se"), Some("u")));
    assert_eq!(filter.status, Some(TraceStatus::Error));
    assert_eq!((filter.min_duration, filter.min_cost), (Some(1_500_000), "0.000001".parse().ok()));
    assert_eq!((query.sort, query.limit, query.cursor), (Sort::Dearest, 7, None));
}

#[test]
fn nothing_asked_is_everything_newest_first() {
    let query = ask("").trace_query().unwrap();
    assert_eq!((query.sort, query.limit), (Sort::Newest, 50));
    assert_eq!(query.filter, quipu_core::TraceFilter::default());
}

#[test]
fn every_order_has_its_word() {
    let words = ["-started_at", "started_at", "-duration", "duration", "-cost", "cost", "-tokens", "tokens"];
    let sorts = words.map(|word| ask(&format!("sort={word}")).trace_query().unwrap().sort);
    let all = [Sort::Newest, Sort::Oldest, Sort::Longest, Sort::Shortest, Sort::Dearest, Sort::Cheapest];
    assert_eq!(sorts[..6], all);
    assert_eq!(sorts[6..], [Sort::MostTokens, Sort::FewestTokens]);
    let counts = ["-llm_calls", "llm_calls", "-tool_calls", "tool_calls", "-errors", "errors"];
    let sorts = counts.map(|word| ask(&format!("sort={word}")).trace_query().unwrap().sort);
    assert_eq!(sorts[..3], [Sort::MostCalls, Sort::FewestCalls, Sort::MostTools]);
    assert_eq!(sorts[3..], [Sort::FewestTools, Sort::MostErrors, Sort::FewestErrors]);
}

#[test]
fn errors_name_the_parameter_what_was_found_and_what_is_expected() {
    let unknown = text(ask("agnet=x").trace_query());
    assert!(
        unknown.starts_with("unknown parameter \"agnet\"; known here: since, until, q, service"),
        "{unknown}"
    );
    assert!(unknown.ends_with("min_cost_usd, filter, sort, limit, cursor"), "{unknown}");
    assert_eq!(text(ask("q=a&q=b").trace_query()), "parameter \"q\" is given twice; expected once");
    for (query, found, expected) in [
        ("limit=0", "\"0\"", "a whole number from 1 to 10000"),
        ("limit=10001", "\"10001\"", "from 1 to 10000"),
        ("sort=price", "\"price\"", "one of -started_at, started_at, -duration"),
        ("status=bad", "\"bad\"", "one of ok, error, unset, running"),
        ("since=soon", "\"soon\"", "RFC 3339"),
        ("min_duration_ms=-1", "\"-1\"", "milliseconds"),
        ("min_cost_usd=-0.1", "\"-0.1\"", "US dollars"),
        ("min_cost_usd=NaN", "\"NaN\"", "US dollars"),
        ("cursor=xyz", "\"xyz\"", "next_cursor"),
        ("agent=", "\"\"", "a text"),
        ("since=now&until=-1h", "\"-1h\"", "at or after `since`"),
    ] {
        let (error, name) = (text(ask(query).trace_query()), query.split(['=', '&']).next().unwrap());
        let name = if query.contains("until") { "until" } else { name };
        assert!(error.starts_with(&format!("parameter \"{name}\": found {found}, expected ")), "{error}");
        assert!(error.contains(expected), "{error}");
    }
    assert!(text(ask(&format!("sort={}", "x".repeat(500))).trace_query()).len() < 300);
}

#[test]
fn a_cursor_belongs_to_its_order() {
    let cursor = quipu_core::Cursor { value: 3, trace_id: TraceId::from_bytes([7; 16]).unwrap() };
    let text = CursorText::of_trace(&cursor, Sort::Longest);
    let right = ask(&format!("sort=-duration&cursor={text}")).trace_query().unwrap();
    assert_eq!(right.cursor, Some(cursor));
    assert!(ask(&format!("cursor={text}")).trace_query().is_err());
}

#[test]
fn spans_are_asked_for_whole_or_by_page() {
    let trace = TraceId::from_bytes([7; 16]).unwrap();
    let whole = ask("").span_ask().unwrap();
    assert_eq!((whole.limit, whole.detail), (None, Detail::Full));
    assert_eq!((whole.query(trace, 10_000).limit, whole.query(trace, 10_001).limit), (10_000, 1_000));
    let page = ask("detail=summary").span_ask().unwrap();
    assert_eq!((page.query(trace, 5).limit, page.detail), (1_000, Detail::Summary));
    let after = (NOW, SpanId::from_bytes([3; 8]).unwrap());
    let next = ask(&format!("limit=9&after={}", CursorText::of_span(after.0, after.1))).span_ask().unwrap();
    assert_eq!((next.after, next.limit), (Some(after), Some(9)));
    assert!(text(ask("limit=10001").span_ask()).contains("from 1 to 10000"));
    assert!(text(ask("detail=some").span_ask()).contains("one of summary, full"));
}

#[test]
fn usage_is_grouped_by_a_list_of_keys() {
    let query = ask("group_by=model,hour&agent=a").usage_query().unwrap();
    assert_eq!(query.group_by, [GroupBy::Model, GroupBy::Hour]);
    assert!(ask("").usage_query().unwrap().group_by.is_empty());
    for bad in ["model,model", "year", "model,", ","] {
        assert!(
            text(ask(&format!("group_by={bad}")).usage_query()).contains("a comma list of model, provider")
        );
    }
}

#[test]
fn facets_need_a_field() {
    let ask_for = ask("field=convention&status=ok").facet_ask().unwrap();
    assert_eq!((ask_for.field, ask_for.limit), (FacetField::Convention, 100));
    assert!(text(ask("").facet_ask()).starts_with("parameter \"field\" is missing; expected one of service"));
}

#[test]
fn events_are_asked_for_by_least_level_and_type() {
    let query = ask("level=warning&type=gen_ai.choice&trace_id=0af7651916cd43dd8448eb211c80319c")
        .event_query()
        .unwrap();
    assert_eq!((query.level, query.name.as_deref()), (Some(Level::Warning), Some("gen_ai.choice")));
    assert!(text(ask("level=loud").event_query()).contains("one of trace, debug, info"));
    assert!(text(ask("trace_id=00").event_query()).contains("32 hexadecimal digits"));
}

#[test]
fn series_are_asked_for_by_name_labels_and_step() {
    let query = ask("name=n&label=a=b&label=c=d=e&step=30s&agg=p95").metric_query().unwrap();
    let labels: Vec<_> = query.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(labels, [("a", "b"), ("c", "d=e")]);
    assert_eq!((query.step, query.aggregate), (30 * Timestamp::SECOND, MetricAggregate::P95));
    let json = ask("name=n&labels={\"a\":\"b\"}&step=1500").metric_query().unwrap();
    assert_eq!((json.labels.len(), json.step), (1, 1_500_000_000));
    assert_eq!(ask("name=n").metric_query().unwrap().step, 60 * Timestamp::SECOND);
    assert_eq!(ask("name=n&since=-30d").metric_query().unwrap().step, 3 * Timestamp::HOUR);
    for (query, expected) in [
        ("step=1m", "\"name\" is missing"),
        ("name=n&step=999", "at least 1000"),
        ("name=n&step=1s&since=-30d", "at most 11000 steps"),
        ("name=n&label=a", "key=value"),
        ("name=n&label=a=b&label=a=c", "each key once"),
        ("name=n&labels=[]", "JSON object"),
        ("name=n&agg=median", "one of avg, sum"),
    ] {
        assert!(text(ask(query).metric_query()).contains(expected), "{query}");
    }
}

#[test]
fn sessions_page_by_last_activity() {
    let cursor = CursorText::of_session(NOW, "sess/7 ü");
    let query = ask(&format!("user=u&limit=3&cursor={cursor}")).session_query().unwrap();
    assert_eq!(query.cursor, Some((NOW, "sess/7 ü".to_owned())));
    let traces = ask("").session_traces("s").unwrap();
    assert_eq!((traces.filter.session.as_deref(), traces.limit), (Some("s"), 10_000));
}
