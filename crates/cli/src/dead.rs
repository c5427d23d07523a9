//! `quipu dead-letters`: rejected batches of backends, over a server or the data folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use quipu::pipeline::DeadLetters;
use serde_json::{Value, json};

use crate::args::{DeadPlace, DeadWhat};
use crate::ask::{Question, ask_server, escape};
use crate::folder::default_folder;
use crate::serve::Config;
use crate::table::{Column, rows, table, text, time};

/// Lists, replays or removes.
pub fn run(what: &DeadWhat) -> Result<()> {
    match what {
        DeadWhat::List { backend, at } => show(at, &list(at, backend.as_deref())?, print),
        DeadWhat::Replay { backend, at } => show(at, &replay(at, backend)?, |answer| {
            let count = |key: &str| text(&answer[key]);
            format!("{} records are sent again, {} dead letters remain", count("records"), count("left"))
        }),
        DeadWhat::Rm { backend, ids, at } => {
            show(at, &remove(at, backend, ids)?, |answer| format!("{} removed", text(&answer["removed"])))
        }
    }
}

fn path(backend: &str) -> String {
    format!("/api/v1/backends/{}/dead-letters", escape(backend))
}

fn list(at: &DeadPlace, backend: Option<&str>) -> Result<Value> {
    let mut all = Vec::new();
    let names = match (backend, &at.url) {
        (Some(name), _) => vec![name.to_owned()],
        (None, Some(url)) => names(&ask_server(url, &Question::get("/api/v1/backends"))?),
        (None, None) => folders(&Exporters::of(at)?.folder)?,
    };
    for name in names {
        let letters = match &at.url {
            Some(url) => ask_server(url, &Question::get(path(&name)))?["dead_letters"].take(),
            None => serde_json::to_value(Exporters::of(at)?.letters(&name).list()?)?,
        };
        let Value::Array(letters) = letters else { bail!("not a list of dead letters") };
        all.extend(letters.into_iter().map(|mut letter| {
            letter["backend"] = name.as_str().into();
            letter
        }));
    }
    Ok(json!({"dead_letters": all}))
}

fn replay(at: &DeadPlace, backend: &str) -> Result<Value> {
    if let Some(url) = &at.url {
        return ask_server(url, &Question::post(format!("{}/replay", path(backend)), json!({})));
    }
    let exporters = Exporters::of(at)?;
    let settings =
        exporters.config.named(&exporters.config.backends, &exporters.data).delivery_of(backend)?;
    let replayed = exporters.letters(backend).replay(&settings);
    Ok(serde_json::to_value(replayed.context("if a server runs, pass its address with --url")?)?)
}

fn remove(at: &DeadPlace, backend: &str, ids: &[u64]) -> Result<Value> {
    if let Some(url) = &at.url {
        return ask_server(url, &Question::post(format!("{}/remove", path(backend)), json!({"ids": ids})));
    }
    let letters = Exporters::of(at)?.letters(backend);
    let all = || -> Result<Vec<u64>> { Ok(letters.list()?.iter().map(|letter| letter.id).collect()) };
    let ids = if ids.is_empty() { all()? } else { ids.to_vec() };
    Ok(json!({"removed": letters.remove(&ids)?}))
}

/// The folders of all exporters in a data folder.
struct Exporters {
    config: Config,
    data: PathBuf,
    folder: PathBuf,
}

impl Exporters {
    fn of(at: &DeadPlace) -> Result<Self> {
        let config = Config::read(at.config.as_deref())?;
        let said = at.data_dir.clone().or_else(|| config.data_dir.clone());
        let data = said.map_or_else(default_folder, Ok)?;
        let folder = quipu::BackendConfigs::folder(&data);
        Ok(Self { config, data, folder })
    }

    fn letters(&self, backend: &str) -> DeadLetters {
        DeadLetters::open(&self.folder.join(backend))
    }
}

fn folders(folder: &Path) -> Result<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// The exporters of a server: all of its backends except the store.
fn names(answer: &Value) -> Vec<String> {
    let backends = answer["backends"].as_array().into_iter().flatten();
    let exporters = backends.filter(|backend| !backend["delivery"].is_null());
    exporters.filter_map(|backend| backend["name"].as_str().map(str::to_owned)).collect()
}

fn show(at: &DeadPlace, answer: &Value, print: impl Fn(&Value) -> String) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let said = if at.json { format!("{answer:#}") } else { print(answer) };
    Ok(writeln!(out, "{said}")?)
}

fn print(answer: &Value) -> String {
    let columns = [
        Column("backend", false),
        Column("id", true),
        Column("at", false),
        Column("records", true),
        Column("reason", false),
        Column("said", false),
    ];
    let row = |letter: &Value| {
        let word = |key: &str| text(&letter[key]);
        vec![word("backend"), word("id"), time(&letter["at"]), word("records"), word("reason"), word("said")]
    };
    let rows = rows(answer, "dead_letters", row);
    if rows.is_empty() { "no dead letters".into() } else { table(&columns, rows) }
}
