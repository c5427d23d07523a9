//! Ten kinds of channels against servers that check every message, and that answer with errors first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::calls::Calls;
use super::own::Own;
use crate::integration::alertmanager::Alertmanager;
use crate::integration::tools::{self, Program};
use crate::integration::{Bench, Http, Report};
use crate::shell;

const DOUBLES: &str = include_str!("../../../suites/alerts/doubles.py");
const PACKAGES: [&str; 4] = ["aiosmtpd==1.4.6", "slack-sdk==3.47.0", "opsgenie-sdk==2.1.5", "trustme==1.2.1"];
const CARDS: &str = "adaptivecards@2.11.2";
const KINDS: [&str; 7] = ["slack", "discord", "teams", "pagerduty", "opsgenie", "webhook", "alertmanager"];
/// Mail servers: name, encryption, whether the channel logs in.
const MAILS: [(&str, &str, bool); 7] = [
    ("plain", "none", false),
    ("starttls", "starttls", true),
    ("tls", "tls", true),
    ("greylist", "none", false),
    ("hang", "none", false),
    ("drop", "none", false),
    ("refuse", "none", false),
];
const SECRETS: [&str; 4] = ["S1GNATURE", "R0UTINGKEY-of-thirty-two-chars--", "PASSW0RD", "T0KEN"];
/// The call leaves the window after a minute, and its end passes all errors again.
const WAIT: Duration = Duration::from_secs(120);

/// Every kind takes errors, rejections and both ends of an episode.
///
/// # Errors
/// The server does not come up.
pub fn run(bench: &Bench, folder: &Path, report: Report) -> Result<Report> {
    let (python, cards) = match receivers(bench) {
        Ok(found) => found,
        Err(error) => return Ok(report.skipped("channels", &format!("{error:#}"))),
    };
    let script = folder.join("doubles.py");
    fs::write(&script, DOUBLES)?;
    let mut command = Command::new(python);
    let program = Program::start(command.arg(&script).arg(folder).arg(cards), &folder.join("doubles.log"))?;
    let file = folder.join("ports.json");
    let ports = || serde_json::from_str::<Value>(&fs::read_to_string(&file).ok()?).ok();
    let ports = shell::poll(Duration::from_secs(30), ports)
        .ok_or_else(|| anyhow!("the receivers do not come up: {}", shell::tail(&program.said(), 5)))?;
    let manager = match Alertmanager::find(&bench.cache) {
        Ok(program) => {
            let config = "route: {receiver: none}\nreceivers: [{name: none}]\n";
            Some(Alertmanager::fresh(&program, folder, config)?)
        }
        Err(_) => None,
    };
    let url = manager.as_ref().map(Alertmanager::url);
    let server = Own::start(bench, folder, &config(folder, &ports, url)?)?;
    let doubles = format!("http://127.0.0.1:{}/", ports["http"]);
    let http = Http::new(Duration::from_secs(20));
    let fired = fire(&http, &server)?;
    let report =
        report.judged("channels: TLS of an unknown authority is refused, a known one is used", &fired);
    Calls::new("channels").fail(&server.otlp_http).ok_or_else(|| anyhow!("no call was stored"))?;
    let mut history = Value::Null;
    let mut done = || {
        history = http.json(&server.api("alerts/history")).ok()?;
        settled(&history).then_some(())
    };
    shell::poll(WAIT, || done().or_else(crate::integration::prometheus::pause));
    let state = http.json(&doubles)?;
    let report = verdicts(report, &history, &state);
    let report = match manager {
        Some(manager) => {
            let held = manager.get("alerts?active=true&silenced=true&inhibited=true")?;
            let wrong = (!held.as_array().is_some_and(Vec::is_empty)).then(|| format!("{held}"));
            report.judged("channels: Alertmanager itself took begin and end", wrong.as_slice())
        }
        None => report.skipped("channels: Alertmanager itself", "it is not installed"),
    };
    let said = [server.said(), history.to_string(), http.json(&server.api("alerts/rules"))?.to_string()];
    let leaks = |secret: &&str| said.iter().any(|text| text.contains(*secret));
    let leaked: Vec<String> = SECRETS.into_iter().filter(leaks).map(str::to_owned).collect();
    let shown = ["[FIRING] failing", "[RESOLVED] failing"];
    let lacking: Vec<String> = shown
        .into_iter()
        .filter(|text| server.said().matches(text).count() < 2)
        .map(|text| format!("{text} is not in console and log: {}", shell::tail(&server.said(), 20)))
        .collect();
    Ok(report
        .judged("channels: no secret in log, history and rules", &leaked)
        .judged("channels: console and log show begin and end", &lacking))
}

/// Python with the receivers' packages, and a folder with the parser of cards.
fn receivers(bench: &Bench) -> Result<(std::path::PathBuf, std::path::PathBuf)> {
    let python = tools::venv(&bench.cache, "alerts", &PACKAGES)?;
    Ok((python, tools::npm(&bench.cache, "alerts", &[CARDS])?))
}

