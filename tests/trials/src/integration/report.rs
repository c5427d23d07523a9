//! Report of a suite.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

/// Counts of one suite.
#[derive(Debug, Default)]
pub struct Report {
    passed: usize,
    failed: usize,
    /// Skipped cases, with the reason.
    skipped: Vec<(String, String)>,
    /// Known open problems, with the finding: reported, never a failure.
    open: Vec<(String, String)>,
}

impl Report {
    /// An empty report.
    pub fn new() -> Self {
        Self::default()
    }

    /// A case that holds.
    #[must_use]
    pub fn passed(mut self, case: &str) -> Self {
        println!("ok      {case}");
        self.passed += 1;
        self
    }

    /// A case that does not hold.
    #[must_use]
    pub fn failed(mut self, case: &str, why: &str) -> Self {
        println!("FAILED  {case}: {why}");
        self.failed += 1;
        self
    }

    /// A case that could not be tried.
    #[must_use]
    pub fn skipped(mut self, case: &str, why: &str) -> Self {
        println!("skipped {case}: {why}");
        self.skipped.push((case.to_owned(), why.to_owned()));
        self
    }

    /// A case that is known not to hold yet.
    #[must_use]
    pub fn open(mut self, case: &str, found: &str) -> Self {
        println!("open    {case}: {found}");
        self.open.push((case.to_owned(), found.to_owned()));
        self
    }

    /// Passed when `wrong` is empty.
    #[must_use]
    pub fn judged(self, case: &str, wrong: &[String]) -> Self {
        if wrong.is_empty() { self.passed(case) } else { self.failed(case, &wrong.join(", ")) }
    }

    /// The cases of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
        self.open.extend(other.open);
        self
    }

    /// The line of the closing table.
    pub fn row(&self, name: &str, took: Duration) -> Vec<String> {
        let counts =
            [self.passed, self.failed, self.skipped.len(), self.open.len()].map(|count| count.to_string());
        let mut row = vec![name.to_owned()];
        row.extend(counts);
        row.push(format!("{:.1}", took.as_secs_f64()));
        row
    }

    fn json(&self, name: &str) -> Value {
        let list = |cases: &[(String, String)]| -> Vec<Value> {
            cases.iter().map(|(name, reason)| json!({"name": name, "reason": reason})).collect()
        };
        json!({
            "name": name, "passed": self.passed, "failed": self.failed,
            "skipped": list(&self.skipped), "open": list(&self.open),
        })
    }
}

/// All suites as one document.
pub fn json(reports: &[(&str, Report)]) -> Result<String> {
    let suites: Vec<Value> = reports.iter().map(|(name, report)| report.json(name)).collect();
    Ok(serde_json::to_string_pretty(&json!({ "suites": suites }))? + "\n")
}

/// Whether the run is good.
///
/// # Errors
/// A case failed, or with `strict` was skipped.
pub fn verdict(reports: &[(&str, Report)], strict: bool) -> Result<()> {
    let failed: usize = reports.iter().map(|(_, report)| report.failed).sum();
    let skipped: usize = reports.iter().map(|(_, report)| report.skipped.len()).sum();
    match (failed, skipped) {
        (0, skipped) if !strict || skipped == 0 => Ok(()),
        (0, skipped) => bail!("{skipped} skipped, and --strict allows no skip"),
        (failed, _) => bail!("{failed} failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_fails_only_when_strict_and_an_open_case_never() {
        let reports = [("a", Report::new().passed("x").open("y", "later"))];
        assert!(verdict(&reports, true).is_ok());
        let reports = [("a", Report::new().skipped("x", "no tool"))];
        assert!(verdict(&reports, false).is_ok());
        assert!(verdict(&reports, true).is_err());
        assert!(verdict(&[("a", Report::new().failed("x", "wrong"))], false).is_err());
    }

    #[test]
    fn the_document_has_the_agreed_shape() {
        let text = json(&[("a", Report::new().passed("x").skipped("y", "no tool"))]).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let suite = &document["suites"][0];
        assert_eq!((&suite["name"], &suite["passed"], &suite["failed"]), (&json!("a"), &json!(1), &json!(0)));
        assert_eq!(suite["skipped"], json!([{"name": "y", "reason": "no tool"}]));
    }
}
