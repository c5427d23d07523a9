//! Tests of objectives: counts, burn rates with few records, and errors.

use async_trait::async_trait;
use quipu_core::{Result, TraceFilter, TraceId};
use quipu_query::FigureAsk;

use super::*;
use crate::{BudgetShare, Measured, MeasuredGroup};

/// Calls by their second; `true` for failed ones.
struct Calls(Vec<(i64, bool)>);

#[async_trait]
impl Measure for Calls {
    async fn figures(&self, ask: &FigureAsk, _: Timestamp) -> Result<Measured> {
        let since = ask.filter.since.unwrap().nanos() / Timestamp::SECOND;
        let until = ask.filter.until.unwrap().nanos() / Timestamp::SECOND;
        let within = self.0.iter().filter(|(at, _)| (since..until).contains(at));
        let mut figures = RuleFigures::default();
        for (_, failed) in within {
            figures.count += 1;
            figures.errors += u64::from(*failed);
        }
        Ok(Measured { groups: vec![MeasuredGroup { figures, ..MeasuredGroup::default() }], left_out: 0 })
    }

    async fn budget(&self, _: &str) -> Result<Vec<BudgetShare>> {
        Ok(Vec::new())
    }

    async fn heaviest(&self, _: &TraceFilter, _: &str) -> Result<Vec<TraceId>> {
        Ok(Vec::new())
    }
}

fn slo(objective: f64) -> Slo {
    let config = SloConfig {
        objective,
        good: "kind:llm status:ok".into(),
        of: "kind:llm".into(),
        ..SloConfig::default()
    };
    Slo::new("answers", config).unwrap()
}

const NOW: i64 = 40 * 86_400;

async fn state(objective: f64, calls: Vec<(i64, bool)>) -> SloState {
    slo(objective).state(&Calls(calls), Timestamp::from_nanos(NOW * Timestamp::SECOND)).await.unwrap()
}

#[tokio::test]
async fn burn_rates_are_shares_of_the_budget() {
    // 10 of 1,000 calls in the last hour failed; nothing else happened.
    let calls = (0..1_000).map(|at| (NOW - 3_000 + at * 3, at % 100 == 0)).collect();
    let state = state(0.995, calls).await;
    assert_eq!(state.measured, Some(0.99));
    assert!((state.burn_1h.unwrap() - 2.0).abs() < 1e-9 && (state.budget_left.unwrap() + 1.0).abs() < 1e-9);
    assert_eq!(state.state, "exhausted");
}

#[tokio::test]
async fn without_records_an_objective_is_unknown_and_not_met() {
    let state = state(0.99, Vec::new()).await;
    assert_eq!((state.measured, state.burn_1h, state.state), (None, None, "unknown"));
}

#[tokio::test]
async fn one_failure_of_few_calls_does_not_burn_and_a_trickle_of_failures_does() {
    let one = state(0.99, vec![(NOW - 60, true), (NOW - 120, false), (NOW - 400, false)]).await;
    assert_ne!(one.state, "burning");
    // 0.001 calls a second for 6 hours, 90 % of which fail.
    let trickle = (0..22).map(|at| (NOW - 30 - at * 1_000, at % 10 != 9)).collect();
    assert_eq!(state(0.99, trickle).await.state, "burning");
}

#[test]
fn a_bound_with_many_records_is_near_the_share() {
    let of = |bad: u64, all: u64| Counts { good: all - bad, all }.least_bad_share().unwrap();
    assert!((of(500_000, 10_000_000) - 0.05).abs() < 0.001);
    assert!(of(1, 1) < 0.14 && of(0, 100) < 1e-9);
    assert_eq!(Counts::default().least_bad_share(), None);
}

#[test]
fn an_error_names_table_key_and_value() {
    let with = |change: fn(&mut SloConfig)| {
        let mut config = SloConfig {
            objective: 0.99,
            good: "kind:llm status:ok".into(),
            of: "kind:llm".into(),
            ..SloConfig::default()
        };
        change(&mut config);
        Slo::new("answers", config).unwrap_err().to_string()
    };
    assert!(with(|config| config.objective = 1.0).contains("[slo.answers] objective"));
    assert!(with(|config| config.of = "kind:nothing".into()).contains("kind:llm"));
    assert!(with(|config| config.good = "kind:tool".into()).contains("good"));
    assert!(with(|config| config.good = "kind:llm".into()).contains("status:ok"));
    assert!(
        with(|config| config.of = "kind:llm colour:red".into())
            .contains("of: parameter \"filter\", position")
    );
    assert!(with(|config| config.period = Some("2h".into())).contains("1d to 90d"));
}

