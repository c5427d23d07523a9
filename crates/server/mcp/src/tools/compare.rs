//! Tool `compare`: two traces or two selections side by side.

use serde_json::Value;

use super::{CallError, Called};
use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::ask::{Asker, Question, escape};
use crate::shape::{cost, key, list, millis, name, usage};

/// Spans whose kinds and names are compared.
const ROWS: &str = "10000";

pub(super) async fn call(asker: &dyn Asker, arguments: &Arguments<'_>) -> Called {
    let (a, b) = (arguments.needed("a")?, arguments.needed("b")?);
    let mut lines = Vec::new();
    for (side, what) in [("a", a), ("b", b)] {
        let described = if is_trace(what) {
            trace(asker, what).await?
        } else {
            selection(asker, arguments, what).await?
        };
        lines.extend(described.into_iter().map(|line| format!("{side}: {line}")));
    }
    // Lines of the same kind stand together, so a cut leaves pairs.
    let half = lines.len().div_ceil(2);
    let paired = if lines.len() % 2 == 0 && is_trace(a) == is_trace(b) {
        (0..half).flat_map(|at| [lines[at].clone(), lines[half + at].clone()]).collect()
    } else {
        lines
    };
    Ok(Answer::new("Two sides, a and b.", paired))
}

fn is_trace(what: &str) -> bool {
    what.len() == 32 && what.chars().all(|c| c.is_ascii_hexdigit())
}

async fn trace(asker: &dyn Asker, id: &str) -> Result<Vec<String>, CallError> {
    let path = format!("/api/v1/traces/{}/outline", escape(id));
    let answer = asker.ask(Question::get(path).with("limit", Some(ROWS))).await?;
    let trace = &answer["trace"];
    let names = |field: &str| list(trace, field).iter().map(name).collect::<Vec<_>>().join(", ");
    Ok(vec![
        format!("trace {} {} {}", name(&trace["trace_id"]), name(&trace["name"]), name(&trace["status"])),
        format!("duration {}", millis(&trace["duration_ms"])),
        format!(
            "{} spans, {} calls, {} tools, {} errors",
            name(&trace["spans"]),
            name(&trace["llm_calls"]),
            name(&trace["tool_calls"]),
            name(&trace["errors"])
        ),
        format!(
            "{} tokens ({} in, {} out), {}",
            name(&trace["tokens"]["total"]),
            name(&trace["tokens"]["input"]),
            name(&trace["tokens"]["output"]),
            cost(trace)
        ),
        format!("models {}; agents {}", names("models"), names("agents")),
        format!("tools {}", runs(&answer)),
        format!("first failure {}", first_failure(&answer)),
    ])
}

/// Tools with the number of their runs, in order of the first run.
fn runs(outline: &Value) -> String {
    let mut counts: Vec<(String, u64)> = Vec::new();
    for at in list(outline, "tool").iter().filter_map(Value::as_u64) {
        let tool = name(&outline["tools"][usize::try_from(at).unwrap_or(usize::MAX)]);
        match counts.iter_mut().find(|(known, _)| *known == tool) {
            Some((_, count)) => *count += 1,
            None => counts.push((tool, 1)),
        }
    }
    counts.iter().map(|(tool, count)| format!("{tool} {count}x")).collect::<Vec<_>>().join(", ")
}

fn first_failure(outline: &Value) -> String {
    let failed = list(outline, "statuses").iter().position(|status| status == "error");
    let row = list(outline, "status").iter().position(|at| at.as_u64() == failed.map(|at| at as u64));
    row.map_or_else(
        || "none".to_owned(),
        |row| {
            let at =
                outline["name"][row].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX);
            format!("row {row}, span {}, {}", name(&outline["ids"][row]), name(&outline["names"][at]))
        },
    )
}

async fn selection(
    asker: &dyn Asker,
    arguments: &Arguments<'_>,
    filter: &str,
) -> Result<Vec<String>, CallError> {
    let question = |path: &str| -> Result<Question, CallError> {
        Ok(Question::get(path)
            .with("since", Some(arguments.since()?))
            .with("until", arguments.text("until")?)
            .with("filter", Some(filter)))
    };
    let models = asker.ask(question("/api/v1/usage")?.with("group_by", Some("model"))).await?;
    let failures = question("/api/v1/query")?.with("from", Some("failures")).with("group_by", Some("error"));
    let failures = asker.ask(failures.with("top", Some("1"))).await?;
    let total = &models["total"];
    let largest = list(&models, "groups").iter().max_by_key(|group| group["llm_calls"].as_u64());
    let failure = list(&failures, "groups").first();
    Ok(vec![
        format!("filter {}", name(&filter.into())),
        usage(total),
        format!("most called model {}", largest.map_or_else(|| "-".to_owned(), key)),
        format!("most frequent failure {}", failure.map_or_else(|| "-".to_owned(), key)),
    ])
}
