//! Head sampling: the decision at the start of a trace. Unsampled traces are recorded as far as totals need
//! them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quipu_core::TraceId;

/// Head sampler. It decides once, at the start of a trace; all spans in it inherit the decision.
///
/// A trace from another process keeps its decision, unless [`Sampler::IgnoreRemote`] applies.
///
/// ```
/// use quipu_sdk::{RecorderConfig, Sampler};
///
/// let config = RecorderConfig { sampler: Sampler::Ratio(0.1), ..RecorderConfig::default() };
/// # drop(config);
/// ```
#[derive(Debug, Clone, Default)]
pub enum Sampler {
    /// Every trace.
    #[default]
    Always,
    /// No trace.
    Never,
    /// This share of traces, 0 to 1, selected by trace id like OpenTelemetry's `TraceIdRatioBased`. Processes
    /// with the same ratio select the same traces.
    Ratio(f64),
    /// A limited number of traces per second.
    Limited(RateLimit),
    /// The first matching rule decides, else the last sampler.
    Rules(Vec<SampleRule>, Box<Sampler>),
    /// The inner sampler decides, also for traces from another process.
    IgnoreRemote(Box<Sampler>),
}

/// A rule for traces by their first span.
///
/// ```
/// use quipu_sdk::{SampleRule, Sampler};
///
/// let rule = SampleRule { kind: None, name: Some("health*".into()), sampler: Sampler::Never };
/// let sampler = Sampler::Rules(vec![rule], Box::new(Sampler::Always));
/// # drop(sampler);
/// ```
#[derive(Debug, Clone)]
pub struct SampleRule {
    /// Word of the kind, such as `agent`; `None` matches every kind.
    pub kind: Option<String>,
    /// Name of the guard, such as `planner`. `*` matches any text; `None` matches every name.
    pub name: Option<String>,
    /// Sampler for matching traces.
    pub sampler: Sampler,
}

/// The first span of a trace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root<'a> {
    pub trace_id: TraceId,
    pub kind: &'a str,
    pub name: &'a str,
    /// Decision of another process.
    pub remote: Option<bool>,
    /// Time in nanoseconds, with any origin.
    pub now: u64,
}

impl Sampler {
    #[inline]
    pub(crate) fn keeps(&self, root: &Root<'_>) -> bool {
        match (self, root.remote) {
            (Self::IgnoreRemote(inner), _) => inner.decides(root),
            (_, Some(decided)) => decided,
            (Self::Always, None) => true,
            (_, None) => self.decides(root),
        }
    }

    fn decides(&self, root: &Root<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Ratio(ratio) => in_ratio(root.trace_id, *ratio),
            Self::Limited(limit) => limit.admits(root.now),
            Self::Rules(rules, other) => {
                let fitting = rules.iter().find(|rule| rule.fits(root));
                fitting.map_or(&**other, |rule| &rule.sampler).decides(root)
            }
            Self::IgnoreRemote(inner) => inner.decides(root),
        }
    }
}

impl SampleRule {
    fn fits(&self, root: &Root<'_>) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == root.kind)
            && self.name.as_deref().is_none_or(|pattern| matches(pattern, root.name))
    }
}

/// The algorithm of OpenTelemetry's SDKs for `TraceIdRatioBased`. The lower half of the id, as a number of 63
/// bits, has to be below the ratio's share of all such numbers
/// (<https://opentelemetry.io/docs/specs/otel/trace/sdk/#traceidratiobased>).
fn in_ratio(trace_id: TraceId, ratio: f64) -> bool {
    if ratio >= 1.0 {
        return true;
    }
    let (_, low) = trace_id.as_bytes().split_at(8);
    let low = low.try_into().map_or(0, u64::from_be_bytes);
    (low >> 1) < (ratio.max(0.0) * (1_u64 << 63) as f64) as u64
}

