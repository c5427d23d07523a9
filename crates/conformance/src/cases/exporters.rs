//! Laws of exporters: backends that accept records and answer no queries. Their own tests check the exported
//! records.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use quipu_core::{
    Batch, Bucket, Cost, CostSink as _, EventSink as _, Exemplar, Health, Instrument, Level, Metric,
    MetricSink as _, Point, PointValue, Quantile, Retry, SignalSet, Span, SpanSink as _, Status, Temporality,
    Timestamp, Usage, Value,
};

use super::cases;
use crate::outcome::{check, same};
use crate::sample::{agent_runs, at, batch, counter, draft, event, metric, priced, span_id, trace_id};
use crate::{Failure, Outcome, Subject};

cases! { "exporter":
    [] it_names_itself,
    [] it_has_a_sink,
    [] it_is_ready_when_fresh,
    [] an_empty_batch_is_taken,
    [] a_batch_of_all_signals_is_taken,
    [] the_same_batch_again_is_taken,
    [Spans] its_span_sink_takes_spans,
    [Events] its_event_sink_takes_events,
    [Metrics] its_metric_sink_takes_points,
    [Costs] its_cost_sink_takes_rows_of_earlier_spans,
    [] text_in_many_scripts_is_taken,
    [] control_characters_and_empty_names_are_taken,
    [] a_prompt_of_one_mebibyte_is_taken,
    [] values_of_every_kind_are_taken,
    [] odd_numbers_and_times_are_taken,
    [Metrics] every_instrument_with_odd_figures_is_taken,
    [] ten_thousand_spans_are_taken,
    [] batches_at_the_same_time_are_all_taken,
    [] a_write_that_is_given_up_harms_nothing,
    [] flushing_is_fine_at_any_time,
    [] health_never_waits,
    [] closing_twice_is_fine,
    [] a_write_after_close_is_refused,
    [] a_refusal_names_the_backend_and_no_contents,
    [] dropping_it_without_close_is_fine,
}

/// All signals of a run, including a metric.
fn all_signals(seed: u64) -> Batch {
    let mut all = agent_runs(seed, 6);
    all.metrics.push(counter("requests", "a", &[(at(1), 2.0), (at(61), 5.0)]));
    all
}

/// The same text in every field that accepts text.
fn texts(text: &str) -> Batch {
    let call = draft(1, 2)
        .below(1)
        .named(text)
        .service(text)
        .session(text)
        .user(text)
        .llm(text, 1, 1)
        .with(text, text);
    let failed = draft(1, 3).named(text).agent(text).tool(text).failed(text).span();
    let call = call.span();
    let mut note = event(at(1), Level::Error, text, text);
    (note.session, note.agent, note.framework) = (Some(text.into()), Some(text.into()), Some(text.into()));
    note.attributes.push(text, text);
    let mut points = metric(text, Instrument::Gauge, text, &[(at(1), 1.0)]);
    (points.unit, points.description) = (text.into(), text.to_owned());
    points.points[0].attributes.push(text, text);
    let row = Cost { service: Some(text.into()), ..priced(&call, "0.1") };
    Batch { spans: vec![call, failed], events: vec![note], metrics: vec![points], costs: vec![row] }
}

async fn taken(on: &Subject, batch: Batch) -> Outcome {
    on.write(batch).await?;
    on.backend.flush().await?;
    same!(on.backend.health(), Health::Ready, "health after the write");
    Ok(())
}

async fn it_names_itself(on: &Subject) -> Outcome {
    let name = on.backend.name().to_owned();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    check!(!name.is_empty() && name.chars().all(plain), "{name:?}: lower-case words joined by hyphens");
    taken(on, all_signals(1)).await?;
    same!(on.backend.name(), name, "name after a write");
    Ok(())
}

async fn it_has_a_sink(on: &Subject) -> Outcome {
    check!(on.backend.signals() != SignalSet::NONE, "it takes nothing at all");
    Ok(())
}

async fn it_is_ready_when_fresh(on: &Subject) -> Outcome {
    same!(on.backend.health(), Health::Ready, "health");
    Ok(())
}

async fn an_empty_batch_is_taken(on: &Subject) -> Outcome {
    taken(on, Batch::default()).await
}

async fn a_batch_of_all_signals_is_taken(on: &Subject) -> Outcome {
    taken(on, all_signals(1)).await
}

async fn the_same_batch_again_is_taken(on: &Subject) -> Outcome {
    taken(on, all_signals(1)).await?;
    taken(on, all_signals(1)).await
}

async fn its_span_sink_takes_spans(on: &Subject) -> Outcome {
    on.backend.write_spans(&[]).await?;
    Ok(on.backend.write_spans(&agent_runs(1, 3).spans).await?)
}

