//! Tests of calls in log records with all details, and of tokens in metrics.

use std::collections::BTreeSet;
use std::sync::Arc;

use quipu_adapter_genai::GenAi;
use quipu_core::{
    Adapter, Attributes, Bucket, Canonical, Event, Instrument, Kind, Level, Meeting, Metric, Point,
    PointValue, Resource, Scope, Signal, Span, SpanEvent, SpanId, Temporality, Timestamp, TraceId, Value,
};

const DETAILS: &str = "gen_ai.client.inference.operation.details";
const HOUR: i64 = Timestamp::HOUR;

fn details(attributes: &[(&str, Value)]) -> Event {
    Event {
        time: Timestamp::from_nanos(7 * HOUR),
        level: Level::Info,
        name: DETAILS.into(),
        trace_id: Some(TraceId::from_bytes([1; 16]).unwrap()),
        span_id: Some(SpanId::from_bytes([2; 8]).unwrap()),
        session: None,
        agent: None,
        framework: None,
        body: Value::Null,
        attributes: attributes.iter().cloned().collect(),
        resource: Arc::default(),
        scope: Arc::default(),
        wire: None,
    }
}

fn chat() -> Vec<(&'static str, Value)> {
    vec![
        ("gen_ai.operation.name", "chat".into()),
        ("gen_ai.request.model", "gpt-4o".into()),
        ("gen_ai.response.id", "r1".into()),
        ("gen_ai.usage.input_tokens", 12.into()),
        ("gen_ai.usage.output_tokens", 3.into()),
    ]
}

fn read(span: &Span) -> Canonical {
    assert!(GenAi.claims(span));
    GenAi.canonical(span)
}

#[test]
fn one_event_of_details_completes_a_call_without_usage() {
    let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([2; 8]).unwrap());
    let time = Timestamp::from_nanos(7 * HOUR);
    let mut span = Span::new(trace, id, "chat", time, Timestamp::from_nanos(8 * HOUR));
    span.attributes.push("gen_ai.operation.name", "chat");
    let event = SpanEvent { time, name: DETAILS.into(), attributes: chat().into_iter().collect() };
    span.events.push(event.clone());
    let canonical = read(&span);
    assert_eq!(canonical.response_id.as_deref(), Some("r1"));
    assert_eq!(canonical.usage.as_ref().map(|usage| (usage.input, usage.output)), Some((Some(12), Some(3))));
    assert_ne!(
        GenAi.lens(&span, &canonical),
        GenAi.lens(&Span { events: Vec::new(), ..span.clone() }, &canonical)
    );
    span.events.push(event);
    assert_eq!(read(&span).usage, None, "two events are two calls");
    span.events.truncate(1);
    span.attributes.push("gen_ai.usage.input_tokens", 7);
    assert_eq!(read(&span).usage.unwrap().input, Some(7), "the span's own usage");
}

#[test]
fn a_record_with_tokens_is_a_child_of_the_span_that_it_names() {
    let event = details(&chat());
    let span = GenAi.span_of_event(&event).unwrap();
    assert_eq!((Some(span.trace_id), span.parent_id), (event.trace_id, event.span_id));
    assert_eq!(span.name, "chat gpt-4o");
    let canonical = read(&span);
    assert_eq!((canonical.kind, canonical.signal), (Kind::Llm, Signal::Details));
    assert_eq!(canonical.response_id.as_deref(), Some("r1"));
    assert_eq!(canonical.usage.unwrap().input, Some(12));
    assert_eq!(GenAi.span_of_event(&event).unwrap(), span, "the same again");
}

#[test]
fn without_a_trace_it_has_one_of_its_own() {
    let apart = Event { trace_id: None, span_id: None, ..details(&chat()) };
    let span = GenAi.span_of_event(&apart).unwrap();
    assert_eq!(span.parent_id, None);
    let later = Event { time: Timestamp::from_nanos(8 * HOUR), ..apart.clone() };
    assert_ne!(GenAi.span_of_event(&later).unwrap().trace_id, span.trace_id);
}

#[test]
fn attributes_may_be_in_the_body_and_the_name_in_an_attribute() {
    let body = Value::Map(chat().into_iter().map(|(key, value)| (key.into(), value)).collect());
    let event = Event { name: "".into(), body, ..details(&[("event.name", DETAILS.into())]) };
    let span = GenAi.span_of_event(&event).unwrap();
    assert_eq!(read(&span).usage.unwrap().output, Some(3));
    let unnamed = details(&[("gen_ai.usage.input_tokens", 5.into())]);
    assert_eq!(read(&GenAi.span_of_event(&unnamed).unwrap()).kind, Kind::Llm, "the event is of inference");
}