/// Whether `pattern` matches `text`; `*` matches any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A rate limit with a burst of one second: a token bucket in one atomic word, by the generic cell rate
/// algorithm. Clones share the bucket.
///
/// ```
/// use quipu_sdk::{RateLimit, Sampler};
///
/// let sampler = Sampler::Limited(RateLimit::per_second(10.0));
/// # drop(sampler);
/// ```
#[derive(Debug, Clone)]
pub struct RateLimit {
    /// Nanoseconds between two traces.
    every: u64,
    /// Nanoseconds of the burst.
    ahead: u64,
    /// Time at which the bucket is full again.
    full_at: Arc<AtomicU64>,
}

impl RateLimit {
    /// Allows `per_second` traces, and a burst of the same number, at least one. A value that is not positive
    /// allows none.
    pub fn per_second(per_second: f64) -> Self {
        let every = if per_second > 0.0 { (1e9 / per_second).max(1.0) as u64 } else { u64::MAX };
        Self { every, ahead: every.max(1_000_000_000), full_at: Arc::default() }
    }

    fn admits(&self, now: u64) -> bool {
        if self.every == u64::MAX {
            return false;
        }
        let admit = |full_at: u64| {
            let next = full_at.max(now).saturating_add(self.every);
            (next <= now.saturating_add(self.ahead)).then_some(next)
        };
        self.full_at.fetch_update(Ordering::AcqRel, Ordering::Relaxed, admit).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(trace_id: TraceId, name: &str) -> Root<'_> {
        Root { trace_id, kind: "agent", name, remote: None, now: 0 }
    }

    fn id(low: u64) -> TraceId {
        TraceId::from_bytes((u128::from(low) | 1 << 100).to_be_bytes()).unwrap()
    }

    #[test]
    fn a_ratio_chooses_by_the_lower_half_of_the_id() {
        let quarter = Sampler::Ratio(0.25);
        assert!(quarter.keeps(&root(id(u64::MAX / 4 - 1), "")));
        assert!(!quarter.keeps(&root(id(u64::MAX / 4 + 2), "")));
        assert!(Sampler::Ratio(1.0).keeps(&root(id(u64::MAX), "")));
        assert!(!Sampler::Ratio(0.0).keeps(&root(id(0), "")));
        assert!(!Sampler::Ratio(f64::NAN).keeps(&root(id(0), "")));
    }

    #[test]
    fn a_remote_decision_stands_unless_it_is_ignored() {
        let remote = Root { remote: Some(true), ..root(id(1), "") };
        assert!(Sampler::Never.keeps(&remote));
        assert!(!Sampler::IgnoreRemote(Box::new(Sampler::Never)).keeps(&remote));
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rule = |kind: Option<&str>, name: Option<&str>, sampler| SampleRule {
            kind: kind.map(Into::into),
            name: name.map(Into::into),
            sampler,
        };
        let rules = vec![
            rule(Some("tool"), None, Sampler::Always),
            rule(None, Some("health*"), Sampler::Never),
            rule(Some("agent"), Some("pl*er"), Sampler::Always),
        ];
        let sampler = Sampler::Rules(rules, Box::new(Sampler::Never));
        assert!(!sampler.keeps(&root(id(1), "health check")));
        assert!(sampler.keeps(&root(id(1), "planner")));
        assert!(!sampler.keeps(&root(id(1), "plan")));
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*b*c", "a--b--c", true),
            ("a*b", "ab-", false),
            ("xy*yx", "xyx", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_limit_allows_its_rate_and_a_burst() {
        let limit = RateLimit::per_second(10.0);
        let start = 1_700_000_000_000_000_000;
        assert_eq!((0..100).filter(|_| limit.admits(start)).count(), 10);
        let later =
            |second: u64| (0..100).filter(|at| limit.admits(start + second * 1_000_000_000 + at)).count();
        assert_eq!(later(1), 10);
        assert_eq!((0..10_000).filter(|_| RateLimit::per_second(0.0).admits(start)).count(), 0);
    }
}