/// A rule that tells all channels, and the channels.
fn config(folder: &Path, ports: &Value, manager: Option<&str>) -> Result<String> {
    let mut channels = String::new();
    let mut told = vec!["console".to_owned(), "log".to_owned()];
    let ca = folder.join("ca.pem");
    let http = |kind: &str, mode: &str| {
        let keys = match kind {
            "webhook" => "secret = \"S1GNATURE\"\n",
            "pagerduty" => "routing_key = \"R0UTINGKEY-of-thirty-two-chars--\"\n",
            "opsgenie" => "api_key = \"R0UTINGKEY-of-thirty-two-chars--\"\n",
            _ => "",
        };
        // Opsgenie and Alertmanager have a base address.
        let token = if matches!(kind, "opsgenie" | "alertmanager") { "" } else { "?token=T0KEN" };
        format!(
            "kind = \"{kind}\"\n{keys}url = \"http://127.0.0.1:{}/{kind}/{mode}{token}\"\n",
            ports["http"]
        )
    };
    for kind in KINDS {
        for mode in ["ok", "flaky", "refuse"] {
            let _ = write!(channels, "[channel.{kind}-{mode}]\n{}timeout_ms = 3000\n", http(kind, mode));
            if mode == "refuse" {
                let _ = writeln!(channels, "fallback = \"{kind}-net\"");
                let _ = write!(channels, "[channel.{kind}-net]\n{}timeout_ms = 20000\n", http(kind, "net"));
            }
            told.push(format!("{kind}-{mode}"));
        }
    }
    for (name, encryption, auth) in MAILS {
        let keys = if auth { "user = \"quipu\"\npassword = \"PASSW0RD\"\n" } else { "" };
        let port = &ports[name];
        let _ = write!(
            channels,
            "[channel.mail-{name}]\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             encryption = \"{encryption}\"\n{keys}ca_file = {ca:?}\ntimeout_ms = 3000\n\
             from = \"Quipu <quipu@example.com>\"\nto = [\"ops@example.com\", \"Ada <ada@example.com>\"]\n"
        );
        if name == "refuse" {
            channels += "fallback = \"mail-net\"\n";
        }
        told.push(format!("mail-{name}"));
    }
    let _ = write!(
        channels,
        "[channel.mail-net]\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\n\
         from = \"quipu@example.com\"\nto = [\"ops@example.com\"]\n",
        ports["plain"]
    );
    if let Some(url) = manager {
        let _ = write!(channels, "[channel.manager]\nkind = \"alertmanager\"\nurl = \"{url}\"\n");
        told.push("manager".to_owned());
    }
    channels += &tested_by_hand(&ca, ports);
    Ok(format!(
        "[alerts]\nevery = \"1s\"\ngroup_interval = \"1s\"\nurl = \"https://quipu.example.com\"\n\
         [alert.failing]\nkind = \"error_rate\"\nfilter = \"service:alerts\"\nwindow = \"1m\"\nabove = 0.5\n\
         no_data = \"ok\"\nseverity = \"critical\"\nsummary = \"A <b>bad</b> & \\\"long\\\" day: {}\"\n\
         channels = {}\n{channels}",
        "ü".repeat(900),
        serde_json::to_string(&told)?
    ))
}

/// Channels that only get test notices: of a known and an unknown authority, and with another password.
fn tested_by_hand(ca: &Path, ports: &Value) -> String {
    let mut channels = String::new();
    for (name, file) in [("strange", ""), ("known", &*format!("ca_file = {ca:?}\n"))] {
        let url = format!("https://127.0.0.1:{}/webhook/tls?token=T0KEN", ports["https"]);
        let _ = write!(
            channels,
            "[channel.{name}]\nkind = \"webhook\"\nsecret = \"S1GNATURE\"\nurl = \"{url}\"\n{file}"
        );
        let _ = write!(
            channels,
            "[channel.mail-{name}]\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"quipu\"\n{file}\
             password = \"PASSW0RD\"\nfrom = \"quipu@example.com\"\nto = [\"ops@example.com\"]\n",
            ports["starttls"]
        );
    }
    let _ = write!(
        channels,
        "[channel.mail-password]\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"quipu\"\n\
         ca_file = {ca:?}\npassword = \"other\"\nfrom = \"quipu@example.com\"\nto = [\"ops@example.com\"]\n",
        ports["starttls"]
    );
    channels
}

/// Test notices over TLS.
fn fire(http: &Http, server: &Own) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for (channel, delivered) in [
        ("known", true),
        ("strange", false),
        ("mail-known", true),
        ("mail-strange", false),
        ("mail-password", false),
    ] {
        let body = json!({"channel": channel}).to_string();
        let headers = [("content-type", "application/json")];
        let answer = http.post(&server.api("alerts/fire"), &headers, body.as_bytes())?;
        let found: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if found["delivered"] != delivered {
            wrong.push(format!("{channel}: {}", answer.text()));
        }
    }
    Ok(wrong)
}