async fn its_event_sink_takes_events(on: &Subject) -> Outcome {
    on.backend.write_events(&[]).await?;
    Ok(on.backend.write_events(&agent_runs(1, 3).events).await?)
}

async fn its_metric_sink_takes_points(on: &Subject) -> Outcome {
    on.backend.write_metrics(&[]).await?;
    Ok(on.backend.write_metrics(&all_signals(1).metrics).await?)
}

async fn its_cost_sink_takes_rows_of_earlier_spans(on: &Subject) -> Outcome {
    let runs = agent_runs(1, 3);
    on.write(batch(runs.spans, [])).await?;
    on.backend.write_costs(&[]).await?;
    Ok(on.backend.write_costs(&runs.costs).await?)
}

async fn text_in_many_scripts_is_taken(on: &Subject) -> Outcome {
    taken(on, texts("Grüße, 東京の天気は? مرحبا Привет 👩‍👩‍👧‍👦 e\u{301}")).await
}

async fn control_characters_and_empty_names_are_taken(on: &Subject) -> Outcome {
    taken(on, texts("")).await?;
    taken(on, texts("a\0b\u{1b}[2J\r\n\t\u{7f}\u{9b}\u{2028}\u{202e}\u{feff}\"\\{}=,")).await
}

async fn a_prompt_of_one_mebibyte_is_taken(on: &Subject) -> Outcome {
    let prompt = "what is a knot? ".repeat(65_536);
    let mut note = event(at(1), Level::Info, "llm.request", &prompt);
    note.attributes.push("gen_ai.input.messages", prompt.as_str());
    let span = draft(1, 1).llm("gpt-5", 1, 1).with("gen_ai.input.messages", prompt.as_str()).span();
    taken(on, Batch { spans: vec![span], events: vec![note], ..Batch::default() }).await
}

async fn values_of_every_kind_are_taken(on: &Subject) -> Outcome {
    let mut nested = Value::Int(1);
    for _ in 0..20 {
        nested = Value::Array(vec![Value::Map(vec![("k".into(), nested)]), Value::Null]);
    }
    let values = [
        ("null", Value::Null),
        ("bool", Value::Bool(true)),
        ("least", Value::Int(i64::MIN)),
        ("double", Value::Double(-0.0)),
        ("bytes", Value::Bytes((0..=u8::MAX).collect())),
        ("nested", nested),
        ("twice", Value::Int(1)),
        ("twice", Value::Int(2)),
    ];
    let mut span = draft(1, 1).span();
    let mut note = event(at(1), Level::Info, "values", "");
    note.body = Value::Map(values.iter().map(|(key, value)| ((*key).into(), value.clone())).collect());
    for (key, value) in values {
        span.attributes.push(key, value.clone());
        note.attributes.push(key, value);
    }
    taken(on, Batch { spans: vec![span], events: vec![note], ..Batch::default() }).await
}

async fn odd_numbers_and_times_are_taken(on: &Subject) -> Outcome {
    let (first, last) = (Timestamp::from_nanos(i64::MIN), Timestamp::from_nanos(i64::MAX));
    let named = |number: u64| draft(1, number).llm("gpt-5", u64::MAX, u64::MAX).with("nan", f64::NAN);
    let mut ages: Span = named(1).with("far", f64::INFINITY).span();
    (ages.start, ages.end, ages.status) = (first, Some(last), Status::Error);
    ages.canonical.time_to_first_token = Some(i64::MAX);
    ages.canonical.params.temperature = Some(f64::NAN);
    let backwards = named(2).lasts(-5).running().span();
    let empty = draft(1, 3).read(|read| read.usage = Some(Usage::default())).span();
    let row = Cost {
        version: u64::MAX,
        duration: Some(i64::MIN),
        ..priced(&ages, "99999999999999.000000000000000000000001")
    };
    let mut note = event(first, Level::Critical, "early", "");
    note.body = Value::Double(f64::NEG_INFINITY);
    let late = event(last, Level::Trace, "late", "");
    taken(
        on,
        Batch {
            spans: vec![ages, backwards, empty],
            costs: vec![row],
            events: vec![note, late],
            metrics: Vec::new(),
        },
    )
    .await
}

