//! `quipu audit`: the audit log, read from the data folder, or from a server.

mod remote;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use quipu::core::{Clock as _, SystemClock, Timestamp};
use quipu_audit::{AuditPage, AuditQuery, FOLDER, Head, Noted, Outcome, Verdict};
use serde_json::{Value, json};

use crate::args::{AuditList, AuditPlace, AuditWhat};
use crate::folder::default_folder;
use crate::table::{Column, clean, table};

const NOT_WHOLE: &str = "NOT WHOLE: the record was changed by another program";

/// Runs a query; `false` when the audit log was changed.
pub fn run(what: &AuditWhat) -> Result<bool> {
    match what {
        AuditWhat::List(list) => {
            match &list.at.url {
                Some(url) => {
                    show(&list.at, &remote::entries(url, list, span(&list.since, &list.until)?)?, print)?
                }
                None => show(&list.at, &entries(list)?, |page| print(&json!(page)))?,
            }
            Ok(true)
        }
        AuditWhat::Verify { head, at: at @ AuditPlace { url: Some(url), .. } } => {
            let verdict = remote::verify(url, head)?;
            show(at, &verdict, told_by_server)?;
            Ok(verdict["holds"] == true)
        }
        AuditWhat::Verify { head, at } => {
            let verdict = quipu_audit::verify_folder(&folder(at)?, head)?;
            show(at, &verdict, told)?;
            Ok(verdict.holds)
        }
        AuditWhat::Head { at } => {
            let head = last(at)?;
            show(at, &head, Head::to_string).map(|()| true)
        }
        AuditWhat::Export { since, until, out, at } => {
            export(at, span(since, until)?, out.as_ref()).map(|()| true)
        }
    }
}

fn span(since: &Option<String>, until: &Option<String>) -> Result<[Option<Timestamp>; 2]> {
    Ok([moment("since", since.as_deref())?, moment("until", until.as_deref())?])
}

fn folder(at: &AuditPlace) -> Result<PathBuf> {
    let data = at.data_dir.clone().map_or_else(default_folder, Ok)?;
    let folder = data.join(FOLDER);
    if !folder.is_dir() {
        bail!("there is no audit record in {}: is --data-dir the server's folder?", data.display());
    }
    Ok(folder)
}

fn moment(flag: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    let time = quipu_query::parse_time(text, SystemClock.now());
    time.map(Some)
        .ok_or_else(|| anyhow!("--{flag}: expected a time such as 2026-11-21T08:00:00Z or -1h, got {text:?}"))
}

/// Pages until there are as many as were asked for.
fn entries(list: &AuditList) -> Result<AuditPage> {
    let folder = folder(&list.at)?;
    let mut query = AuditQuery {
        since: moment("since", list.since.as_deref())?,
        until: moment("until", list.until.as_deref())?,
        actor: list.actor.clone(),
        action: list.action.clone(),
        object: list.object.clone(),
        project: list.project.clone(),
        outcome: list.outcome.as_deref().and_then(Outcome::of),
        before: list.before,
        limit: None,
    };
    let mut all = AuditPage { entries: Vec::new(), next: list.before };
    loop {
        query.limit = Some(list.limit.saturating_sub(all.entries.len()));
        let page = quipu_audit::read_folder(&folder, &query)?;
        all.entries.extend(page.entries);
        (all.next, query.before) = (page.next, page.next);
        if all.next.is_none() || all.entries.len() >= list.limit {
            return Ok(all);
        }
    }
}

fn last(at: &AuditPlace) -> Result<Head> {
    if let Some(url) = &at.url {
        return remote::last(url);
    }
    let query = AuditQuery { limit: Some(1), ..AuditQuery::default() };
    let page = quipu_audit::read_folder(&folder(at)?, &query)?;
    Ok(page.entries.first().map(Noted::head).unwrap_or_default())
}

