//! Tool `overview`: totals of a time range, by model, agent and failure.

use super::Called;
use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::ask::Asker;
use crate::shape::{key, list, most_expensive, name, usage};

/// Groups of each kind.
const GROUPS: usize = 10;

pub(super) async fn call(asker: &dyn Asker, arguments: &Arguments<'_>) -> Called {
    let mut lines = Vec::new();
    let mut head = String::new();
    for group_by in ["model", "agent", "project"] {
        let answer = asker.ask(arguments.question("/api/v1/usage")?.with("group_by", Some(group_by))).await?;
        head = format!("Since {}: {}.", name(&arguments.since()?.into()), usage(&answer["total"]));
        let groups = most_expensive(&answer);
        let named = groups.iter().filter(|group| group["key"][group_by].is_string()).take(GROUPS);
        lines.extend(named.map(|group| format!("{group_by} {}: {}", key(group), usage(group))));
    }
    let failures = arguments.question("/api/v1/query")?.with("from", Some("failures"));
    let failures = asker.ask(failures.with("group_by", Some("error")).with("top", Some("5"))).await?;
    lines.extend(list(&failures, "groups").iter().map(|group| {
        format!(
            "failure {}: {} times, example trace {}",
            key(group),
            name(&group["count"]),
            name(&group["trace_id"])
        )
    }));
    Ok(Answer::new(head, lines))
}
