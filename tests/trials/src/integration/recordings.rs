//! `recordings`: telemetry of real frameworks as it was sent, against the counts of the model servers.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::{Bench, Http, Report, Server, split};
use crate::{shell, table};

/// Sources that no adapter reads yet, or not in full: what they come to is reported, and is no failure. All
/// others must be right.
const OPEN: [&str; 4] = ["codex", "gemini-cli", "haystack--native", "langfuse--native"];

/// Servers at work at the same time.
const WORKERS: usize = 2;

/// One recorded request.
#[derive(Clone)]
pub(super) struct Request {
    signal: String,
    json: bool,
    body: Vec<u8>,
}

/// Results of one recording.
struct Found {
    name: String,
    total: Value,
    want: Value,
    wrong: Vec<String>,
}

/// Posts every recording once, twice, in another order of files, and one span a request in another order.
///
/// # Errors
/// A recording cannot be read, or a server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let mut folders = recorded()?;
    folders.reverse();
    let queue = Mutex::new(folders);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(folder) = queue.lock().ok().and_then(|mut queue| queue.pop()) {
                    let result = recording(&bench.binary, &folder);
                    if let Ok(mut found) = found.lock() {
                        found.push(result);
                    }
                }
            });
        }
    });
    let found = found.into_inner().map_err(|_| anyhow!("a worker panicked"))?;
    let mut found = found.into_iter().collect::<Result<Vec<_>>>()?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    table::print(&["recording", "input", "of", "output", "of", "calls", "of"], &rows);
    Ok(found.iter().fold(Report::new(), judged))
}

/// The folder of every recording, by name.
///
/// # Errors
/// There are no recordings.
pub(super) fn recorded() -> Result<Vec<PathBuf>> {
    let folder = shell::root().join("tests/fixtures/recordings");
    let mut folders: Vec<PathBuf> = fs::read_dir(&folder)
        .with_context(|| format!("{}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("want.json").is_file())
        .collect();
    folders.sort();
    Ok(folders)
}

fn judged(report: Report, found: &Found) -> Report {
    if OPEN.contains(&found.name.as_str()) && !found.wrong.is_empty() {
        return report.open(&found.name, &found.wrong.join(", "));
    }
    report.judged(&found.name, &found.wrong)
}

fn recording(binary: &Path, folder: &Path) -> Result<Found> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let want: Value = serde_json::from_str(&fs::read_to_string(folder.join("want.json"))?)?;
    let requests = requests(folder).with_context(|| name.clone())?;
    let mut wrong = Vec::new();
    let mut tell = |how: &str, found: Vec<String>| {
        wrong.extend(
            found.into_iter().map(|found| if how.is_empty() { found } else { format!("{how}: {found}") }),
        );
    };
    let total = {
        let server = Server::for_any_age(binary)?;
        let total = post(&server, &requests)?;
        tell("", compare(&total, &want));
        let again = post(&server, &requests)?;
        tell("sent twice", differs(&again, &total));
        total
    };
    for (how, requests) in
        [("files shuffled", shuffled(requests.clone())), ("one span a request", apart(&requests)?)]
    {
        let other = post(&Server::for_any_age(binary)?, &requests)?;
        tell(how, differs(&other, &total));
    }
    Ok(Found { name, total, want, wrong })
}

/// Every body of the recording, unpacked, in the order sent.
pub(super) fn requests(folder: &Path) -> Result<Vec<Request>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut requests = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parts: Vec<&str> = name.split('.').collect();
        let [_, signal @ ("traces" | "logs" | "metrics"), format @ ("pb" | "json"), packed @ ..] =
            parts.as_slice()
        else {
            continue;
        };
        let bytes = fs::read(&file)?;
        let mut body = Vec::new();
        match packed {
            [] => body = bytes,
            ["gz"] => drop(flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut body)?),
            other => bail!("{name}: {other:?} is not a packing that is known"),
        }
        requests.push(Request { signal: (*signal).to_owned(), json: *format == "json", body });
    }
    Ok(requests)
}

