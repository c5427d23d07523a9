//! `quipu prices update`: shows the changes in a newer price list, and stores it next to the earlier lists.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use quipu::core::{Clock, SystemClock};
use quipu::prices::convert::{self, Origin};
use quipu::prices::{Books, PAST, diff, import, open};
use serde_json::json;

use super::{Question, archive, source};
use crate::args::Update;
use crate::client::Client;
use crate::note::note;
use crate::table::clean;

/// Largest list, or package with one, that is read.
const MOST: u64 = 256 << 20;
/// How long a server of lists may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Lines of difference that are printed.
const LINES: usize = 200;

/// Reads the list, shows its changes, and keeps it unless it is a dry run.
pub fn run(update: &Update) -> Result<bool> {
    let folder = source::book_folder(&update.source)?;
    let (name, bytes) = read(&update.from)?;
    let (name, list) = archive::list_in(name, bytes)?;
    let today = SystemClock.now().to_string();
    let origin = Origin {
        file: &name,
        version: update.version.as_deref(),
        retrieved: today.get(..10).unwrap_or(&today),
    };
    let file = convert::file(&list, &origin)?;
    let (books, notes) = open(&folder)?;
    notes.iter().for_each(|text| note(text));
    let newer = Books::decode(file.clone())?;
    let changes = diff(&books, &newer);
    let kept = if update.dry_run { None } else { Some(keep(update, &folder, &file)?) };
    let read: Vec<_> =
        newer.sources().iter().map(|one| (one.source.clone(), one.version.clone(), one.rules)).collect();
    let answer = json!({
        "file": name, "dry_run": update.dry_run,
        "kept": kept.as_ref().map(|kept| &kept.path), "server": kept.as_ref().map(|kept| kept.server),
        "books": read.iter().map(|(source, version, rules)| json!({"source": source, "version": version, "rules": rules})).collect::<Vec<_>>(),
        "new": changes.new.len(), "gone": changes.gone.len(), "changed": changes.changed.len(),
        "difference": changes.to_string().lines().collect::<Vec<_>>(),
    });
    super::show(update.source.json, &answer, |_| {
        let mut out = shortened(&changes.to_string());
        for (source, version, rules) in &read {
            out.push_str(&format!("{source} {version}: {rules} models\n"));
        }
        out.push_str(
            &kept.as_ref().map_or_else(|| "nothing was stored (--dry-run)".to_owned(), SavedList::words),
        );
        out
    })?;
    Ok(true)
}

/// A list that was kept.
struct SavedList {
    path: String,
    /// `reloaded`, or `restart` when a server may run that has not heard of it.
    server: &'static str,
}

impl SavedList {
    fn words(&self) -> String {
        let server = match self.server {
            "reloaded" => "the server uses it from now on",
            _ => "a running server uses it after POST /api/v1/prices/reload or a restart",
        };
        format!(
            "stored as {}; {server}\nstored calls keep their costs: see `quipu prices reprice --dry-run`",
            self.path
        )
    }
}

/// Writes the file, and notifies the server that has the folder open.
fn keep(update: &Update, folder: &Path, file: &[u8]) -> Result<SavedList> {
    let Some(url) = update.source.url.as_deref() else {
        let path = import(folder, file)?;
        let told = source::server_of(folder).and_then(|url| source::ask_server(&url, &reload()).ok());
        let server = if told.is_some() { "reloaded" } else { "restart" };
        return Ok(SavedList { path: path.display().to_string(), server });
    };
    bail!(
        "a price list is stored in a data folder: use --data-dir of the server instead of --url {url} (the \
         server reads {PAST}/)"
    )
}

fn reload() -> Question {
    Question::post("/api/v1/prices/reload", json!({}))
}

/// The file's name and bytes.
fn read(from: &str) -> Result<(String, Vec<u8>)> {
    let name = from.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(from).to_owned();
    let bytes = if from.starts_with("https://") || from.starts_with("http://") {
        let got = Client::of_others(Some(PATIENCE))?.download(from, usize::try_from(MOST)?);
        got.with_context(|| format!("cannot get {}", clean(from)))?
    } else {
        let file = fs::File::open(from).with_context(|| format!("cannot read {from}"))?;
        let mut bytes = Vec::new();
        // The size of a device or a pipe is 0 in its metadata.
        file.take(MOST + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {from}"))?;
        bytes
    };
    if bytes.len() as u64 > MOST {
        bail!("{} has more bytes than the limit of {MOST}", clean(from));
    }
    Ok((name, bytes))
}

fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out: String = lines.iter().take(LINES).map(|line| format!("{}\n", clean(line))).collect();
    if lines.len() > LINES {
        out.push_str(&format!("… and {} lines more; --json has all of them\n", lines.len() - LINES));
    }
    out
}