/// Statuses of the notices about the failing call, by channel and reason.
fn notices(history: &Value) -> BTreeMap<(String, String), Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = BTreeMap::<_, Vec<_>>::new();
    let episodes = history["episodes"].as_array().into_iter().flatten();
    let episodes = episodes.filter(|episode| episode["rule"] == "failing");
    for notice in episodes.flat_map(|episode| episode["notices"].as_array().into_iter().flatten()) {
        let key = (text(&notice["channel"]), text(&notice["reason"]));
        found.entry(key).or_default().push(text(&notice["status"]));
    }
    found
}

/// Whether the episode has ended and no notice waits.
fn settled(history: &Value) -> bool {
    let found = notices(history);
    let ended = found.keys().any(|(_, reason)| reason == "resolved");
    ended && found.values().flatten().all(|status| status != "waiting")
}

fn verdicts(report: Report, history: &Value, state: &Value) -> Report {
    let found = notices(history);
    let statuses = |channel: &str, reason: &str| {
        found.get(&(channel.to_owned(), reason.to_owned())).cloned().unwrap_or_default()
    };
    let mut report = report.judged("channels: a rejection is an alert on the fallback", &unalerted(history));
    for kind in KINDS {
        let mut wrong = Vec::new();
        for (mode, begin, end) in [
            ("ok", &["sent"][..], &["sent"][..]),
            ("flaky", &["sent"], &["sent"]),
            // The fallback has taken over.
            ("refuse", &["dead"], &[]),
            ("net", &["sent"], &["sent"]),
        ] {
            for (reason, expected) in [("firing", begin), ("resolved", end)] {
                let seen = statuses(&format!("{kind}-{mode}"), reason);
                if seen != expected {
                    wrong.push(format!("{mode} {reason}: {seen:?}, expected {expected:?}"));
                }
            }
        }
        wrong.extend(waits(&state["requests"][format!("{kind}/flaky")]));
        wrong.extend(problems(state, kind));
        report = report.judged(&format!("channels: {kind} with 2xx, 4xx, 429, 5xx and no answer"), &wrong);
    }
    for (name, ..) in MAILS {
        let expected: [&[&str]; 2] = if name == "refuse" { [&["dead"], &[]] } else { [&["sent"]; 2] };
        let mut wrong = Vec::new();
        for (reason, expected) in ["firing", "resolved"].into_iter().zip(expected) {
            let seen = statuses(&format!("mail-{name}"), reason);
            if seen != expected {
                wrong.push(format!("{reason}: {seen:?}, expected {expected:?}"));
            }
        }
        let mails = state["mails"][name].as_array().map_or(0, Vec::len);
        if name != "refuse" && mails < 2 {
            wrong.push(format!("{mails} mails"));
        }
        if name == "starttls" && state["mails"][name][0]["tls"] != true {
            wrong.push("a mail without TLS".to_owned());
        }
        report = report.judged(&format!("channels: mail, {name}"), &wrong);
    }
    let taken: Vec<_> = ["firing", "resolved"].map(|reason| statuses("mail-net", reason)).into();
    let wrong = (taken != [vec!["sent"], vec!["sent"]]).then(|| format!("{taken:?}"));
    report = report.judged("channels: mail, after a rejection", wrong.as_slice());
    let clear = state["logins"].as_array().into_iter().flatten();
    let clear = clear.filter(|login| login["good"] == true).count();
    let wrong = (clear < 4).then(|| format!("{clear} logins"));
    report
        .judged("channels: mails log in", wrong.as_slice())
        .judged("channels: every mail has its headers", &problems(state, "mail"))
}

/// Channels that rejected a notice without an alert about that on their fallback.
fn unalerted(history: &Value) -> Vec<String> {
    let episodes = || history["episodes"].as_array().into_iter().flatten();
    let is_told = |kind: &&str| {
        episodes().any(|episode| {
            let notices = episode["notices"].as_array().into_iter().flatten();
            let mut of_fallback = notices.filter(|notice| notice["channel"] == format!("{kind}-net"));
            episode["rule"] == "channel-failing"
                && episode["group"]["channel"] == format!("{kind}-refuse")
                && of_fallback.any(|notice| notice["status"] == "sent")
        })
    };
    KINDS.into_iter().chain(["mail"]).filter(|kind| !is_told(kind)).map(str::to_owned).collect()
}

/// Whether a flaky receiver was asked again: at least 3 s after it asked for them.
fn waits(requests: &Value) -> Vec<String> {
    let at: Vec<f64> =
        requests.as_array().into_iter().flatten().filter_map(|request| request["at"].as_f64()).collect();
    match at.as_slice() {
        [_, second, third, _, ..] if third - second >= 2.9 => Vec::new(),
        other => vec![format!("requests at {other:?}")],
    }
}

fn problems(state: &Value, kind: &str) -> Vec<String> {
    let all = state["problems"].as_array().into_iter().flatten().filter_map(Value::as_str);
    all.filter(|text| text.starts_with(&format!("{kind}:"))).take(3).map(str::to_owned).collect()
}