/// Sends all and gives the totals; every request must be taken.
pub(super) fn post(server: &Server, requests: &[Request]) -> Result<Value> {
    let http = Http::new(Duration::from_secs(60));
    for request in requests {
        let content = if request.json { "application/json" } else { "application/x-protobuf" };
        let url = format!("{}/v1/{}", server.otlp_http, request.signal);
        let answer = http.post(&url, &[("content-type", content)], &request.body)?;
        if answer.status != 200 {
            bail!("POST /v1/{}: {} {}", request.signal, answer.status, answer.text());
        }
    }
    Ok(http.json(&server.api("usage"))?["total"].clone())
}

/// One span a request, in another order; logs and metrics stay whole.
fn apart(requests: &[Request]) -> Result<Vec<Request>> {
    let mut parts = Vec::new();
    for request in requests {
        if request.signal != "traces" {
            parts.push(request.clone());
            continue;
        }
        let bodies = if request.json { split::json(&request.body)? } else { split::protobuf(&request.body)? };
        parts.extend(bodies.into_iter().map(|body| Request { body, ..request.clone() }));
    }
    Ok(shuffled(parts))
}

/// The same other order on every run.
fn shuffled<T>(mut items: Vec<T>) -> Vec<T> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for last in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (state >> 33) as usize % (last + 1));
    }
    items
}

/// Differences of the totals from the truth. Some sources do not send cache reads and reasoning for every
/// call: those figures may fall short, but never exceed.
fn compare(total: &Value, want: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let limited = want.get("source_limited").filter(|limited| !limited.is_null());
    let exact = limited.unwrap_or(&want["tokens"]);
    for name in ["input", "output"] {
        let (have, want) = (total["tokens"][name].as_u64(), exact[name].as_u64());
        if want.is_some() && have != want {
            wrong.push(format!("{name} {} of {}", have.unwrap_or(0), want.unwrap_or(0)));
        }
    }
    if limited.is_some() {
        return wrong;
    }
    for name in ["cache_read", "reasoning"] {
        let (have, most) = (total["tokens"][name].as_u64().unwrap_or(0), want["tokens"][name].as_u64());
        if most.is_some_and(|most| have > most) {
            wrong.push(format!("{name} {have} of at most {}", most.unwrap_or(0)));
        }
    }
    let (ok, failed) =
        (want["llm_calls_ok"].as_u64().unwrap_or(0), want["llm_calls_failed"].as_u64().unwrap_or(0));
    let calls = total["llm_calls"].as_u64().unwrap_or(0);
    if !(ok..=ok + failed).contains(&calls) {
        wrong.push(format!("calls {calls} of {ok} and {failed} failed"));
    }
    wrong
}

fn differs(have: &Value, want: &Value) -> Vec<String> {
    let figures =
        |total: &Value| (total["tokens"].clone(), total["llm_calls"].clone(), total["cost_usd"].clone());
    if figures(have) == figures(want) { Vec::new() } else { vec![format!("{have} instead of {want}")] }
}

fn row(found: &Found) -> Vec<String> {
    let figure = |value: &Value| value.as_u64().map_or("-".to_owned(), |value| value.to_string());
    let (total, want) = (&found.total["tokens"], &found.want);
    let best = want.get("source_limited").filter(|limited| !limited.is_null()).unwrap_or(&want["tokens"]);
    let failed = want["llm_calls_failed"]
        .as_u64()
        .filter(|failed| *failed > 0)
        .map_or(String::new(), |n| format!(" + {n}"));
    vec![
        found.name.clone(),
        figure(&total["input"]),
        figure(&best["input"]),
        figure(&total["output"]),
        figure(&best["output"]),
        figure(&found.total["llm_calls"]),
        format!("{}{failed}", figure(&want["llm_calls_ok"])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn soft_figures_may_fall_short_only() {
        let want = json!({"tokens": {"input": 9, "output": 4, "cache_read": 3, "reasoning": 1}, "llm_calls_ok": 2, "llm_calls_failed": 1});
        let total = |input: u64, cached: u64, calls: u64| json!({"tokens": {"input": input, "output": 4, "cache_read": cached, "reasoning": 0}, "llm_calls": calls});
        assert!(compare(&total(9, 0, 3), &want).is_empty());
        assert_eq!(compare(&total(8, 4, 4), &want).len(), 3);
        let limited =
            json!({"tokens": {"input": 9, "output": 4}, "source_limited": {"input": 8, "output": 4}});
        assert!(compare(&total(8, 4, 0), &limited).is_empty());
    }

    #[test]
    fn shuffling_keeps_everything() {
        let mut items = shuffled((0..50).collect());
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
