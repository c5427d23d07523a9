//! The store's files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use quipu::Access;
use quipu::core::{ErrorKind, Store, StoreInfo};
use quipu::sqlite::Sqlite;
use serde_json::{Value, json};

use crate::args::CheckStore;
use crate::{ask, store};

/// Looks through the stores of all projects, and mends them where that is wanted; `false` when something is wrong with one.
pub fn run(what: &CheckStore) -> Result<bool> {
    let source = &what.source;
    anyhow::ensure!(source.url.is_none(), "a store is checked through its files: use --data-dir");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (uri, folder) = ask::place(source)?;
        if what.repair { mend(&uri, &folder, what).await } else { check(&uri, &folder, what).await }
    })
}

/// How a finding of a project begins.
fn prefix(project: &str) -> String {
    format!("Project {project}: ")
}

/// Stores without a word on the project, which is the default one, and then the others.
fn stores(uri: &str, folder: &Path) -> Vec<(String, PathBuf)> {
    let others = store::projects(folder).into_iter().map(|(name, path)| (prefix(&name), path));
    [(String::new(), quipu::store_folder(uri, folder))].into_iter().chain(others).collect()
}

async fn mend(uri: &str, folder: &Path, what: &CheckStore) -> Result<bool> {
    let mended = store::repair(&stores(uri, folder), what.deep, what.source.json).await;
    let is_open =
        |error: &anyhow::Error| error.chain().any(|cause| cause.downcast_ref().is_some_and(is_locked));
    match mended {
        Err(error) if is_open(&error) => {
            Err(error).context("stop the server first: nobody may write while a store is mended")
        }
        mended => mended,
    }
}

fn is_locked(error: &quipu::Error) -> bool {
    error.kind() == ErrorKind::Locked
}

/// What was found out about a store.
struct Looked {
    info: StoreInfo,
    findings: Vec<String>,
}

async fn check(uri: &str, folder: &Path, what: &CheckStore) -> Result<bool> {
    let own = look(uri, folder, what.deep).await?;
    let mut projects = Vec::new();
    for (name, path) in store::projects(folder) {
        let looked = look("sqlite:", &path, what.deep).await.with_context(|| format!("project {name}"))?;
        projects.push((name, looked));
    }
    let of_projects = projects.iter().flat_map(|(name, looked)| {
        looked.findings.iter().map(move |finding| format!("{}{finding}", prefix(name)))
    });
    let findings: Vec<String> = own.findings.iter().cloned().chain(of_projects).collect();
    if what.source.json {
        let projects: Vec<Value> = projects.iter().map(|(name, looked)| told(name, looked)).collect();
        let mut answer = told("default", &own);
        answer["sound"] = findings.is_empty().into();
        answer["findings"] = json!(findings);
        answer["projects"] = projects.into();
        println!("{answer:#}");
    } else {
        for StoreInfo { uri, spans, days, bytes, version, .. } in
            [&own].into_iter().chain(projects.iter().map(|(_, looked)| looked)).map(|looked| &looked.info)
        {
            println!("{uri}: {spans} spans in {days} days, {bytes} bytes, layout {version}");
        }
        findings.iter().for_each(|finding| println!("  {finding}"));
        println!("{}", if findings.is_empty() { "sound" } else { "not sound" });
    }
    Ok(findings.is_empty())
}

fn told(project: &str, looked: &Looked) -> Value {
    let StoreInfo { uri, version, days, spans, bytes, .. } = &looked.info;
    json!({
        "project": project, "uri": uri, "version": version, "days": days, "spans": spans, "bytes": bytes,
        "sound": looked.findings.is_empty(), "findings": looked.findings,
    })
}

async fn look(uri: &str, folder: &Path, deep: bool) -> Result<Looked> {
    if deep {
        let store = Sqlite::open_read_only(quipu::store_folder(uri, folder))?;
        return Ok(Looked { info: store.info().await?, findings: store.check_deep().await? });
    }
    let store = quipu::open(uri, folder, Access::Read)?;
    Ok(Looked { info: store.info().await?, findings: store.check().await? })
}