async fn every_instrument_with_odd_figures_is_taken(on: &Subject) -> Outcome {
    use Instrument::{Counter, ExponentialHistogram, Gauge, Histogram, Summary, UpDownCounter};
    let mut metrics = Vec::new();
    for (number, instrument) in
        [Gauge, Counter, UpDownCounter, Histogram, ExponentialHistogram, Summary].into_iter().enumerate()
    {
        let is_number = number < 3;
        for (turn, figure) in
            [0.0, -0.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().enumerate()
        {
            let name = format!("odd.{number}.{turn}");
            let mut one =
                metric(&name, instrument, "a", &[(at(1), figure), (at(1), figure), (at(0), figure)]);
            one.temporality =
                [Temporality::Unspecified, Temporality::Delta, Temporality::Cumulative][turn % 3];
            if !is_number {
                one.points
                    .iter_mut()
                    .for_each(|point| point.value = distribution(figure, instrument == Summary));
            }
            metrics.push(one);
        }
        metrics.push(Metric { points: Vec::new(), ..metric("nothing", instrument, "a", &[]) });
    }
    taken(on, Batch { metrics: metrics.clone(), ..Batch::default() }).await?;
    let with_exemplar = |point: &mut Point| {
        point.exemplars =
            vec![Exemplar { time: at(1), value: f64::NAN, trace_id: trace_id(1), span_id: span_id(1) }];
    };
    metrics.iter_mut().flat_map(|metric| &mut metric.points).for_each(with_exemplar);
    taken(on, Batch { metrics, ..Batch::default() }).await
}

fn distribution(figure: f64, is_summary: bool) -> PointValue {
    let buckets = vec![Bucket { upper: 1.0, count: 0 }, Bucket { upper: f64::INFINITY, count: u64::MAX }];
    PointValue::Distribution {
        count: u64::MAX,
        sum: figure,
        min: Some(figure),
        max: None,
        buckets: if is_summary || figure.is_nan() { Vec::new() } else { buckets },
        quantiles: if is_summary { vec![Quantile { quantile: 0.5, value: figure }] } else { Vec::new() },
    }
}

async fn ten_thousand_spans_are_taken(on: &Subject) -> Outcome {
    let spans: Vec<_> = (1..=10_000).map(|number| draft(1 + number % 10, number).span()).collect();
    taken(on, batch(spans, [])).await
}

async fn batches_at_the_same_time_are_all_taken(on: &Subject) -> Outcome {
    let mut writers = Vec::new();
    for writer in 1..=8_u64 {
        let on = on.clone();
        writers.push(tokio::spawn(async move {
            for number in 1..=25 {
                on.write(all_signals(writer * 100 + number)).await?;
            }
            Outcome::Ok(())
        }));
    }
    for writer in writers {
        writer.await.map_err(|stopped| Failure::new(format!("a writer stopped: {stopped}")))??;
    }
    taken(on, Batch::default()).await
}

async fn a_write_that_is_given_up_harms_nothing(on: &Subject) -> Outcome {
    for turn in 0..20 {
        let mut write = on.backend.write(Arc::new(all_signals(turn)));
        // The write ends at once, or is dropped after its first step.
        let _ = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    taken(on, all_signals(50)).await
}

async fn flushing_is_fine_at_any_time(on: &Subject) -> Outcome {
    on.backend.flush().await?;
    on.write(all_signals(1)).await?;
    on.backend.flush().await?;
    on.backend.flush().await?;
    on.backend.close().await?;
    Ok(on.backend.flush().await?)
}

async fn health_never_waits(on: &Subject) -> Outcome {
    let writing = tokio::spawn({
        let on = on.clone();
        async move { on.write(agent_runs(1, 300)).await }
    });
    let begin = Instant::now();
    for _ in 0..200 {
        on.backend.health();
        tokio::task::yield_now().await;
    }
    let took = begin.elapsed();
    writing.await.map_err(|stopped| Failure::new(format!("the write stopped: {stopped}")))??;
    check!(took < Duration::from_secs(5), "200 times took {took:?}");
    Ok(())
}

async fn closing_twice_is_fine(on: &Subject) -> Outcome {
    on.write(all_signals(1)).await?;
    on.backend.close().await?;
    Ok(on.backend.close().await?)
}

/// The error of a write to a closed backend.
async fn refusal(on: &Subject, batch: Batch) -> Outcome<quipu_core::Error> {
    on.write(all_signals(1)).await?;
    on.backend.close().await?;
    match on.backend.write(Arc::new(batch)).await {
        Ok(()) => Err(Failure::new("a batch was taken after close")),
        Err(error) => Ok(error),
    }
}

async fn a_write_after_close_is_refused(on: &Subject) -> Outcome {
    let error = refusal(on, all_signals(2)).await?;
    same!(error.retry(), Retry::No, "whether to repeat it");
    check!(on.backend.health() != Health::Ready, "it is said to be ready after close");
    Ok(())
}

async fn a_refusal_names_the_backend_and_no_contents(on: &Subject) -> Outcome {
    let error = refusal(on, texts("SECRET")).await?;
    same!(error.backend(), Some(on.backend.name()), "the backend that the error names");
    let text = format!("{error} {error:?}");
    check!(!text.contains("SECRET"), "the error repeats contents: {text}");
    Ok(())
}

async fn dropping_it_without_close_is_fine(on: &Subject) -> Outcome {
    on.write(all_signals(1)).await
}
