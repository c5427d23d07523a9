//! `quipu forget`: removes a user or session, over a server or the data folder.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use crate::args::Forget;
use crate::ask::{Question, ask_to_change};
use crate::table::{Column, rows, table, text};

/// Forgets, prints the proof, and returns whether everything is gone. With `--dry-run` it only counts the
/// records.
pub fn run(what: &Forget) -> Result<bool> {
    let body = json!({"user_id": what.user, "session_id": what.session, "dry_run": what.dry_run});
    let question = Question::post("/api/v1/forget", body);
    let proof = ask_to_change(&what.source, &question, |folder, proof| {
        if !proof["places"].as_array().into_iter().flatten().any(of_backend) {
            unseen(&quipu::BackendConfigs::folder(folder), proof);
        }
    })?;
    let mut out = std::io::stdout().lock();
    let said = if what.source.json { format!("{proof:#}") } else { print(&proof) };
    writeln!(out, "{said}")?;
    Ok(what.dry_run || proof["complete"] == true)
}

fn of_backend(place: &Value) -> bool {
    place["place"].as_str().is_some_and(|place| place.starts_with("spool of "))
}

/// Adds backends whose files were not read, because no server has them open.
fn unseen(folder: &Path, proof: &mut Value) {
    let is_kept = |path: &Path| {
        let files =
            ["spool", "dead"].map(|part| std::fs::read_dir(path.join(part)).into_iter().flatten().flatten());
        let endings = ["spool", "dead"];
        files.into_iter().flatten().any(|file| {
            file.path().extension().is_some_and(|ending| endings.iter().any(|kept| ending == *kept))
        })
    };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let kept: Vec<String> = entries
        .flatten()
        .filter(|entry| is_kept(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    if kept.is_empty() {
        return;
    }
    proof["complete"] = false.into();
    if let Some(places) = proof["places"].as_array_mut() {
        places.extend(kept.into_iter().map(|name| {
            json!({"place": format!("files of {name}"), "what": "records", "found": 0, "remaining": 0,
                "trouble": "not checked: start the server and use --url"})
        }));
    }
}

fn print(proof: &Value) -> String {
    let columns = [
        Column("place", false),
        Column("what", false),
        Column("found", true),
        Column("remaining", true),
        Column("trouble", false),
    ];
    let row = |place: &Value| {
        ["place", "what", "found", "remaining", "trouble"]
            .map(|key| match &place[key] {
                Value::Null => String::new(),
                value => text(value),
            })
            .to_vec()
    };
    let places = table(&columns, rows(proof, "places", row));
    let state = match (proof["dry_run"] == true, proof["complete"] == true) {
        (true, _) => "nothing was removed".to_owned(),
        (false, true) => "everything was removed".to_owned(),
        (false, false) => "not everything was removed".to_owned(),
    };
    let beyond: Vec<String> =
        proof["beyond"].as_array().into_iter().flatten().map(|line| format!("  {}", text(line))).collect();
    format!(
        "{places}\n{state}, {at}\nSHA-256 of {salt}:<id> is {sum}\nOut of reach:\n{}",
        beyond.join("\n"),
        at = text(&proof["at"]),
        salt = text(&proof["salt"]),
        sum = text(&proof["id_sha256"]),
    )
}
