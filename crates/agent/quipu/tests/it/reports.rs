//! Tests of reports on tools within the process.

use std::time::{Duration, SystemTime};

use quipu::Quipu;
use quipu::reports::{Baseline, Rule, ToolReports};
use tempfile::TempDir;

#[tokio::test]
async fn a_tool_is_reported_and_compared_with_a_baseline_by_hand() {
    let folder = TempDir::new().unwrap();
    let builder = Quipu::builder().detached().without_env().without_file().system_metrics(false);
    let quipu = builder.data_dir(folder.path()).init().unwrap();
    let long = Duration::from_secs(2);
    for number in 0..40 {
        let mut tool = quipu.context().tool("search").started_at(SystemTime::now() - long).duration(long);
        if number % 4 == 0 {
            tool.error("timeout", "no answer");
        }
        tool.end();
    }
    quipu.flush_async(Duration::from_secs(5)).await.unwrap();
    let reports = ToolReports::new(quipu.store().unwrap());
    assert!(reports.report("other").await.unwrap().is_none());
    let report = reports.report("search").await.unwrap().unwrap();
    assert_eq!((report.tool.calls, report.tool.errors, report.change()), (40, 10, None));
    reports.set_baseline("search", Baseline::by_hand(0.95, Duration::from_secs(1)));
    let report = reports.report("search").await.unwrap().unwrap();
    let change = report.change().unwrap();
    assert!((change.success_points.unwrap() + 20.0).abs() < 0.01, "{change:?}");
    assert!((change.p95_percent.unwrap() - 100.0).abs() < 5.0, "{change:?}");
    let rules: Vec<Rule> = report.recommendations.iter().map(|one| one.rule).collect();
    assert!(rules.contains(&Rule::FailingMore) && rules.contains(&Rule::Slower), "{rules:?}");
}