#[test]
fn other_records_are_no_calls() {
    let none = |event: Event| assert!(GenAi.span_of_event(&event).is_none());
    none(details(&chat()[..3]));
    none(Event { name: "gen_ai.choice".into(), ..details(&chat()) });
    let mut run = chat();
    run[0].1 = "invoke_agent".into();
    none(details(&run));
    let scope = |name: &str| Arc::new(Scope { name: name.into(), ..Scope::default() });
    none(Event { scope: scope("gemini-cli"), ..details(&chat()) });
    none(details(&[
        ("gen_ai.usage.input_tokens", (-1).into()),
        ("gen_ai.usage.output_tokens", f64::NAN.into()),
    ]));
}

fn point(labels: &[(&str, &str)], start: i64, time: i64, value: f64) -> Point {
    Point {
        time: Timestamp::from_nanos(time),
        start: Some(Timestamp::from_nanos(start)),
        attributes: labels.iter().copied().collect(),
        value: PointValue::Number(value),
        exemplars: Vec::new(),
        wire: None,
    }
}

fn distribution(mut point: Point) -> Point {
    let PointValue::Number(sum) = point.value else { panic!("a number") };
    let buckets = vec![Bucket { upper: f64::INFINITY, count: 2 }];
    point.value =
        PointValue::Distribution { count: 2, sum, min: None, max: None, buckets, quantiles: Vec::new() };
    point
}

fn metric(name: &str, temporality: Temporality, points: Vec<Point>) -> Metric {
    let attributes: Attributes = [("service.name", "shop")].into_iter().collect();
    Metric {
        name: name.into(),
        unit: "{token}".into(),
        description: String::new(),
        instrument: Instrument::Histogram,
        temporality,
        points: points.into_iter().map(distribution).collect(),
        resource: Arc::new(Resource { attributes, ..Resource::default() }),
        scope: Arc::default(),
    }
}

fn usage(start: i64, time: i64, input: f64, output: f64) -> Vec<Point> {
    let labels = |kind| [("gen_ai.token.type", kind), ("gen_ai.request.model", "gpt-4o")];
    vec![point(&labels("input"), start, time, input), point(&labels("output"), start + 1, time, output)]
}

fn tokens(spans: &[Span]) -> Vec<(u64, u64)> {
    let usage = |span: &Span| read(span).usage.unwrap().tokens();
    spans.iter().map(usage).map(|tokens| (tokens.input, tokens.output)).collect()
}

const OLD: &str = "gen_ai.client.token.usage";

#[test]
fn types_of_one_series_are_one_span() {
    let sent = metric(OLD, Temporality::Delta, usage(HOUR, HOUR + 60, 240.0, 34.0));
    let spans = GenAi.spans_of_metrics(&[sent]);
    assert_eq!(tokens(&spans), [(240, 34)]);
    let canonical = read(&spans[0]);
    assert_eq!((canonical.kind, canonical.signal), (Kind::Other, Signal::Metric));
    assert_eq!(canonical.operation.as_deref(), Some(OLD));
    assert_eq!(canonical.request_model.as_deref(), Some("gpt-4o"));
    assert_eq!(canonical.meeting, Some(Meeting::of("service", "shop")));
    assert_eq!((spans[0].start.nanos(), spans[0].end.unwrap().nanos()), (HOUR, HOUR + 60));
}

#[test]
fn the_sums_of_continue_are_tokens_of_its_service() {
    let labels = |kind| [("type", kind), ("model", "gpt-4o")];
    let points = [("input", 287.0), ("output", 70.0)];
    let points = points.map(|(kind, sum)| point(&labels(kind), HOUR, HOUR + 60, sum)).to_vec();
    let sent = Metric {
        instrument: Instrument::Counter,
        points,
        ..metric("continue_cli_token_usage", Temporality::Cumulative, Vec::new())
    };
    assert_eq!(tokens(&GenAi.spans_of_metrics(&[sent])), [(287, 70)]);
}

