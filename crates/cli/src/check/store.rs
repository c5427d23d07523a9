//! Check of the store's files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use quipu::Access;
use quipu::core::{ErrorKind, Store, StoreInfo};
use quipu::sqlite::Sqlite;
use serde_json::{Value, json};

use super::{beside, repair};
use crate::args::CheckStore;
use crate::{ask, store};

/// Looks through the stores of all projects, and mends them where that is wanted; `false` when something is
/// wrong with one.
pub fn run(what: &CheckStore) -> Result<bool> {
    let source = &what.source;
    anyhow::ensure!(source.url.is_none(), "a check reads the files of the store: use --data-dir");
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
fn stores(uri: &str, folder: &Path) -> Vec<repair::Site> {
    let other = |(name, path): (String, PathBuf)| repair::Site {
        said: prefix(&name),
        store: path.clone(),
        data: path,
        is_default: false,
    };
    let own = repair::Site {
        said: String::new(),
        store: quipu::store_folder(uri, folder),
        data: folder.to_owned(),
        is_default: true,
    };
    [own].into_iter().chain(store::projects(folder).into_iter().map(other)).collect()
}

async fn mend(uri: &str, folder: &Path, what: &CheckStore) -> Result<bool> {
    anyhow::ensure!(
        quipu::has_files(uri),
        "{}: --repair works on files, and only the store sqlite has them",
        quipu::without_login(uri)
    );
    let mended = repair::run(&stores(uri, folder), what.deep, what.source.json).await;
    let is_open =
        |error: &anyhow::Error| error.chain().any(|cause| cause.downcast_ref().is_some_and(is_locked));
    match mended {
        Err(error) if is_open(&error) => {
            Err(error).context("stop the server first: a repair needs exclusive access to the store")
        }
        mended => mended,
    }
}

fn is_locked(error: &quipu::Error) -> bool {
    error.kind() == ErrorKind::Locked
}

/// Findings about a store, and about the files next to it.
struct Looked {
    /// `None` if its catalog is damaged.
    info: Option<StoreInfo>,
    findings: Vec<String>,
}

async fn check(uri: &str, folder: &Path, what: &CheckStore) -> Result<bool> {
    let mut own = look(uri, folder, what.deep).await?;
    own.findings.extend(beside::findings(folder, true));
    let mut projects = Vec::new();
    for (name, path) in store::projects(folder) {
        let mut looked =
            look("sqlite:", &path, what.deep).await.with_context(|| format!("project {name}"))?;
        looked.findings.extend(beside::findings(&path, false));
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
        for StoreInfo { uri, spans, days, bytes, version, .. } in [&own]
            .into_iter()
            .chain(projects.iter().map(|(_, looked)| looked))
            .filter_map(|looked| looked.info.as_ref())
        {
            println!("{uri}: {spans} spans in {days} days, {bytes} bytes, layout {version}");
        }
        findings.iter().for_each(|finding| println!("  {finding}"));
        println!("{}", if findings.is_empty() { "sound" } else { "not sound" });
    }
    Ok(findings.is_empty())
}

fn told(project: &str, looked: &Looked) -> Value {
    let mut told = match &looked.info {
        Some(StoreInfo { uri, version, days, spans, bytes, .. }) => {
            json!({"uri": uri, "version": version, "days": days, "spans": spans, "bytes": bytes})
        }
        None => json!({}),
    };
    told["project"] = project.into();
    told["sound"] = looked.findings.is_empty().into();
    told["findings"] = json!(looked.findings);
    told
}

/// Checks one store. An unreadable catalog is a finding, and so is a catalog missing next to its days.
async fn look(uri: &str, folder: &Path, deep: bool) -> Result<Looked> {
    let root = quipu::store_folder(uri, folder);
    let catalog = root.join("catalog.db");
    let is_empty = || std::fs::metadata(&catalog).map_or(true, |file| file.len() == 0);
    if quipu::has_files(uri) && is_empty() && has_days(&root) {
        let finding = format!("Catalog: {} is missing or empty, and day files exist.", catalog.display());
        return Ok(Looked { info: None, findings: vec![finding] });
    }
    match look_whole(uri, folder, deep).await {
        Err(error)
            if error
                .downcast_ref::<quipu::Error>()
                .is_some_and(|error| error.kind() == ErrorKind::Damaged) =>
        {
            Ok(Looked { info: None, findings: vec![format!("{error:#}.")] })
        }
        looked => looked,
    }
}

fn has_days(root: &Path) -> bool {
    let days = std::fs::read_dir(root.join("days")).into_iter().flatten().flatten();
    days.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("d-"))
}

async fn look_whole(uri: &str, folder: &Path, deep: bool) -> Result<Looked> {
    if deep && quipu::has_files(uri) {
        let store = Sqlite::open_read_only(quipu::store_folder(uri, folder))?;
        return Ok(Looked { info: Some(store.info().await?), findings: store.check_deep().await? });
    }
    let store = quipu::open(uri, folder, Access::Read)?;
    let info = Some(store.info().await?);
    let findings = match store.integrity() {
        Some(integrity) => integrity.check().await?,
        None => Vec::new(),
    };
    Ok(Looked { info, findings })
}
