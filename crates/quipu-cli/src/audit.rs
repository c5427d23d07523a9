//! `quipu audit`: who did what, read from the data folder.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use quipu::core::{Clock as _, SystemClock, Timestamp};
use quipu_audit::{AuditPage, AuditQuery, FOLDER, Head, Noted, Outcome, Verdict};
use serde_json::json;

use crate::args::{AuditList, AuditPlace, AuditWhat};
use crate::ask;
use crate::table::{Column, clean, table};

/// Asks; `false` when the record is not what was written.
pub fn run(what: &AuditWhat) -> Result<bool> {
    match what {
        AuditWhat::List(list) => show(&list.at, &entries(list)?, print).map(|()| true),
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
            let (since, until) = (moment("since", since.as_deref())?, moment("until", until.as_deref())?);
            export(at, since, until, out.as_ref()).map(|()| true)
        }
    }
}

fn folder(at: &AuditPlace) -> Result<PathBuf> {
    let data = at.data_dir.clone().map_or_else(ask::default_folder, Ok)?;
    let folder = data.join(FOLDER);
    if !folder.is_dir() {
        bail!("there is no audit record in {}: is --data-dir the server's folder?", data.display());
    }
    Ok(folder)
}

fn moment(flag: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    let time = quipu_query::parse_time(text, SystemClock.now());
    time.map(Some).ok_or_else(|| anyhow!("--{flag}: {text:?} is no time such as 2026-11-21T08:00:00Z or -1h"))
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
    let query = AuditQuery { limit: Some(1), ..AuditQuery::default() };
    let page = quipu_audit::read_folder(&folder(at)?, &query)?;
    Ok(page.entries.first().map(Noted::head).unwrap_or_default())
}

fn export(
    at: &AuditPlace,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    out: Option<&PathBuf>,
) -> Result<()> {
    let folder = folder(at)?;
    let Some(path) = out else {
        let mut screen = std::io::stdout().lock();
        quipu_audit::export_folder(&folder, since, until, &mut |line| screen.write_all(line))?;
        return Ok(screen.flush()?);
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).with_context(|| format!("cannot make {}", path.display()))?;
    let mut file = std::io::BufWriter::new(file);
    let entries = quipu_audit::export_folder(&folder, since, until, &mut |line| file.write_all(line))?;
    file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    show(at, &json!({"entries": entries}), |_| format!("{entries} entries written to {}", path.display()))
}

fn show<T: serde::Serialize>(at: &AuditPlace, answer: &T, print: impl Fn(&T) -> String) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let said = if at.json { serde_json::to_string_pretty(answer)? } else { print(answer) };
    Ok(writeln!(out, "{said}")?)
}

fn print(page: &AuditPage) -> String {
    let titles = ["seq", "time", "actor", "action", "object", "project", "outcome", "from", "detail"];
    let columns = titles.map(|title| Column(title, title == "seq"));
    if page.entries.is_empty() {
        "no entries".into()
    } else {
        table(&columns, page.entries.iter().map(row).collect())
    }
}

fn row(entry: &Noted) -> Vec<String> {
    let or_dash = |text: Option<&String>| text.map_or_else(|| "–".into(), |text| clean(text));
    let time = entry.time.to_string();
    let detail: Vec<String> = entry.detail.iter().map(|(name, value)| format!("{name}={value}")).collect();
    vec![
        entry.seq.to_string(),
        time.get(..19).unwrap_or(&time).replace('T', " "),
        clean(&entry.actor.to_string()),
        clean(&entry.action),
        or_dash(entry.object.as_ref()),
        or_dash(entry.project.as_ref()),
        entry.outcome.to_string(),
        entry.from.map_or_else(|| "–".into(), |from| from.to_string()),
        clean(&detail.join(" ")),
    ]
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
            "{} bytes that a crash left at the end: the next start removes them",
            verdict.torn
        ));
    }
    lines.push(if verdict.holds {
        format!("whole, up to {}", verdict.head)
    } else {
        "NOT WHOLE: somebody or something changed the record".into()
    });
    lines.join("\n")
}