#[test]
fn a_delta_point_is_one_span_however_often_it_comes() {
    let first = usage(HOUR, HOUR + 60, 10.0, 1.0);
    let second = usage(HOUR + 60, HOUR + 120, 20.0, 2.0);
    let of = |points: &[Point]| {
        let sent = Metric { points: points.to_vec(), ..metric(OLD, Temporality::Delta, Vec::new()) };
        let numbers: Vec<_> = sent.points.iter().cloned().map(distribution).collect();
        GenAi.spans_of_metrics(&[Metric { points: numbers, ..sent }])
    };
    let (one, two) = (of(&first), of(&second));
    let both = of(&[first.clone(), second.clone(), first.clone()].concat());
    let ids = |spans: &[Span]| -> BTreeSet<_> { spans.iter().map(|span| span.span_id).collect() };
    assert_eq!(ids(&both), ids(&[one.clone(), two.clone()].concat()));
    let names: BTreeSet<_> = both.iter().map(|span| read(span).response_id).collect();
    assert_eq!(names.len(), 2, "each point is a name of its own");
    // Types of one export that arrive separately do not replace each other.
    let apart = [of(&first[..1]), of(&first[1..])].concat();
    assert_eq!(ids(&apart).len(), 2);
}

#[test]
fn a_cumulative_series_is_one_span_an_hour() {
    let start = 10 * HOUR + 5;
    let exports =
        [(10 * HOUR + 60, 1.0), (10 * HOUR + 50 * 60 * Timestamp::SECOND, 2.0), (11 * HOUR + 9, 5.0)];
    let points =
        exports.iter().flat_map(|(time, output)| usage(start, *time, output * 10.0, *output)).collect();
    let mut spans = GenAi.spans_of_metrics(&[metric(OLD, Temporality::Cumulative, points)]);
    spans.sort_by_key(|span| span.end);
    assert_eq!(tokens(&spans), [(20, 2), (50, 5)], "figures at each hour's last point");
    let names: BTreeSet<_> = spans.iter().map(|span| (span.trace_id, read(span).response_id)).collect();
    assert_eq!(names.len(), 1);
    let times: Vec<_> = spans.iter().map(|span| (span.start.nanos(), span.end.unwrap().nanos())).collect();
    assert_eq!(times, [(start, 10 * HOUR + 50 * 60 * Timestamp::SECOND), (11 * HOUR, 11 * HOUR + 9)]);
}

#[test]
fn a_series_that_starts_again_is_another() {
    let points = [usage(5, 100, 30.0, 3.0), usage(200, 300, 10.0, 1.0)].concat();
    let spans = GenAi.spans_of_metrics(&[metric(OLD, Temporality::Cumulative, points)]);
    let names: BTreeSet<_> = spans.iter().map(|span| read(span).response_id).collect();
    assert_eq!(names.len(), 2);
    assert_eq!(tokens(&spans).into_iter().map(|(input, _)| input).sum::<u64>(), 40);
}

fn newer(suffix: &str, value: f64) -> Metric {
    let name = format!("gen_ai.client.inference.usage.{suffix}");
    let points = vec![point(&[("gen_ai.request.model", "gpt-4o")], HOUR, HOUR + 60, value)];
    let mut metric =
        Metric { instrument: Instrument::Counter, ..metric(&name, Temporality::Delta, Vec::new()) };
    metric.points = points;
    metric
}

#[test]
fn the_newer_names_hold_where_both_are_sent() {
    let metrics = [
        newer("input_tokens", 100.0),
        newer("output_tokens", 20.0),
        newer("cache_read.input_tokens", 60.0),
        newer("reasoning.output_tokens", 5.0),
        metric(OLD, Temporality::Delta, usage(HOUR, HOUR + 60, 100.0, 20.0)),
    ];
    let spans = GenAi.spans_of_metrics(&metrics);
    assert_eq!(tokens(&spans), [(100, 20)]);
    let usage = read(&spans[0]).usage.unwrap();
    assert_eq!((usage.cache_read, usage.reasoning), (Some(60), Some(5)));
}

#[test]
fn products_with_metrics_of_their_own_are_left_to_them() {
    let sent = metric(OLD, Temporality::Delta, usage(0, 60, 1.0, 1.0));
    let attributes: Attributes = [("service.name", "gemini-cli")].into_iter().collect();
    let own = Metric { resource: Arc::new(Resource { attributes, ..Resource::default() }), ..sent };
    assert!(GenAi.spans_of_metrics(&[own]).is_empty());
}

