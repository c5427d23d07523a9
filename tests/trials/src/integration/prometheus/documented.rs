//! The config and the queries of the guide, checked by promtool.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::Result;

use super::Tools;
use crate::integration::Report;
use crate::{guide, shell};

const PAGE: &str = "docs/guide/prometheus.md";

/// Checks the blocks of the page.
///
/// # Errors
/// The page has no such block, or a file cannot be written.
pub fn run(tools: &Tools, report: Report) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    // guide: docs/guide/prometheus.md yaml 1
    let (config, rules) = (folder.path().join("prometheus.yml"), folder.path().join("rules.yml"));
    fs::write(&config, guide::find(&format!("{PAGE} yaml 1"))?.text)?;
    // guide: docs/guide/prometheus.md promql 1
    fs::write(&rules, as_rules(&guide::find(&format!("{PAGE} promql 1"))?.text)?)?;
    let check = |what: &str, file: &std::path::Path| {
        let said = shell::capture(Command::new(&tools.promtool).args(["check", what]).arg(file));
        said.err().map(|error| format!("{error:#}")).into_iter().collect::<Vec<_>>()
    };
    let report = report.judged("the config of the guide", &check("config", &config));
    Ok(report.judged("the queries of the guide", &check("rules", &rules)))
}

/// A file of recording rules, one for each line. A JSON string is one of YAML.
fn as_rules(queries: &str) -> Result<String> {
    let mut rules = "groups:\n  - name: guide\n    rules:\n".to_owned();
    for (number, query) in queries.lines().enumerate() {
        let query = serde_json::to_string(query)?;
        write!(rules, "      - record: guide:query_{number}\n        expr: {query}\n")?;
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_query_is_a_rule() {
        let rules = as_rules("sum(a{b=\"c\"})\nup\n").unwrap();
        assert!(rules.contains("expr: \"sum(a{b=\\\"c\\\"})\""), "{rules}");
        assert!(rules.ends_with("guide:query_1\n        expr: \"up\"\n"), "{rules}");
    }
}
