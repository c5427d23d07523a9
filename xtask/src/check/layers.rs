//! Layer check: normal dependencies between our crates, compared with the table of docs/architecture.md.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::{Outcome, verdict};
use quipu_trials::shell;

/// Allowed dependencies of screens: records, queries and the API's types.
const SEEN_BY_SCREENS: [&str; 3] = ["quipu-obs-core", "quipu-query", "quipu-api"];

const CORE: &str = "quipu-obs-core";
const CONFORMANCE: &str = "quipu-conformance";
const LEAVES: u64 = 5;
const FACADE: u64 = 8;
const SCREENS: u64 = 9;
const TOP: u64 = 10;

/// A crate with its layer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Room {
    layer: u64,
    leaf: bool,
}

/// Every normal dependency between our crates is one that the table allows.
pub fn layers() -> Result<Outcome> {
    let metadata = MetadataCommand::new()
        .manifest_path(shell::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata")?;
    let (rooms, mut complaints) = rooms(&metadata);
    let mut edges = 0;
    for package in &metadata.packages {
        let Some(room) = rooms.get(package.name.as_str()) else { continue };
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal)
        {
            let Some(path) = &dependency.path else { continue };
            edges += 1;
            let seen = rooms.get(dependency.name.as_str());
            if let Some(why) = refusal((&package.name, room), (&dependency.name, seen), dependency.optional) {
                complaints.push(format!("{} → {}: {why} ({path})", package.name, dependency.name));
            }
        }
    }
    verdict(&complaints, format!("{} rooms, {edges} edges", rooms.len()))
}

fn rooms(metadata: &Metadata) -> (BTreeMap<String, Room>, Vec<String>) {
    let mut rooms = BTreeMap::new();
    let mut complaints = Vec::new();
    let ours = |package: &&Package| package.manifest_path.as_str().contains("/crates/");
    for package in metadata.packages.iter().filter(ours) {
        let card = &package.metadata["quipu"];
        match (card["layer"].as_u64().filter(|layer| *layer <= TOP), card["room"].as_str()) {
            (Some(layer), Some(_)) => {
                let leaf =
                    ["quipu-backend-", "quipu-adapter-"].iter().any(|kind| package.name.starts_with(kind));
                rooms.insert(package.name.to_string(), Room { layer, leaf });
            }
            _ => complaints
                .push(format!("{}: [package.metadata.quipu] lacks layer (0 to {TOP}) or room", package.name)),
        }
    }
    (rooms, complaints)
}

/// Why one crate may not see another; `None` when it may.
fn refusal(of: (&str, &Room), on: (&str, Option<&Room>), optional: bool) -> Option<&'static str> {
    let ((name, room), (dependency, Some(seen))) = (of, on) else {
        return Some("only crates under crates/ can be depended on");
    };
    if dependency == CONFORMANCE {
        return Some("the conformance suite is a dev-dependency only");
    }
    if room.layer == TOP {
        return None;
    }
    if name == CONFORMANCE {
        return (dependency != CORE).then_some("the conformance suite sees the core only");
    }
    match (room, seen) {
        (Room { layer: FACADE, .. }, Room { leaf: true, .. }) => {
            (!optional).then_some("the facade's backends and adapters are optional")
        }
        (Room { layer: SCREENS, .. }, _) => (!SEEN_BY_SCREENS.contains(&dependency))
            .then_some("a screen sees records, questions and the API's types only"),
        (_, Room { leaf: true, .. }) => Some("a leaf is seen by the facade and the binary only"),
        (Room { leaf: true, .. }, Room { layer: LEAVES.., .. }) => {
            Some("a leaf sees layers below the leaves only")
        }
        (room, seen) => (seen.layer >= room.layer).then_some("a crate sees layers below its own only"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn room(layer: u64, leaf: bool) -> Room {
        Room { layer, leaf }
    }

    #[test]
    fn the_table_holds() {
        let core = room(0, false);
        let [ledger, normalize, pipeline] = [1, 2, 5].map(|layer| room(layer, false));
        let [receiver, facade, web] = [6, 8, 9].map(|layer| room(layer, false));
        let sqlite = room(5, true);
        let refused = |of: (&str, &Room), on: (&str, &Room), optional| {
            refusal(of, (on.0, Some(on.1)), optional).is_some()
        };
        assert!(!refused(("quipu-backend-sqlite", &sqlite), ("quipu-core", &core), false));
        assert!(refused(("quipu-backend-sqlite", &sqlite), ("quipu-backend-memory", &sqlite), false));
        assert!(refused(("quipu-backend-sqlite", &sqlite), ("quipu-query", &pipeline), false));
        assert!(refused(("quipu-receiver", &receiver), ("quipu-backend-sqlite", &sqlite), true));
        assert!(!refused(("quipu-receiver", &receiver), ("quipu-pipeline", &pipeline), false));
        assert!(refused(("quipu-pipeline", &pipeline), ("quipu-receiver", &receiver), false));
        assert!(!refused(("quipu-pipeline", &pipeline), ("quipu-ledger", &ledger), false));
        assert!(refused(("quipu-ledger", &ledger), ("quipu-pipeline", &pipeline), false));
        assert!(!refused(("quipu-normalize", &normalize), ("quipu-semconv", &ledger), false));
        assert!(refused(("quipu-prices", &ledger), ("quipu-semconv", &ledger), false));
        assert!(refused(("quipu", &facade), ("quipu-backend-sqlite", &sqlite), false));
        assert!(!refused(("quipu", &facade), ("quipu-backend-sqlite", &sqlite), true));
        assert!(refused(("quipu-web", &web), ("quipu-pipeline", &pipeline), false));
        assert!(refused(("quipu-query", &pipeline), (CONFORMANCE, &room(1, false)), false));
        assert!(refusal(("quipu-query", &pipeline), ("xtask", None), false).is_some());
    }
}