#[test]
fn points_that_are_no_figures_are_left_out() {
    for value in [f64::NAN, -1.0, f64::INFINITY, 1e300] {
        let sent = metric(OLD, Temporality::Cumulative, usage(0, 60, value, 3.0));
        assert_eq!(tokens(&GenAi.spans_of_metrics(&[sent])), [(0, 3)], "{value}");
    }
    let gauge = Metric {
        instrument: Instrument::Gauge,
        ..metric(OLD, Temporality::Unspecified, usage(0, 60, 1.0, 1.0))
    };
    assert!(GenAi.spans_of_metrics(&[gauge]).is_empty());
    let mut unknown = metric(OLD, Temporality::Delta, usage(0, 60, 1.0, 1.0));
    unknown.points[0].attributes = [("gen_ai.token.type", "total")].into_iter().collect();
    assert_eq!(tokens(&GenAi.spans_of_metrics(&[unknown])), [(0, 1)]);
}

#[test]
fn counters_of_the_draft_names_precede_its_histograms() {
    let metrics = [
        newer("input_tokens", 100.0),
        newer("output_tokens", 20.0),
        newer("detailed.input_tokens", 100.0),
        newer("detailed.output_tokens", 20.0),
        newer("detailed.cache_read.input_tokens", 60.0),
    ];
    let spans = GenAi.spans_of_metrics(&metrics);
    assert_eq!(tokens(&spans), [(100, 20)]);
    assert_eq!(read(&spans[0]).usage.unwrap().cache_read, Some(60));
}

/// A metric of an unknown product, with a figure of each type.
fn of_acme(label: &str, figures: &[(&str, f64)]) -> Metric {
    let points = figures.iter().map(|(kind, sum)| {
        let labels = [(label, *kind), ("model", "gpt-4o"), ("session.id", "s1")];
        point(&labels, HOUR, HOUR + 60, *sum)
    });
    let points = points.collect();
    Metric {
        instrument: Instrument::Counter,
        points,
        ..metric("acme_cli.token.usage", Temporality::Cumulative, Vec::new())
    }
}

#[test]
fn metrics_of_unknown_products_are_read_by_shape() {
    for (label, input, output) in
        [("type", "input", "output"), ("token_type", "prompt_tokens", "completion"), ("kind", "in", "out")]
    {
        let spans = GenAi.spans_of_metrics(&[of_acme(label, &[(input, 287.0), (output, 70.0)])]);
        assert_eq!(tokens(&spans), [(287, 70)], "{label}");
        let read = read(&spans[0]);
        assert_eq!(
            (read.session.as_deref(), read.model().map(|model| model.as_str())),
            (Some("s1"), Some("gpt-4o"))
        );
        assert!(read.notes.iter().any(|note| note.contains("read by shape")), "{:?}", read.notes);
    }
    let parts = |figures: &[(&str, f64)]| tokens(&GenAi.spans_of_metrics(&[of_acme("type", figures)]));
    let counted = [("input", 100.0), ("output", 20.0), ("cacheRead", 60.0)];
    assert_eq!(parts(&[&counted[..], &[("total", 120.0)]].concat()), [(100, 20)]);
    assert_eq!(parts(&[&counted[..], &[("total", 180.0)]].concat()), [(160, 20)]);
    assert_eq!(parts(&[("input", 10.0), ("output", 20.0), ("cacheRead", 60.0)]), [(70, 20)]);
}

#[test]
fn metrics_with_a_doubt_are_not_counted_and_say_why() {
    let without_model = |mut metric: Metric| {
        for point in &mut metric.points {
            point.attributes = [("type", point.attributes.text("type").unwrap())].into_iter().collect();
        }
        metric
    };
    let both = [("input", 287.0), ("output", 70.0)];
    for (metric, why) in [
        (without_model(of_acme("type", &both)), "names no model"),
        (of_acme("flavour", &both), "without a label"),
        (of_acme("type", &both[..1]), "lacks input or output"),
        (of_acme("type", &[both[0], both[1], ("cached", 60.0)]), "does not tell whether"),
        (of_acme("type", &[both[0], both[1], ("strange", 60.0)]), "unknown"),
    ] {
        assert!(GenAi.spans_of_metrics(std::slice::from_ref(&metric)).is_empty(), "{why}");
        assert!(quipu_normalize::metric_doubt(&metric).unwrap().contains(why), "{why}");
    }
    for name in ["acme.token.limit", "acme.requests", "gen_ai.client.token.usage", "auth.tokens.count"] {
        let other = Metric { name: name.into(), ..of_acme("flavour", &both) };
        assert_eq!(quipu_normalize::metric_doubt(&other), None, "{name}");
    }
    assert_eq!(quipu_normalize::metric_doubt(&of_acme("type", &both)), None);
}