/// Runs of a statistical test: `QUIPU_CASES` of the suite `alerts`, or this many.
fn runs(default: usize) -> usize {
    std::env::var("QUIPU_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Random numbers from 0 to 1 by SplitMix64, the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Calls before each minute of a history: all, and bad ones.
struct Minutes {
    all: Vec<u64>,
    bad: Vec<u64>,
}

impl Minutes {
    /// Calls at `rate` a second with this share of bad ones, at exponential distances.
    fn random(chance: &mut Chance, minutes: usize, rate: f64, bad_share: f64) -> Self {
        let (mut all, mut bad) = (vec![0; minutes + 1], vec![0; minutes + 1]);
        let mut at = 0.0;
        loop {
            at -= (1.0 - chance.next()).ln() / rate;
            let minute = (at / 60.0) as usize + 1;
            if minute > minutes {
                break;
            }
            all[minute] += 1;
            bad[minute] += u64::from(chance.next() < bad_share);
        }
        for minute in 1..=minutes {
            all[minute] += all[minute - 1];
            bad[minute] += bad[minute - 1];
        }
        Self { all, bad }
    }

    fn counts(&self, end: usize, window: i64) -> Counts {
        let start = end.saturating_sub((window / MINUTE) as usize);
        let (all, bad) = (self.all[end] - self.all[start], self.bad[end] - self.bad[start]);
        Counts { good: all - bad, all }
    }

    /// First minute at which the objective burns; looked at every `every` minutes.
    fn pages(&self, slo: &Slo, every: usize) -> Option<usize> {
        let burns = |end: &usize| {
            slo.windows().any(|(long, short, line)| {
                proven(self.counts(*end, long), self.counts(*end, short)) > slo.budget() * line
            })
        };
        (0..self.all.len()).step_by(every).find(burns)
    }
}

#[test]
fn of_a_hundred_months_at_the_objective_at_most_one_pages() {
    const MONTH: usize = 30 * 1_440;
    let months = runs(50);
    for (rate, objective) in [(0.001, 0.99), (0.001, 0.95), (0.003, 0.99), (0.01, 0.99), (0.01, 0.7)] {
        let (slo, mut chance) = (slo(objective), Chance(22));
        let paged = (0..months)
            .filter(|_| {
                let month = Minutes::random(&mut chance, MONTH, rate, 1.0 - objective);
                month.pages(&slo, 20).is_some()
            })
            .count();
        assert!(paged * 100 <= months, "{paged} of {months} at {rate}/s and {objective}");
    }
}

#[test]
fn a_trickle_of_failures_pages_within_six_hours() {
    for objective in [0.9, 0.95, 0.99, 0.995, 0.999] {
        let (slo, mut chance, trickles) = (slo(objective), Chance(7), runs(100));
        let told = (0..trickles)
            .filter(|_| Minutes::random(&mut chance, 360, 0.001, 0.9).pages(&slo, 1).is_some())
            .count();
        assert!(told * 100 >= trickles * 99, "{told} of {trickles} at {objective}");
    }
}

#[test]
fn an_objective_that_no_window_can_judge_is_refused_with_the_reason() {
    let with = |objective: f64, period: &str| {
        Slo::new(
            "answers",
            SloConfig {
                objective,
                good: "kind:llm status:ok".into(),
                of: "kind:llm".into(),
                period: Some(period.into()),
                ..SloConfig::default()
            },
        )
    };
    let error = with(0.5, "1d").unwrap_err().to_string();
    assert!(error.contains("[slo.answers] objective") && error.contains("within 1d"), "{error}");
    assert!(
        error.contains("at most 2 times the budget of 0.5") && error.contains("longer period"),
        "{error}"
    );
    assert!(with(0.5, "30d").is_ok() && with(0.9, "1d").is_ok());
    assert!(with(0.001, "30d").is_err(), "999 of 1,000 may fail: no number of failures proves a miss");
}

/// Durations in milliseconds; `true` for failed calls.
struct Timed(Vec<(i64, bool)>);

#[async_trait]
impl Measure for Timed {
    async fn figures(&self, ask: &FigureAsk, _: Timestamp) -> Result<Measured> {
        let mut figures = RuleFigures::default();
        for (millis, failed) in self.0.iter().filter(|(_, failed)| *failed || !ask.failed) {
            figures.count += 1;
            figures.errors += u64::from(*failed);
            figures.latency.add(millis * 1_000_000, 1);
        }
        Ok(Measured { groups: vec![MeasuredGroup { figures, ..MeasuredGroup::default() }], left_out: 0 })
    }

    async fn budget(&self, _: &str) -> Result<Vec<BudgetShare>> {
        Ok(Vec::new())
    }

    async fn heaviest(&self, _: &TraceFilter, _: &str) -> Result<Vec<TraceId>> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_fast_failure_is_bad_and_so_is_a_slow_success() {
    let calls = Timed(vec![(10, false), (10, false), (10, true), (9_000, false), (9_000, true)]);
    let config = |good: &str| SloConfig {
        objective: 0.99,
        good: good.into(),
        of: "kind:llm".into(),
        within_ms: Some(1_000.0),
        ..SloConfig::default()
    };
    let now = Timestamp::from_nanos(NOW * Timestamp::SECOND);
    let good = async |good: &str| {
        let slo = Slo::new("fast", config(good)).unwrap();
        slo.counts(&calls, now.plus(-Timestamp::HOUR), now).await.unwrap()
    };
    assert_eq!(good("kind:llm status:ok").await, Counts { good: 2, all: 5 });
    assert_eq!(good("kind:llm").await, Counts { good: 3, all: 5 });
}
