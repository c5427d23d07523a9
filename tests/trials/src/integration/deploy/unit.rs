//! The systemd unit: verified, rated, and compared with the server's actual system calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::super::{Http, packages};
use super::{Bench, Report};
use crate::shell;

/// Exposure in tenths, of 0 to 100: what systemd itself calls OK ends at 49.
const EXPOSURE: &str = "20";
/// User and group without rights of their own.
const NOBODY: u32 = 65_534;
/// Traced, everything takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Verifies the unit, rates it, and looks whether its filter lets every call of the server through.
pub fn run(bench: &Bench, report: Report) -> Result<Report> {
    let folder = shell::root().join("deploy/systemd");
    let unit = fs::read_to_string(folder.join("quipu.service"))?;
    let analyze = match packages::system("systemd", "systemd-analyze") {
        Ok(analyze) => analyze,
        Err(error) => return Ok(report.skipped("systemd unit", &format!("{error:#}"))),
    };
    let scratch = tempfile::tempdir()?;
    let copy = scratch.path().join("quipu.service");
    // `verify` needs the program at the path in the unit.
    fs::write(&copy, unit.replace("/usr/local/bin/quipu", &bench.binary.to_string_lossy()))?;
    let verified = shell::capture(Command::new(&analyze).args(["verify", "--man=no"]).arg(&copy));
    let rated = shell::capture(
        Command::new(&analyze).args(["security", "--offline=true", "--threshold", EXPOSURE]).arg(&copy),
    );
    if let Ok(said) = &rated {
        said.lines()
            .filter(|line| line.contains("Overall"))
            .for_each(|line| println!("        {}", line.trim()));
    }
    let report = report.judged("systemd-analyze verify", &wrong(verified));
    let report = report.judged("systemd-analyze security, at most 2.0", &wrong(rated));
    let case = "every system call of the server passes the unit's filter";
    let strace = match packages::apt(&bench.cache, "strace", "strace") {
        Ok(strace) => strace,
        Err(error) => return Ok(report.skipped(case, &format!("{error:#}"))),
    };
    let sets = sets(&shell::capture(Command::new(&analyze).args(["--no-pager", "syscall-filter"]))?);
    let allowed = allowed(&unit, &sets);
    let config = folder.join("quipu.toml");
    let used = match used(&strace, &bench.binary, &config, scratch.path()) {
        Ok(used) => used,
        Err(error) => return Ok(report.failed(case, &format!("{error:#}"))),
    };
    println!("        {} kinds of calls, {} allowed", used.len(), allowed.len());
    let mut refused: Vec<String> = used.difference(&allowed).cloned().collect();
    if used.len() < 30 {
        refused.push(format!("only {} kinds of calls were seen", used.len()));
    }
    Ok(report.judged(case, &refused))
}

fn wrong<T>(outcome: Result<T>) -> Vec<String> {
    outcome.err().map(|error| format!("{error:#}")).into_iter().collect()
}

/// The sets of calls that systemd knows, as `systemd-analyze syscall-filter` prints them.
fn sets(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        let word = line.trim();
        if line.starts_with('@') {
            current = word.to_owned();
        } else if !line.starts_with(' ') {
            current.clear();
        } else if !word.starts_with('#') {
            sets.entry(current.clone()).or_default().push(word.to_owned());
        }
    }
    sets
}

/// Calls that the unit's filters leave, in their order: a list with `~` takes away.
fn allowed(unit: &str, sets: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    for words in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let (takes, words) = words.strip_prefix('~').map_or((false, words), |rest| (true, rest));
        let mut calls = BTreeSet::new();
        words.split_whitespace().for_each(|word| members(word, sets, &mut calls));
        if takes {
            allowed.retain(|call| !calls.contains(call));
        } else {
            allowed.append(&mut calls);
        }
    }
    allowed
}

fn members(word: &str, sets: &BTreeMap<String, Vec<String>>, into: &mut BTreeSet<String>) {
    match sets.get(word) {
        Some(inner) => inner.iter().for_each(|word| members(word, sets, into)),
        None => drop(into.insert(word.to_owned())),
    }
}

