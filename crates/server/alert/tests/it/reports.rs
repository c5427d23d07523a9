//! Tests of objectives in detail, of service level reports, of the trend of health, and of back-test curves.

use std::sync::Arc;

use quipu_alert::{RuleConfig, SlaForm, SlaPeriod};

use crate::world::{World, alerts, at, run_to};

const DAY: i64 = 86_400;
const CONFIG: &str = r#"
    [slo.answers]
    objective = 0.9
    of = "kind:llm"
    good = "kind:llm status:ok"
    [alert.burns]
    kind = "burn_rate"
    slo = "answers"
    above = 1.0
    [alert.failing]
    kind = "error_rate"
    window = "5m"
    above = 0.5
    severity = "critical"
"#;

/// Ten calls on each of three days: all good, three bad, all good.
fn three_days() -> Arc<World> {
    let world = Arc::<World>::default();
    for day in 0..3 {
        for call in 0..10 {
            world.call(day * DAY + call * 600, "ada", day == 1 && call < 3);
        }
    }
    world
}

#[tokio::test]
async fn a_report_says_what_was_promised_and_what_was_measured() {
    let world = three_days();
    let alerts = alerts(&world, None, CONFIG);
    run_to(&world, &alerts, 600).await;
    *world.now.lock().unwrap() = 3 * DAY;
    let period = SlaPeriod::read("month", at(3 * DAY)).unwrap();
    let report = alerts.sla_report(&period).await.unwrap();
    assert_eq!((report.period.as_str(), report.partial), ("2027-01", true));
    let of = &report.objectives[0];
    assert_eq!((of.records, of.bad, of.verdict.as_str()), (30, 3, "met"));
    assert_eq!(of.measured, Some(27.0 / 30.0));
    assert!(of.allowed > 2.99 && of.allowed < 3.01 && of.budget_left.unwrap().abs() < 1e-9, "{of:?}");
    let sum: u64 = of.days.iter().map(|day| day.records).sum();
    assert_eq!((sum, of.days.iter().map(|day| day.bad).sum::<u64>()), (30, 3), "days add up to the period");
    for (form, parts) in [
        (
            SlaForm::Markdown,
            &["# Service level report 2027-01", "| answers | met | 90.000 % | 90.000 % | 30 | 3 | 3.0 |"][..],
        ),
        (
            SlaForm::Html,
            &["<!doctype html>", "<th>answers<td class=\"met\">met", "<svg", "prefers-color-scheme"],
        ),
    ] {
        let text = report.text(form);
        parts.iter().for_each(|part| assert!(text.contains(part), "{part}: {text}"));
        assert!(!text.contains("<script") && !text.contains("src="), "{text}");
    }
    world.call(3 * DAY - 60, "ada", true);
    let report = alerts.sla_report(&period).await.unwrap();
    assert_eq!(report.objectives[0].verdict, "missed");
    let before = SlaPeriod::read("2026-Q1", at(0)).unwrap();
    let report = alerts.sla_report(&before).await.unwrap();
    let of = &report.objectives[0];
    assert_eq!((of.verdict.as_str(), of.measured, of.days_without), ("unknown", None, 90));
    let later = SlaPeriod::read("2029-01", at(0)).unwrap();
    assert!(alerts.sla_report(&later).await.unwrap_err().to_string().contains("2029-01"));
}

#[tokio::test]
async fn an_objective_shows_its_days_budget_and_windows() {
    let world = three_days();
    let alerts = alerts(&world, None, CONFIG);
    *world.now.lock().unwrap() = 3 * DAY;
    let slo = alerts.slo("answers").await.unwrap();
    assert_eq!(
        (slo.records, slo.bad, slo.period.as_str(), slo.rules.join(" ")),
        (30, 3, "30d", "burns".into())
    );
    assert_eq!(slo.days.last().unwrap().budget_left.map(|left| left.abs() < 1e-9), Some(true));
    assert_eq!(slo.state.budget_left.map(|left| left.abs() < 1e-9), Some(true), "{:?}", slo.state);
    let windows: Vec<_> =
        slo.windows.iter().map(|pair| (pair.long.as_str(), pair.short.as_str(), pair.burns)).collect();
    // A total failure burns ten budgets, so the pair with the line 14.4 cannot fire.
    assert_eq!(windows, [("6h", "30m", false), ("1d", "2h", false), ("3d", "6h", false)]);
    assert_eq!(
        slo.windows[2].burn_long.map(|burn| (burn - 1.0).abs() < 1e-9),
        Some(true),
        "{:?}",
        slo.windows
    );
    for second in 0..50 {
        world.call(3 * DAY - 120 + second, "ada", true);
    }
    let slo = alerts.slo("answers").await.unwrap();
    assert!(slo.windows.iter().any(|pair| pair.burns) == (slo.state.state == "burning"), "{slo:?}");
    assert!(alerts.slo("nothing").await.unwrap_err().to_string().contains("nothing"));
}

#[tokio::test]
async fn the_trend_of_health_ends_with_the_score_of_now() {
    let world = Arc::<World>::default();
    for day in 0..3 {
        for call in 0..24 {
            world.call(day * DAY + call * 3_600, "ada", day == 1 && call < 2);
        }
    }
    let alerts = alerts(&world, None, "");
    *world.now.lock().unwrap() = 3 * DAY;
    let trend = alerts.health_trend(None, None, 4).await.unwrap();
    assert_eq!(trend.len(), 5);
    assert_eq!(trend[0].score, None, "a day without calls has no score");
    let now = alerts.health(None, None).await.unwrap();
    // The clock of the world stands at a whole hour.
    assert_eq!(trend[4].score, now.score);
    assert!(trend[3].score < trend[4].score, "{trend:?}");
    assert_eq!(
        alerts.health_trend(None, None, 1_000).await.unwrap().len(),
        31,
        "a trend has at most 30 days"
    );
}

#[tokio::test]
async fn the_curve_of_a_back_test_has_its_worst_values() {
    let world = Arc::<World>::default();
    for second in (0..7_200).step_by(10) {
        world.call(second, "ada", (3_000..3_600).contains(&second));
    }
    let alerts = alerts(&world, None, "");
    let rule = RuleConfig { kind: Some("error_rate".into()), above: Some(0.5), ..RuleConfig::default() };
    let test = alerts.backtest("r", rule, at(0), at(7_200)).await.unwrap();
    assert_eq!((test.threshold, test.side, test.episodes.len()), (0.5, "above", 1));
    assert!(test.curve.len() <= 241 && test.curve.len() > 200, "{}", test.curve.len());
    assert!(test.curve.windows(2).all(|pair| pair[0].at < pair[1].at));
    let peak = test.curve.iter().map(|point| point.value).fold(0.0, f64::max);
    assert_eq!(Some(peak), test.episodes[0].peak);
    let (from, to) = (test.episodes[0].from, test.episodes[0].to.unwrap());
    let wrong = test.curve.iter().filter(|point| point.value > 0.5);
    assert!(wrong.clone().count() > 5);
    wrong.for_each(|point| assert!(point.at >= from.plus(-30_000_000_000) && point.at <= to, "{point:?}"));
}
