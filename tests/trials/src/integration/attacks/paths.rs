//! Attacks with paths that leave their folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;

use super::scene::Scene;
use super::tried::Tried;
use super::wire::Ask;

/// Contents of files that must not be served.
const INSIDE: [&str; 5] = ["root:x:", "SQLite format 3", "[project.shop]", "\"prev\":", "[core]"];
/// Ways up, as they are written to get past a check.
const UPS: [&str; 14] = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..\\",
    "..%5c",
    "....//",
    "..;/",
    "..%00/",
    "%c0%ae%c0%ae/",
    ".%2e/",
    "/..//",
    "..%ef%bc%8f",
];
const FILES: [&str; 4] = ["etc/passwd", "access.db", "audit/a-000001.jsonl", "quipu.toml"];

/// Files of the server by the dashboard's paths, and names with paths in them.
pub fn traversal(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("path traversal: assets, documents, dead letters, projects, prices");
    let (_, key) = scene.key(&["--scope", "admin", "--all-projects"])?;
    let before = names(scene.folder());
    let ask = |method: &str, target: &str| Ask::new(method, target).key(&key);
    let fine = [200, 204, 400, 403, 404, 405, 414, 422];
    let look = |tried: &mut Tried, target: &str| {
        let reply = tried.send(target, scene.api, ask("GET", target), &fine);
        let file = INSIDE.iter().find(|text| reply.holds(text));
        tried.hold(file.is_none(), format!("{target} gives a file"));
    };
    for up in UPS {
        for file in FILES {
            for begin in ["/", "/assets/", "/api/v1/views/", "/api/v1/dashboards/", "/api/v1/traces/", "//"] {
                look(&mut tried, &format!("{begin}{}{file}", up.repeat(8)));
            }
            let inner = file.replace('/', "%2f");
            look(
                &mut tried,
                &format!("/api/v1/backends/{}{inner}/dead-letters", up.repeat(3).replace('/', "%2f")),
            );
        }
        let name = format!("{}planted", up.replace('/', "%2f").repeat(4));
        for target in [
            format!("/api/v1/views/{name}"),
            format!("/api/v1/dashboards/{name}"),
            format!("/api/v1/budgets/{name}"),
        ] {
            let body = json!({"name": "planted", "limit_usd": "1", "query": "", "panels": []});
            tried.send(&target, scene.api, ask("PUT", &target).json(&body), &fine);
            tried.send(&target, scene.api, ask("DELETE", &target), &fine);
        }
        let project = format!("{up}default");
        let named = ask("GET", "/api/v1/traces").with("quipu-project", &project);
        tried.send(&project, scene.api, named, &[400, 403, 404]);
    }
    for target in [
        "/.git/config",
        "/.env",
        "/quipu.toml",
        "/access.db",
        "/data/access.db",
        "/assets",
        "/assets/",
        "/%00",
        "/assets/%00.js",
        "/~root",
        "/con",
        "file:///etc/passwd",
    ] {
        look(&mut tried, target);
    }
    let after = names(scene.folder());
    let new: Vec<_> = after
        .difference(&before)
        .filter(|path| path.to_string_lossy().contains("planted") || !path.starts_with(scene.data()))
        .collect();
    tried.hold(new.is_empty(), format!("new files: {new:?}"));
    tried.hold(scene.lives(), "the server is gone");
    Ok(tried)
}

fn names(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            let mut below = if path.is_dir() { names(&path) } else { BTreeSet::new() };
            below.insert(path);
            below
        })
        .collect()
}

/// A price book that names its own version as a path.
pub fn books(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("paths in the names and versions of price books");
    let before = names(scene.folder());
    let list = scene.folder().join("model_prices.json");
    let model = json!({"gpt-5": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}});
    fs::write(&list, model.to_string())?;
    for version in ["../../planted", "..", "/planted", "a/../../../planted", "a\u{0}b", "a\nb", "\u{1b}[2J"] {
        let kept = scene.command(&["prices", "update", &list.to_string_lossy(), "--version", version]);
        tried.tried(kept.as_ref().err().is_none_or(|error| !error.to_string().contains("panic")), version);
    }
    let prices = scene.data().join("prices");
    let strays: Vec<_> = names(scene.folder())
        .difference(&before)
        .filter(|path| {
            !path.starts_with(&prices) && **path != list && path.to_string_lossy().contains("planted")
        })
        .cloned()
        .collect();
    tried.hold(strays.is_empty(), format!("files outside of prices/: {strays:?}"));
    Ok(tried.told("such versions become part of a plain file name below prices/, or are refused"))
}
