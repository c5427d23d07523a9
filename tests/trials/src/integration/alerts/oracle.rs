//! Notices: 200 random sequences through Alertmanager in real time, and through ours under a manual clock.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::sequence::{Kind, Sequence};
use super::told::{self, Message, Named, Side, Told};
use super::trial::Trial;
use crate::bench::words::Random;
use crate::integration::alertmanager::Alertmanager;
use crate::integration::hook::{self, Heard};
use crate::integration::{Bench, Report};

/// Sequences of each kind.
const EACH: usize = 40;
const KINDS: [Kind; 5] = [Kind::InStep, Kind::Silenced, Kind::Inhibited, Kind::Repeated, Kind::Free];
/// Start of the scripts of `trial`.
const START: i64 = 1_800_000_000;
/// Time between the start of Alertmanager and the first alert.
const LEAD: Duration = Duration::from_secs(2);

/// Same groups, same notices, same times; differences by name.
///
/// # Errors
/// `trial` does not build, or Alertmanager rejects a request.
pub fn run(bench: &Bench, folder: &Path, report: Report) -> Result<Report> {
    let program = match Alertmanager::find(&bench.cache) {
        Ok(program) => program,
        Err(error) => return Ok(report.skipped("Alertmanager", &format!("{error:#}"))),
    };
    let mut random = Random::new(0x0a1e);
    let kinds = KINDS.into_iter().flat_map(|kind| [kind; EACH]);
    let sequences: Vec<Sequence> =
        kinds.enumerate().map(|(number, kind)| Sequence::random(number, kind, &mut random)).collect();
    let scripts: Vec<Value> = sequences.iter().map(Sequence::script).collect();
    let ours = Trial::build()?.ask("scripts", &scripts)?;
    let theirs = through(&program, folder, &sequences)?;
    let (mut report, mut named) = (report, Named::new());
    for kind in KINDS {
        let mut wrong = Vec::new();
        for sequence in sequences.iter().filter(|sequence| sequence.kind == kind) {
            let of = |messages| Told::of(sequence, messages);
            let messages = told::ours(sequence, &ours[sequence.number], START).map_err(|why| anyhow!(why))?;
            let theirs = theirs.get(&sequence.number).cloned().unwrap_or_default();
            wrong.extend(told::differences(sequence, &of(messages), &of(theirs), &mut named));
        }
        let first: Vec<String> = wrong.iter().take(8).cloned().collect();
        report = report.judged(&format!("{EACH} sequences as Alertmanager: {kind:?}"), &first);
    }
    named.iter().for_each(|(name, times)| println!("        {times:4} times: {name}"));
    Ok(report)
}

/// Messages of Alertmanager by sequence.
fn through(program: &Path, folder: &Path, sequences: &[Sequence]) -> Result<BTreeMap<usize, Vec<Message>>> {
    let (port, heard) = hook::listen()?;
    let routes: String = sequences.iter().map(Sequence::route).collect();
    let config = format!(
        "route:\n  receiver: hook\n  routes:\n{routes}\
         inhibit_rules:\n  - {{source_matchers: ['severity=\"critical\"', 'inhibits=\"yes\"'], \
         target_matchers: ['severity=\"warning\"', 'inhibits=\"yes\"'], equal: [instance, seq]}}\n\
         receivers: [{{name: hook, webhook_configs: [{{url: 'http://127.0.0.1:{port}/', max_alerts: 0}}]}}]\n"
    );
    let manager = Alertmanager::fresh(program, folder, &config)?;
    let (start, begin) = (Timestamp::now() + SignedDuration::try_from(LEAD)?, Instant::now() + LEAD);
    let at = |ms: i64| (start + SignedDuration::from_millis(ms)).to_string();
    for sequence in sequences {
        for silence in &sequence.silences {
            let matcher = |name: &str, value: &str| json!({"name": name, "value": value, "isRegex": false});
            let matchers =
                [matcher("instance", &silence.instance), matcher("seq", &sequence.number.to_string())];
            manager.post(
                "silences",
                &json!({
                    "matchers": matchers, "startsAt": at(silence.from), "endsAt": at(silence.to),
                    "createdBy": "trial", "comment": "trial",
                }),
            )?;
        }
    }
    let mut changes = BTreeMap::<i64, Vec<Value>>::new();
    for sequence in sequences {
        for (index, episode) in sequence.episodes.iter().enumerate() {
            let mut alert = json!({
                "labels": sequence.labels(episode), "annotations": {"episode": index.to_string()},
                "startsAt": at(episode.on * 1_000), "endsAt": at(3_600_000),
            });
            changes.entry(episode.on).or_default().push(alert.clone());
            alert["endsAt"] = at(episode.off * 1_000).into();
            changes.entry(episode.off).or_default().push(alert);
        }
    }
    for (second, alerts) in changes {
        let due = begin + Duration::from_secs(second as u64);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        manager.post("alerts", &Value::Array(alerts))?;
    }
    let last = sequences.iter().map(Sequence::ends_at).max().unwrap_or(0) as u64;
    let end = begin + Duration::from_secs(last);
    std::thread::sleep(end.saturating_duration_since(Instant::now()));
    collect(&heard, begin)
}

fn collect(heard: &Receiver<Heard>, begin: Instant) -> Result<BTreeMap<usize, Vec<Message>>> {
    let mut messages = BTreeMap::<usize, Vec<Message>>::new();
    for Heard { at, body, .. } in heard.try_iter() {
        let body: Value = serde_json::from_str(&body)?;
        let mut sequence = None;
        let mut says = std::collections::BTreeSet::new();
        for alert in body["alerts"].as_array().into_iter().flatten() {
            let number = |value: &Value| value.as_str().and_then(|text| text.parse::<usize>().ok());
            let index = number(&alert["annotations"]["episode"]);
            sequence = sequence.or(number(&alert["labels"]["seq"]));
            let side = if alert["status"] == "firing" { Side::Begin } else { Side::End };
            says.insert((index.ok_or_else(|| anyhow!("no episode in {alert}"))?, side));
        }
        let sequence = sequence.ok_or_else(|| anyhow!("no sequence in {body}"))?;
        let at = at.saturating_duration_since(begin).as_secs_f64();
        messages.entry(sequence).or_default().push(Message { at, says });
    }
    Ok(messages)
}
