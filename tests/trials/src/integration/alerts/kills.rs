//! Kills: a server under failing calls is killed again and again, and every episode is told.
//!
//! Every third server is killed as soon as a message has left it, before it can note that. All others are
//! killed at random moments. A server that finds no note about a message sends it again: receivers know it by
//! the key of its episode.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde_json::Value;

use super::calls::Calls;
use crate::bench::words::Random;
use crate::integration::hook::{self, Heard};
use crate::integration::{Bench, Report, Server};

/// Time between two users with a failing call. A server sends four notices each second.
const APART: Duration = Duration::from_millis(1_000);
/// An episode ends a minute after its call, and is told soon after.
const QUIET: Duration = Duration::from_secs(90);
/// Time for a message that a killed server sent to be read.
const STRAGGLER: Duration = Duration::from_millis(50);
/// Messages of a channel that are sent at the same time, so a kill repeats no more.
const AT_ONCE: usize = 4;

/// A notice as it was heard.
struct Told {
    /// Number of the server that sent it.
    life: u64,
    episode: String,
    status: String,
    user: String,
}

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
    let mut told = Vec::new();
    for life in 0..bench.kills {
        let server = start()?;
        let length = Duration::from_millis(random.range(100, 1_500));
        let until = Instant::now() + if life % 3 == 0 { Duration::from_secs(4) } else { length };
        let mut next = Instant::now();
        while Instant::now() < until {
            if Instant::now() >= next {
                calls.fail(&server.otlp_http);
                next = Instant::now() + APART;
            }
            if let Ok(message) = heard.recv_timeout(Duration::from_millis(5)) {
                told.extend(read(&message, life)?);
                if life % 3 == 0 {
                    break;
                }
            }
        }
        server.kill();
        while let Ok(message) = heard.recv_timeout(STRAGGLER) {
            told.extend(read(&message, life)?);
        }
        if (life + 1) % 50 == 0 {
            println!("        {} kills, {} notices", life + 1, told.len());
        }
    }
    let server = start()?;
    let users = calls.acknowledged();
    finish(&heard, users, bench.kills, &mut told)?;
    server.stop()?;
    Ok(judged(report, bench.kills, users, &told))
}

/// Prints a line of figures, and adds the cases.
fn judged(report: Report, kills: u64, users: &BTreeSet<String>, told: &[Told]) -> Report {
    let found = Found::of(told);
    println!(
        "        {} kills, {} users, {} notices, {} of them repeated, at most {} after one kill",
        kills,
        users.len(),
        told.len(),
        found.repeated.values().sum::<usize>(),
        found.repeated.values().max().unwrap_or(&0),
    );
    let lost = |status: &'static str| {
        let has = |user: &String| {
            found.by_user.get(user.as_str()).is_some_and(|keys| keys.iter().any(|(_, is)| *is == status))
        };
        users.iter().filter(|user| !has(user)).cloned().collect::<Vec<String>>()
    };
    let other = |(_, keys): &(&&str, &BTreeSet<(&str, &str)>)| {
        keys.len() != 2 || keys.iter().map(|(episode, _)| episode).collect::<BTreeSet<_>>().len() != 1
    };
    let changed: Vec<String> =
        found.by_user.iter().filter(other).take(5).map(|(user, keys)| format!("{user}: {keys:?}")).collect();
    let many = found.repeated.iter().filter(|(_, count)| **count > AT_ONCE);
    let many: Vec<String> = many.map(|(life, count)| format!("{count} after kill {life}")).collect();
    report
        .judged("kills: every begin is told", &lost("firing"))
        .judged("kills: every end is told", &lost("resolved"))
        .judged("kills: a repeated notice has the key of its episode", &changed)
        .judged("kills: no server tells a notice twice", &found.twice)
        .judged("kills: only messages under way are repeated", &many)
}

/// Each episode is a group of its own, so that each message is about one notice.
fn config(port: u16) -> String {
    format!(
        "[alerts]\nevery = \"1s\"\ngroup_interval = \"1s\"\n[alert.failing]\nkind = \"error_rate\"\n\
         group_by = [\"user\"]\ngroups = 1000\nwindow = \"1m\"\nabove = 0.5\n\
         [[alerts.route]]\nchannels = [\"hook\"]\ngroup_by = [\"...\"]\n\
         [channel.hook]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\n"
    )
}

/// Notices by user, and repeated ones.
#[derive(Default)]
struct Found<'t> {
    /// Episodes and statuses by user.
    by_user: BTreeMap<&'t str, BTreeSet<(&'t str, &'t str)>>,
    /// Notices that an earlier server had sent, by server.
    repeated: BTreeMap<u64, usize>,
    /// Notices that one server sent twice.
    twice: Vec<String>,
}

impl<'t> Found<'t> {
    fn of(told: &'t [Told]) -> Self {
        let (mut found, mut last) = (Self::default(), BTreeMap::new());
        for Told { life, episode, status, user } in told {
            let key = (episode.as_str(), status.as_str());
            match last.insert(key, *life) {
                Some(earlier) if earlier == *life => found.twice.push(format!("{user} {status}")),
                Some(_) => *found.repeated.entry(*life).or_default() += 1,
                None => {}
            }
            found.by_user.entry(user).or_default().insert(key);
        }
        found
    }
}

/// Waits for the last end.
fn finish(heard: &Receiver<Heard>, users: &BTreeSet<String>, life: u64, told: &mut Vec<Told>) -> Result<()> {
    let end = Instant::now() + QUIET;
    let resolved = |told: &Told| (told.status == "resolved").then(|| told.user.clone());
    let mut ended: BTreeSet<String> = told.iter().filter_map(resolved).collect();
    while Instant::now() < end && !users.is_subset(&ended) {
        let Ok(message) = heard.recv_timeout(Duration::from_millis(500)) else { continue };
        if let Some(one) = read(&message, life)? {
            ended.extend(resolved(&one));
            told.push(one);
        }
    }
    Ok(())
}

/// The notice of a message; `None` if the kill cut it off.
fn read(heard: &Heard, life: u64) -> Result<Option<Told>> {
    let Ok(body) = serde_json::from_str::<Value>(&heard.body) else { return Ok(None) };
    let text = |value: &Value| {
        let text = value.as_str().map(str::to_owned);
        text.ok_or_else(|| anyhow!("a message is not about one notice: {}", heard.body))
    };
    Ok(Some(Told {
        life,
        episode: text(&body["episode"])?,
        status: text(&body["status"])?,
        user: text(&body["group"]["user"])?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(life: u64, episode: &str, status: &str) -> Told {
        Told { life, episode: episode.into(), status: status.into(), user: "ada".into() }
    }

    #[test]
    fn a_repetition_by_another_server_is_not_one_by_the_same() {
        let all = [told(0, "e", "firing"), told(1, "e", "firing"), told(1, "e", "resolved")];
        let found = Found::of(&all);
        assert_eq!(found.repeated, [(1, 1)].into());
        assert!(found.twice.is_empty());
        assert_eq!(found.by_user["ada"], [("e", "firing"), ("e", "resolved")].into());
        let all = [told(0, "e", "firing"), told(0, "e", "firing")];
        assert_eq!(Found::of(&all).twice, ["ada firing"]);
    }
}
