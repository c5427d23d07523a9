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
    assert!((of(50_000, 1_000_000) - 0.05).abs() < 0.001);
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
    assert!(with(|config| config.of = "kind:llm colour:red".into()).contains("position"));
    assert!(with(|config| config.period = Some("2h".into())).contains("1d to 90d"));
}
