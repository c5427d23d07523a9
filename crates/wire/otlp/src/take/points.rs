//! Decodes the figures of the four kinds of metric points.

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as WireBuckets;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint,
};
use quipu_core::{Bucket, Exponential, ExponentialSide, PointValue, PointWire, Quantile, Result};

use super::TakeError;

/// Moves the figures out of a point, and details that they lack into `sent`.
pub(super) trait Figures {
    fn take(&mut self, sent: &mut PointWire) -> Result<PointValue, TakeError>;

    /// Number of buckets or quantiles as sent.
    fn buckets(&self) -> usize;
}

impl Figures for NumberDataPoint {
    fn take(&mut self, sent: &mut PointWire) -> Result<PointValue, TakeError> {
        match self.value {
            Some(Number::AsDouble(double)) => Ok(PointValue::Number(double)),
            Some(Number::AsInt(int)) => {
                sent.integer = Some(int);
                Ok(PointValue::Number(int as f64))
            }
            None => Err(TakeError::new("no_value", "the point has no value")),
        }
    }

    fn buckets(&self) -> usize {
        0
    }
}

impl Figures for HistogramDataPoint {
    fn take(&mut self, sent: &mut PointWire) -> Result<PointValue, TakeError> {
        let (counts, bounds) = (&self.bucket_counts, &self.explicit_bounds);
        if !counts.is_empty() && counts.len() != bounds.len() + 1 {
            let why = format!("{} bucket counts do not fit {} bounds", counts.len(), bounds.len());
            return Err(TakeError::new("buckets", why));
        }
        if !bounds.is_sorted_by(|a, b| a < b) {
            return Err(TakeError::new("buckets", "bucket bounds do not increase"));
        }
        sent.without_sum = self.sum.is_none();
        let uppers = bounds.iter().copied().chain([f64::INFINITY]);
        Ok(PointValue::Distribution {
            count: self.count,
            sum: self.sum.unwrap_or(0.0),
            min: self.min,
            max: self.max,
            buckets: uppers.zip(counts).map(|(upper, count)| Bucket { upper, count: *count }).collect(),
            quantiles: Vec::new(),
        })
    }

    fn buckets(&self) -> usize {
        self.bucket_counts.len().max(self.explicit_bounds.len())
    }
}

impl Figures for ExponentialHistogramDataPoint {
    fn take(&mut self, sent: &mut PointWire) -> Result<PointValue, TakeError> {
        let buckets = exponential_buckets(self);
        let side = |side: WireBuckets| ExponentialSide { offset: side.offset, counts: side.bucket_counts };
        sent.without_sum = self.sum.is_none();
        sent.exponential = Some(Box::new(Exponential {
            scale: self.scale,
            zero_count: self.zero_count,
            zero_threshold: self.zero_threshold,
            positive: self.positive.take().map(side),
            negative: self.negative.take().map(side),
        }));
        Ok(PointValue::Distribution {
            count: self.count,
            sum: self.sum.unwrap_or(0.0),
            min: self.min,
            max: self.max,
            buckets,
            quantiles: Vec::new(),
        })
    }

    fn buckets(&self) -> usize {
        let sides = [&self.positive, &self.negative].into_iter().flatten();
        sides.map(|side| side.bucket_counts.len()).sum()
    }
}

impl Figures for SummaryDataPoint {
    fn take(&mut self, _: &mut PointWire) -> Result<PointValue, TakeError> {
        let quantiles = std::mem::take(&mut self.quantile_values);
        Ok(PointValue::Distribution {
            count: self.count,
            sum: self.sum,
            min: None,
            max: None,
            buckets: Vec::new(),
            quantiles: quantiles
                .iter()
                .map(|at| Quantile { quantile: at.quantile, value: at.value })
                .collect(),
        })
    }

    fn buckets(&self) -> usize {
        self.quantile_values.len()
    }
}

/// Buckets with rising bounds: first the negative ones, largest magnitude first, then the zero bucket, then
/// the positive ones.
///
/// Bucket `i` holds `base^i < v <= base^(i+1)` with `base = 2^(2^-scale)`; negative buckets mirror this:
/// <https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram>.
fn exponential_buckets(point: &ExponentialHistogramDataPoint) -> Vec<Bucket> {
    let step = (-f64::from(point.scale)).exp2();
    let bound = |index: f64| (index * step).exp2();
    let mut buckets = Vec::new();
    if let Some(WireBuckets { offset, bucket_counts }) = &point.negative {
        for (i, count) in bucket_counts.iter().enumerate().rev() {
            push(&mut buckets, -bound(f64::from(*offset) + i as f64), *count);
        }
    }
    if point.zero_count > 0 || !buckets.is_empty() {
        push(&mut buckets, point.zero_threshold.max(0.0), point.zero_count);
    }
    if let Some(WireBuckets { offset, bucket_counts }) = &point.positive {
        // The lower end of the first bucket, so that the bucket does not appear to start at zero.
        if bucket_counts.iter().any(|count| *count > 0) {
            push(&mut buckets, bound(f64::from(*offset)), 0);
        }
        for (i, count) in bucket_counts.iter().enumerate() {
            push(&mut buckets, bound(f64::from(*offset) + i as f64 + 1.0), *count);
        }
    }
    buckets
}

/// Adds a bucket. If its bound equals the previous one as a double, both are merged.
fn push(buckets: &mut Vec<Bucket>, upper: f64, count: u64) {
    match buckets.last_mut() {
        Some(last) if upper.is_nan() || upper <= last.upper => last.count = last.count.saturating_add(count),
        _ if upper.is_nan() => buckets.push(Bucket { upper: f64::INFINITY, count }),
        _ => buckets.push(Bucket { upper, count }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_bounds_rise_through_zero() {
        let point = ExponentialHistogramDataPoint {
            scale: 0,
            zero_count: 3,
            negative: Some(WireBuckets { offset: 1, bucket_counts: vec![1, 2] }),
            positive: Some(WireBuckets { offset: -1, bucket_counts: vec![4, 5] }),
            ..Default::default()
        };
        let buckets: Vec<_> = exponential_buckets(&point).iter().map(|b| (b.upper, b.count)).collect();
        assert_eq!(buckets, [(-4.0, 2), (-2.0, 1), (0.0, 3), (0.5, 0), (1.0, 4), (2.0, 5)]);
    }

    #[test]
    fn absurd_scales_stay_sorted() {
        for (scale, offset) in [(i32::MIN, 0), (i32::MAX, i32::MAX), (-20, i32::MIN), (20, i32::MAX)] {
            let point = ExponentialHistogramDataPoint {
                scale,
                positive: Some(WireBuckets { offset, bucket_counts: vec![1; 8] }),
                ..Default::default()
            };
            let buckets = exponential_buckets(&point);
            assert!(buckets.is_sorted_by(|a, b| a.upper < b.upper));
            assert_eq!(buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 8);
        }
    }
}
