//! Report of an incident as Markdown.

use std::fmt::Write as _;

use super::{Incident, IncidentFigures, IncidentMoment};
use crate::notice::{group_text, number};
use crate::text::{cell, length, line};

/// Episodes of a report.
const EPISODES: usize = 50;
/// Moments of a report.
const MOMENTS: usize = 500;

/// The report: facts, figures, episodes, traces and timeline.
pub(super) fn report(incident: &Incident, url: &str) -> String {
    let row = &incident.row;
    let mut text = format!("# Incident {}: {}\n\n", row.id, line(&row.title));
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(text, "- {name}: {value}");
    };
    fact("State", &row.state);
    fact("Severity", &row.severity);
    fact("Opened", &format!("{} by {}", row.opened_at, line(&row.opened_by)));
    if let (Some(at), Some(by)) = (&row.closed_at, &row.closed_by) {
        fact("Closed", &format!("{at} by {}", line(by)));
    }
    fact("Owner", row.owner.as_deref().map_or_else(|| "none".to_owned(), line).as_str());
    if !row.rules.is_empty() {
        fact("Rules", &line(&row.rules.join(", ")));
    }
    if !url.is_empty() {
        fact("Page", &format!("{url}/incidents/{}", row.id));
    }
    if let Some(figures) = &incident.figures {
        text += &figures_text(figures);
    }
    text += &episodes_text(incident);
    if !incident.traces.is_empty() {
        text += "\n## Traces\n\n";
        for trace in &incident.traces {
            let _ = match url.is_empty() {
                true => writeln!(text, "- {}", line(trace)),
                false => writeln!(text, "- [{0}]({url}/traces/{0})", line(trace)),
            };
        }
    }
    text += "\n## Timeline\n\n";
    for moment in incident.timeline.iter().take(MOMENTS) {
        let _ = writeln!(text, "- {}: {}", moment.at, said(moment));
    }
    text
}

fn figures_text(figures: &IncidentFigures) -> String {
    let scope: Vec<String> =
        figures.scope.iter().map(|(key, value)| format!("{key} {}", line(value))).collect();
    let of = if scope.is_empty() { String::new() } else { format!(" ({})", scope.join(", ")) };
    let cost =
        |cost: &Option<String>| cost.as_ref().map_or_else(|| "unknown".to_owned(), |cost| format!("${cost}"));
    let mut text =
        format!("\n## Figures\n\nDuration: {}. The calls{of} while it lasted:\n\n", length(figures.seconds));
    text += "| | While it lasted | Same time before |\n|---|---:|---:|\n";
    let rows = [
        ("Cost", cost(&figures.cost_usd), cost(&figures.cost_before_usd)),
        ("Calls", figures.calls.to_string(), figures.calls_before.to_string()),
        ("Failed calls", figures.errors.to_string(), figures.errors_before.to_string()),
    ];
    for (name, during, before) in rows {
        let _ = writeln!(text, "| {name} | {during} | {before} |");
    }
    if figures.unpriced > 0 {
        let _ = writeln!(text, "\n{} calls have no price; the cost does not contain them.", figures.unpriced);
    }
    text
}

fn episodes_text(incident: &Incident) -> String {
    if incident.episodes.is_empty() {
        return String::new();
    }
    let mut text = "\n## Episodes\n\n| Rule | Group | Begin | End | Worst value | Threshold |\n|---|---|---|---|---:|---:|\n".to_owned();
    for row in incident.episodes.iter().take(EPISODES) {
        let end = row.ended_at.as_deref().unwrap_or("open");
        let peak = row.peak.map_or_else(|| "–".to_owned(), number);
        let (rule, group) = (cell(&row.rule), cell(&group_text(&row.group)));
        let (begin, threshold) = (&row.started_at, number(row.threshold));
        let _ = writeln!(text, "| {rule} | {group} | {begin} | {end} | {peak} | {threshold} |");
    }
    let shown = incident.episodes.len().min(EPISODES) as u64;
    if incident.row.episodes > shown {
        let _ = writeln!(text, "\n{} more episodes are not shown.", incident.row.episodes - shown);
    }
    text
}

fn said(moment: &IncidentMoment) -> String {
    let (text, by) = (line(&moment.text), line(&moment.author));
    match moment.kind.as_str() {
        "opened" => format!("opened by {by}"),
        "episode" => format!("{text} began to fire"),
        "ended" => format!("{text} ended"),
        "withdrawn" => format!("{text} was withdrawn: late records corrected its figures"),
        "acknowledged" => format!("{by} acknowledged {text}"),
        "owner" if text.is_empty() => format!("{by} removed the owner"),
        "owner" => format!("{by} set the owner {text}"),
        "title" => format!("{by} set the title \"{text}\""),
        "severity" => format!("{by} set the severity {text}"),
        "linked" => format!("{by} linked the episode {text}"),
        "trace" => format!("{by} linked the trace {text}"),
        "closed" if text.is_empty() => format!("closed by {by}"),
        "closed" => format!("closed: {text}"),
        "reopened" => format!("reopened by {by}"),
        _ => format!("{by}: {text}"),
    }
}