/// Kinds of calls of a server that is started with the unit's configuration, takes spans, answers, and is
/// ended.
fn used(strace: &Path, binary: &Path, config: &Path, scratch: &Path) -> Result<BTreeSet<String>> {
    let (summary, program, own) = (scratch.join("calls"), scratch.join("quipu"), scratch.join("own"));
    let (ready, settings) = (own.join("ready.json"), own.join("quipu.toml"));
    fs::create_dir(&own)?;
    fs::copy(binary, &program)?;
    fs::copy(config, &settings)?;
    let mut command = Command::new(strace);
    // `-D`: the server is our child, and strace looks on from the side.
    command.args(["-D", "-f", "-qq", "-c", "-o"]).arg(&summary);
    if fs::metadata(&own)?.uid() == 0 {
        // The unit's user is not root, for whom SQLite makes calls of its own.
        fs::set_permissions(scratch, Permissions::from_mode(0o755))?;
        chown(&own, Some(NOBODY), Some(NOBODY))?;
        command.args(["-u", "nobody"]);
    }
    command.arg(&program).arg("serve").arg("--config").arg(&settings);
    command.arg("--data-dir").arg(own.join("data")).arg("--ready-file").arg(&ready);
    for listener in ["--http", "--otlp-http", "--otlp-grpc", "--prometheus"] {
        command.args([listener, "127.0.0.1:0"]);
    }
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("strace")?;
    let mut server = Killed(child);
    let urls: Value = shell::poll(PATIENCE, || serde_json::from_str(&fs::read_to_string(&ready).ok()?).ok())
        .ok_or_else(|| anyhow!("the server is not ready, or strace may not trace here"))?;
    drive(&urls)?;
    shell::signal("TERM", &[server.0.id().to_string()])?;
    shell::poll(PATIENCE, || server.0.try_wait().ok().flatten())
        .ok_or_else(|| anyhow!("the server does not end"))?;
    let text =
        shell::poll(PATIENCE, || fs::read_to_string(&summary).ok().filter(|text| text.contains("total")));
    Ok(calls(&text.ok_or_else(|| anyhow!("strace wrote no summary"))?))
}

/// A child that does not outlive what goes wrong.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Names of the summary's table: the last column, between two rules.
fn calls(summary: &str) -> BTreeSet<String> {
    let rows = summary.lines().skip_while(|line| !line.starts_with("---")).skip(1);
    let rows = rows.take_while(|line| !line.starts_with("---"));
    rows.filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect()
}

/// Spans in, figures out, until what was sent is there.
fn drive(urls: &Value) -> Result<()> {
    let http = Http::new(Duration::from_secs(30));
    let url = |name: &str| urls[name].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
    let headers = [("content-type", "application/json")];
    let answer = http.post(&format!("{}/v1/traces", url("otlp_http")), &headers, request().as_bytes())?;
    anyhow::ensure!(answer.status == 200, "POST /v1/traces: {} {}", answer.status, answer.text());
    for path in ["readyz", "api/v1/traces?q=chat", "api/v1/usage", "api/v1/status"] {
        http.json(&format!("{}/{path}", url("http")))?;
    }
    // Gauges are read every five seconds; they are calls, too.
    let begin = Instant::now();
    let page = format!("{}/metrics", url("prometheus"));
    let read = || {
        http.get(&page).ok().filter(|_| begin.elapsed() > Duration::from_secs(6)).or_else(|| {
            std::thread::sleep(Duration::from_millis(500));
            None
        })
    };
    shell::poll(PATIENCE, read).map(drop).ok_or_else(|| anyhow!("{page} does not answer"))
}

/// An OTLP request with one call of a model that ended just now.
pub fn request() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    serde_json::json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "deploy" } }] },
        "scopeSpans": [{ "spans": [{
            "traceId": format!("{now:032x}"), "spanId": format!("{:016x}", now % (1 << 63)), "name": "chat gpt-5", "kind": 3,
            "startTimeUnixNano": (now - 1_000_000_000).to_string(), "endTimeUnixNano": now.to_string(),
            "attributes": [
                { "key": "gen_ai.operation.name", "value": { "stringValue": "chat" } },
                { "key": "gen_ai.provider.name", "value": { "stringValue": "openai" } },
                { "key": "gen_ai.request.model", "value": { "stringValue": "gpt-5" } },
                { "key": "gen_ai.usage.input_tokens", "value": { "intValue": "1200" } },
                { "key": "gen_ai.usage.output_tokens", "value": { "intValue": "85" } },
            ],
        }] }],
    }] })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_add_and_take_away_whole_sets() {
        let sets = sets(
            "@all\n    # All\n    @io\n    reboot\n\n@io\n    # In and out\n    read\n    write\n\n# end\n    nothing\n",
        );
        let allowed = allowed("SystemCallFilter=@all\nSystemCallFilter=~reboot @none\n", &sets);
        assert_eq!(allowed, ["read", "write"].map(str::to_owned).into());
    }

    #[test]
    fn the_summary_names_calls() {
        let text = "% time     seconds  usecs/call     calls    errors syscall\n------ ---- --- -- -- ---\n \
                    50.00    0.1           1         9         2 openat\n 50.00    0.1           1         9           read\n------ -\n100.00 total\n";
        assert_eq!(calls(text), ["openat", "read"].map(str::to_owned).into());
    }
}
