//! Figures that several answers share.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Token totals. `cache_read` and `cache_write` are parts of `input`, `reasoning` is part of `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// All input tokens, including cached ones.
    pub input: u64,
    /// All output tokens, including reasoning.
    pub output: u64,
    /// Part of `input` read from a prompt cache.
    pub cache_read: u64,
    /// Part of `input` written to a prompt cache.
    pub cache_write: u64,
    /// Part of `output` spent on reasoning.
    pub reasoning: u64,
    /// Sum of `input` and `output`.
    pub total: u64,
}

impl From<quipu_core::Tokens> for Tokens {
    fn from(from: quipu_core::Tokens) -> Self {
        Self {
            input: from.input,
            output: from.output,
            cache_read: from.cache_read,
            cache_write: from.cache_write,
            reasoning: from.reasoning,
            total: from.total(),
        }
    }
}

/// Distribution of durations in milliseconds; null if nothing has finished yet. Percentiles are accurate to
/// one percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Latency {
    /// Mean.
    pub avg: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
}

impl From<&quipu_core::Sketch> for Latency {
    fn from(from: &quipu_core::Sketch) -> Self {
        let quipu_query::Latency { avg, p50, p95, p99 } = quipu_query::latency(from);
        Self { avg, p50, p95, p99 }
    }
}
