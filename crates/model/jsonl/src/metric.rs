//! Reads and writes metrics: one line for each metric, with its points.

use quipu_core::{Bucket, Exemplar, Metric, Point, PointValue, Quantile, Result};

use crate::fields::{Fields, wrong};
use crate::object::{Object, double, list, print};
use crate::span::{read_source, write_source};
use crate::value::attributes;
use crate::words::Word;

pub(crate) fn write(out: &mut Vec<u8>, metric: &Metric) {
    let mut object = Object::new(out);
    object.text("record", "metric");
    object.text("name", &metric.name);
    object.filled("unit", &metric.unit);
    object.filled("description", &metric.description);
    object.text("instrument", Word::word(metric.instrument));
    object.text("temporality", Word::word(metric.temporality));
    list(object.key("points"), &metric.points, write_point);
    write_source(&mut object, &metric.resource, &metric.scope, "");
    object.end();
}

fn write_point(out: &mut Vec<u8>, point: &Point) {
    let mut object = Object::new(out);
    object.shown("time", Some(point.time));
    object.shown("start", point.start);
    attributes(object.key("labels"), &point.attributes);
    match &point.value {
        PointValue::Number(number) => object.double("value", Some(*number)),
        PointValue::Distribution { count, sum, min, max, buckets, quantiles } => {
            object.plain("count", Some(count));
            object.double("sum", Some(*sum));
            object.double("min", *min);
            object.double("max", *max);
            if !buckets.is_empty() {
                list(object.key("buckets"), buckets, write_bucket);
            }
            if !quantiles.is_empty() {
                list(object.key("quantiles"), quantiles, write_quantile);
            }
        }
    }
    if !point.exemplars.is_empty() {
        list(object.key("exemplars"), &point.exemplars, write_exemplar);
    }
    object.end();
}

fn write_bucket(out: &mut Vec<u8>, bucket: &Bucket) {
    let mut object = Object::new(out);
    double(object.key("upper"), bucket.upper);
    print(object.key("count"), bucket.count);
    object.end();
}

fn write_quantile(out: &mut Vec<u8>, quantile: &Quantile) {
    let mut object = Object::new(out);
    double(object.key("quantile"), quantile.quantile);
    double(object.key("value"), quantile.value);
    object.end();
}

fn write_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    let mut object = Object::new(out);
    object.shown("time", Some(exemplar.time));
    double(object.key("value"), exemplar.value);
    object.shown("trace_id", Some(exemplar.trace_id));
    object.shown("span_id", Some(exemplar.span_id));
    object.end();
}

pub(crate) fn read(from: &mut Fields) -> Result<Metric> {
    let (resource, scope, _) = read_source(from)?;
    Ok(Metric {
        name: from.need("name")?,
        unit: from.or_default("unit")?,
        description: from.or_default("description")?,
        instrument: from.need("instrument")?,
        temporality: from.or_default("temporality")?,
        points: from.list("points", read_point)?,
        resource,
        scope,
    })
}

fn read_point(from: &mut Fields) -> Result<Point> {
    let value = match (from.get("value")?, from.get("count")?) {
        (Some(number), _) => PointValue::Number(number),
        (None, Some(count)) => read_distribution(from, count)?,
        (None, None) => return Err(wrong("points: a point has neither value nor count")),
    };
    Ok(Point {
        time: from.need("time")?,
        start: from.get("start")?,
        attributes: from.or_default("labels")?,
        value,
        exemplars: from.list("exemplars", read_exemplar)?,
        wire: None,
    })
}

fn read_distribution(from: &mut Fields, count: u64) -> Result<PointValue> {
    let bucket = |from: &mut Fields| Ok(Bucket { upper: from.need("upper")?, count: from.need("count")? });
    let quantile =
        |from: &mut Fields| Ok(Quantile { quantile: from.need("quantile")?, value: from.need("value")? });
    Ok(PointValue::Distribution {
        count,
        sum: from.need("sum")?,
        min: from.get("min")?,
        max: from.get("max")?,
        buckets: from.list("buckets", bucket)?,
        quantiles: from.list("quantiles", quantile)?,
    })
}

fn read_exemplar(from: &mut Fields) -> Result<Exemplar> {
    Ok(Exemplar {
        time: from.need("time")?,
        value: from.need("value")?,
        trace_id: from.need("trace_id")?,
        span_id: from.need("span_id")?,
    })
}
