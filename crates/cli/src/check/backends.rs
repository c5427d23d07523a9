//! Check of exporters: opens each as `serve` would, and tests its connection.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use quipu::core::{Finding, Health};
use quipu_runtime::BackendConfigs;
use toml::{Spanned, Table};

use super::{CheckResult, tell};
use crate::args::Ways;
use crate::serve::{Config, OFF};

/// Kinds that stay on this machine: they are not opened, for a running server has their files and ports.
const LOCAL: [&str; 5] = ["console", "file", "memory", "prometheus", "sqlite"];

/// Tries the backends of a kind, or all; `false` when one says no.
pub fn run(ways: &Ways, kind: Option<&str>) -> Result<bool> {
    let config = Config::read(ways.config.as_deref())?;
    let mut named = config.named(&config.backends, &std::env::temp_dir());
    if let Some(only) = &ways.only {
        named.list = vec![whole(&named, only)];
    }
    let of_kind = |listed: &String| kind.is_none_or(|kind| named.kind_of(listed) == kind);
    let is_far = |listed: &String| !LOCAL.contains(&named.kind_of(listed).as_str()) || pushes(&named, listed);
    let mut list: Vec<String> =
        named.list.iter().filter(|name| of_kind(name) && is_far(name)).cloned().collect();
    if list.is_empty() {
        let Some(kind) = kind.filter(|_| ways.only.is_none()) else {
            bail!("the configuration has no exporter")
        };
        // Its own variables may say where to.
        list.push(kind.to_owned());
    }
    let named = BackendConfigs { tables: without_pages(&named), list, ..named };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(probe(&named));
    tell(&found, ways.json)
}

/// Completes a bare name with its entry in the list.
fn whole(named: &BackendConfigs, only: &str) -> String {
    let same = |listed: &&String| listed.split(':').next() == Some(only);
    named.list.iter().find(same).cloned().unwrap_or_else(|| only.to_owned())
}

/// Whether a page for Prometheus is also sent somewhere.
fn pushes(named: &BackendConfigs, listed: &str) -> bool {
    let table = named.tables.get(listed.split(':').next().unwrap_or_default());
    table.is_some_and(|table| ["remote_write", "push"].iter().any(|key| table.get_ref().contains_key(*key)))
}

/// The tables, with no page for Prometheus: a running server has its port.
fn without_pages(named: &BackendConfigs) -> BTreeMap<String, Spanned<Table>> {
    let mut tables = named.tables.clone();
    for (name, table) in &mut tables {
        if named.kind_of(name) == "prometheus" {
            table.get_mut().insert("listen".into(), OFF.into());
        }
    }
    tables
}

async fn probe(named: &BackendConfigs) -> Vec<CheckResult> {
    let mut all = Vec::new();
    let opened = quipu::open_backends(named, None);
    for (name, error) in opened.failed {
        let finding = Finding { step: "settings".into(), ok: false, said: error.to_string() };
        all.push(CheckResult { name, findings: vec![finding] });
    }
    for exporter in opened.exporters {
        let mut findings = exporter.backend.probe().await;
        if findings.is_empty() {
            findings.push(state(exporter.backend.health()));
        }
        all.push(CheckResult { name: exporter.name, findings });
    }
    all
}

fn state(health: Health) -> Finding {
    let (ok, said) = match health {
        Health::Ready => (true, "ready".to_owned()),
        Health::Degraded(why) | Health::Down(why) => (false, why),
    };
    Finding { step: "state".into(), ok, said }
}