fn export(at: &AuditPlace, span: [Option<Timestamp>; 2], out: Option<&PathBuf>) -> Result<()> {
    let Some(path) = out else {
        let mut screen = std::io::stdout().lock();
        pour(at, span, &mut screen)?;
        return Ok(screen.flush()?);
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).with_context(|| format!("cannot make {}", path.display()))?;
    let mut file = std::io::BufWriter::new(file);
    let entries = pour(at, span, &mut file)?;
    file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    show(at, &json!({"entries": entries}), |_| format!("{entries} entries written to {}", path.display()))
}

/// Writes the lines as they stand there; gives how many there are.
fn pour(at: &AuditPlace, span: [Option<Timestamp>; 2], out: &mut dyn Write) -> Result<u64> {
    match (&at.url, span) {
        (Some(url), span) => remote::export(url, span, out),
        (None, [since, until]) => {
            let mut line = |line: &[u8]| out.write_all(line);
            Ok(quipu_audit::export_folder(&folder(at)?, since, until, &mut line)?)
        }
    }
}

fn show<T: serde::Serialize>(at: &AuditPlace, answer: &T, print: impl Fn(&T) -> String) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let said = if at.json { serde_json::to_string_pretty(answer)? } else { print(answer) };
    Ok(writeln!(out, "{said}")?)
}

/// A page, of the folder or of a server.
fn print(page: &Value) -> String {
    let titles = ["seq", "time", "actor", "action", "object", "project", "outcome", "from", "detail"];
    let columns = titles.map(|title| Column(title, title == "seq"));
    match page["entries"].as_array() {
        Some(entries) if !entries.is_empty() => table(&columns, entries.iter().map(row).collect()),
        _ => "no entries".into(),
    }
}

fn row(entry: &Value) -> Vec<String> {
    let text = |field: &str| entry[field].as_str().map_or_else(|| "–".into(), clean);
    let actor = match &entry["actor"] {
        Value::String(actor) => clean(actor),
        parts => clean(&format!("{}:{}", said(&parts["kind"]), said(&parts["id"]))),
    };
    let time = said(&entry["time"]);
    let detail = entry["detail"].as_object().into_iter().flatten();
    let detail: Vec<String> = detail.map(|(name, value)| format!("{name}={}", said(value))).collect();
    vec![
        entry["seq"].to_string(),
        clean(&time.get(..19).unwrap_or(time).replace('T', " ")),
        actor,
        text("action"),
        text("object"),
        text("project"),
        text("outcome"),
        text("from"),
        clean(&detail.join(" ")),
    ]
}

fn said(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn told_by_server(verdict: &Value) -> String {
    let mut lines = vec![format!("{} entries", verdict["entries"])];
    lines.extend(verdict["faults"].as_array().into_iter().flatten().map(|fault| clean(said(fault))));
    if verdict["more"].as_u64().is_some_and(|more| more > 0) {
        lines.push(format!("and {} more", verdict["more"]));
    }
    let holds = verdict["holds"] == true;
    lines.push(if holds {
        format!("whole, up to {}", clean(said(&verdict["head"])))
    } else {
        NOT_WHOLE.into()
    });
    lines.join("\n")
}

fn told(verdict: &Verdict) -> String {
    let span = match (verdict.first, verdict.last) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    };
    let mut lines = vec![format!("{} entries in {} files{span}", verdict.entries, verdict.files)];
    for fault in &verdict.faults {
        let place = match (&fault.file, fault.line) {
            (Some(file), Some(line)) => format!("{}:{line}: ", clean(file)),
            _ => String::new(),
        };
        lines.push(format!("{place}{}", fault.what));
    }
    if verdict.more > 0 {
        lines.push(format!("and {} more", verdict.more));
    }
    if verdict.torn > 0 {
        lines.push(format!(
            "{} incomplete bytes at the end, left by a crash: the next start removes them",
            verdict.torn
        ));
    }
    lines.push(if verdict.holds { format!("whole, up to {}", verdict.head) } else { NOT_WHOLE.into() });
    lines.join("\n")
}
