//! Audit log entries for rejected versions of spans in held traces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu::core::{Conflicts, Store, TraceId};
use quipu_audit::{Actor, Audit, Entry, Outcome};
use tokio::sync::mpsc::UnboundedReceiver;

/// The action under which they are noted.
const ACTION: &str = "span.conflict";

/// Logs each held trace with a rejected version of an ended span, while the server runs.
pub async fn watch(
    project: String,
    store: Arc<dyn Store>,
    audit: Audit,
    mut heard: UnboundedReceiver<Conflicts>,
) {
    while let Some(conflicts) = heard.recv().await {
        // A sender could fill the log with more than this; the metric is what to watch.
        tracing::info!(project, versions = conflicts.versions, "versions of ended spans were rejected");
        let Some(retention) = store.retention().filter(|_| !conflicts.kept.is_empty()) else { continue };
        match retention.holds().await {
            Ok(holds) => {
                let held: BTreeSet<TraceId> = holds.iter().map(|hold| hold.trace_id).collect();
                for entry in entries(&project, &held, &conflicts) {
                    if let Err(error) = audit.note(entry).await {
                        tracing::error!(project, %error, "a conflict in a held trace could not be noted");
                    }
                }
            }
            Err(error) => tracing::error!(project, %error, "holds could not be read to note a conflict"),
        }
    }
}

/// One entry for each held trace, which names its first span and says how many there are.
fn entries(project: &str, held: &BTreeSet<TraceId>, conflicts: &Conflicts) -> Vec<Entry> {
    let mut by_trace = BTreeMap::<TraceId, Vec<String>>::new();
    for (trace, span) in conflicts.kept.iter().filter(|(trace, _)| held.contains(trace)) {
        by_trace.entry(*trace).or_default().push(span.to_string());
    }
    let entry = |(trace, spans): (TraceId, Vec<String>)| {
        Entry::new(Actor::system(), ACTION)
            .on(trace.to_string())
            .within(project)
            .ended(Outcome::Denied)
            .with("span", spans.first().cloned().unwrap_or_default())
            .with("versions", spans.len().to_string())
    };
    by_trace.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_names_a_held_trace() {
        let trace = |digit: &str| digit.repeat(32).parse::<TraceId>().unwrap();
        let span = "2222222222222222".parse().unwrap();
        let kept = vec![(trace("a"), span), (trace("b"), span), (trace("a"), span)];
        let conflicts = Conflicts { versions: 3, kept };
        let found = entries("shop", &BTreeSet::from([trace("a")]), &conflicts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].object.as_deref(), Some("a".repeat(32).as_str()));
        assert_eq!(found[0].detail, [("span", span.to_string()), ("versions", "2".to_owned())]);
    }
}
