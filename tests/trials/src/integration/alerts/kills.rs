//! Kills: a server under failing calls is killed again and again, and every episode is told.
//!
//! Every third server is killed as soon as a message has left it, before it can note that. All others are
//! killed at random moments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use super::calls::Calls;
use crate::bench::words::Random;
use crate::integration::hook::{self, Heard};
use crate::integration::{Bench, Report, Server};

/// Time between two users with a failing call. A message names ten, and one goes each second.
const APART: Duration = Duration::from_millis(400);
/// An episode ends a minute after its call, and is told soon after.
const QUIET: Duration = Duration::from_secs(90);

/// What was heard: messages in order, each with episodes, their status and the user.
type Messages = Vec<Vec<(String, String, String)>>;

/// Kills, then reads what was told.
///
/// # Errors
/// A server does not come up.
pub fn run(bench: &Bench, folder: &Path, report: Report) -> Result<Report> {
    let (port, heard) = hook::listen()?;
    let file = folder.join("quipu.toml");
    std::fs::write(&file, config(port))?;
    let (data, file) = (folder.join("data"), file.display().to_string());
    let start = || Server::beside(&bench.binary, &data, &["--config", &file]);
    let (mut calls, mut random) = (Calls::new("kills"), Random::new(9));
    let mut messages = Messages::new();
    for round in 0..bench.kills {
        let server = start()?;
        let life = Duration::from_millis(random.range(100, 2_500));
        let until = Instant::now() + if round % 3 == 0 { Duration::from_secs(4) } else { life };
        let mut next = Instant::now();
        while Instant::now() < until {
            if Instant::now() >= next {
                calls.fail(&server.otlp_http);
                next = Instant::now() + APART;
            }
            if let Ok(message) = heard.recv_timeout(Duration::from_millis(5)) {
                messages.extend(read(&message));
                if round % 3 == 0 {
                    break;
                }
            }
        }
        server.kill();
        if (round + 1) % 50 == 0 {
            println!("        {} kills, {} messages", round + 1, messages.len());
        }
    }
    let server = start()?;
    let (told, repeated) = finish(&heard, &calls, messages);
    server.stop()?;
    let users = calls.acknowledged();
    println!(
        "        {} kills, {} users, {} messages, {repeated} of them repeated",
        bench.kills,
        users.len(),
        told.values().map(|told| told.messages).sum::<usize>()
    );
    let lost = |status: &'static str| {
        let lacks = move |told: Option<&UserTold>| !told.is_some_and(|told| told.statuses.contains(status));
        let lost: Vec<String> = users.iter().filter(|user| lacks(told.get(*user))).cloned().collect();
        lost
    };
    let other = |told: &UserTold| told.episodes.len() != 1 || told.statuses.len() != 2;
    let changed: Vec<String> =
        told.iter().filter(|(_, told)| other(told)).map(|(user, told)| format!("{user}: {told:?}")).collect();
    let many = (repeated as u64 > bench.kills).then(|| format!("{repeated} repeated"));
    Ok(report
        .judged("kills: every begin is told", &lost("firing"))
        .judged("kills: every end is told", &lost("resolved"))
        .judged("kills: a repeated notice has the key of its episode", &changed[..changed.len().min(5)])
        .judged("kills: at most one message is repeated after each", many.as_slice()))
}

fn config(port: u16) -> String {
    format!(
        "[alerts]\nevery = \"1s\"\ngroup_interval = \"1s\"\n[alert.failing]\nkind = \"error_rate\"\n\
         group_by = [\"user\"]\ngroups = 1000\nwindow = \"1m\"\nabove = 0.5\nchannels = [\"hook\"]\n\
         [channel.hook]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\n"
    )
}

/// What was told about a user.
#[derive(Debug, Default)]
struct UserTold {
    episodes: BTreeSet<String>,
    statuses: BTreeSet<String>,
    messages: usize,
}

/// Waits for the last end, and counts.
fn finish(
    heard: &Receiver<Heard>,
    calls: &Calls,
    mut messages: Messages,
) -> (BTreeMap<String, UserTold>, usize) {
    let end = Instant::now() + QUIET;
    let ended = |messages: &Messages| {
        let ends = messages.iter().flatten().filter(|(_, status, _)| status == "resolved");
        ends.map(|(.., user)| user.clone()).collect::<BTreeSet<_>>()
    };
    while Instant::now() < end && !calls.acknowledged().is_subset(&ended(&messages)) {
        if let Ok(message) = heard.recv_timeout(Duration::from_millis(500)) {
            messages.extend(read(&message));
        }
    }
    let (mut told, mut seen, mut repeated) = (BTreeMap::<String, UserTold>::new(), BTreeSet::new(), 0);
    for message in messages {
        let mut is_repeated = false;
        for (episode, status, user) in message {
            is_repeated |= !seen.insert((episode.clone(), status.clone()));
            let told = told.entry(user).or_default();
            told.messages += 1;
            told.episodes.insert(episode);
            told.statuses.insert(status);
        }
        repeated += usize::from(is_repeated);
    }
    (told, repeated)
}

/// The notices of one message.
fn read(heard: &Heard) -> Option<Vec<(String, String, String)>> {
    let body: Value = serde_json::from_str(&heard.body).ok()?;
    let notices = body["notices"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let notice =
        |notice: &Value| (text(&notice["episode"]), text(&notice["status"]), text(&notice["group"]["user"]));
    Some(notices.iter().map(notice).collect())
}
