//! Tests of requests over many days, and of wrong clocks.

use std::path::Path;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::server::*;

const DAY: u64 = 86_400_000_000_000;

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

fn spans(starts: impl IntoIterator<Item = u64>) -> Value {
    let span = |(at, start): (u64, u64)| {
        json!({
            "traceId": format!("{:032x}", start + at), "spanId": format!("{:016x}", at + 1), "name": "chat gpt-4o",
            "kind": 3, "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 1_000_000).to_string(),
            "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}],
        })
    };
    let spans: Vec<Value> = (0..).zip(starts).map(span).collect();
    json!({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}]})
}

fn ago(days: impl IntoIterator<Item = u64>) -> Value {
    let now = now();
    spans(days.into_iter().map(|days| now - days * DAY))
}

fn rejected(answer: &(u16, String)) -> (u64, String) {
    assert_eq!(answer.0, 200, "{}", answer.1);
    let answer: Value = serde_json::from_str(&answer.1).unwrap();
    let partial = &answer["partialSuccess"];
    let count = partial["rejectedSpans"].as_str().map_or(0, |count| count.parse().unwrap());
    (count, partial["errorMessage"].as_str().unwrap_or_default().to_owned())
}

/// Days that have a file, and bytes of all files of days.
fn stored(folder: &Path) -> (usize, u64) {
    let files = || std::fs::read_dir(folder.join("days")).unwrap().flatten();
    let days = files().filter(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        name.starts_with("d-") && name.ends_with(".db")
    });
    // A log of the store may vanish between the listing and the look at it.
    (days.count(), files().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum())
}

fn config(folder: &Path, text: &str) -> String {
    let file = folder.join("quipu.toml");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn counted(server: &Server, series: &str) -> bool {
    get(&format!("{}/metrics", server.url("prometheus"))).1.contains(series)
}

#[test]
fn by_default_a_span_is_no_older_than_a_month() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (count, why) = rejected(&server.post_json(&ago(0..1_200)));
    assert!((1_167..=1_169).contains(&count), "{count}");
    assert!(why.contains("2678400 s behind the clock"), "{why}");
    assert!(stored(folder.path()).0 <= 33);
    wait_for("the count", || counted(&server, "reason=\"time_past\"").then_some(()));
}

#[test]
fn days_of_a_request_and_of_a_key_are_bounded_and_a_day_takes_little() {
    let folder = tempfile::tempdir().unwrap();
    let limits = "[limits]\npast_seconds = 400000000\ndays_per_request = 30\ndays_per_hour = 50\n";
    let file = config(folder.path(), limits);
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let server = Server::start_with(&data, &["--config", &file]);
    let (count, why) = rejected(&server.post_json(&ago(100..400)));
    assert_eq!(count, 270);
    assert!(why.contains("days_per_request"), "{why}");
    let (count, _) = rejected(&server.post_json(&ago(100..130)));
    assert_eq!(count, 0, "days that count already");
    let (count, why) = rejected(&server.post_json(&ago(500..530)));
    assert_eq!(count, 10);
    assert!(why.contains("days_per_hour"), "{why}");
    assert_eq!(rejected(&server.post_json(&ago([0, 1]))).0, 0);
    wait_for("the count", || counted(&server, "reason=\"days\"").then_some(()));
    assert!(server.stop().success());
    let (days, bytes) = stored(&data);
    assert_eq!(days, 52);
    // Today and yesterday have large pages.
    let each = (bytes - 2 * 700_000.min(bytes / 2)) / 50;
    assert!(each <= 100_000, "{each} bytes a day");
}

#[test]
fn an_import_by_an_administrator_reaches_any_day_of_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let server = Server::start(&data);
    let file = folder.path().join("old.jsonl");
    std::fs::write(&file, ago(300..340).to_string()).unwrap();
    let file = file.to_str().unwrap();
    let (code, said, error) = run(&["import", "--format", "otlp", file, "--url", server.url("http")]);
    assert_eq!(code, 0, "{said}{error}");
    assert_eq!(stored(&data).0, 40, "{said}{error}");
}

#[test]
fn senders_that_are_all_ahead_of_the_clock_are_told_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    // As if this server's clock were an hour behind.
    let file = config(folder.path(), "[limits]\nfuture_seconds = 60\n");
    let server = Server::start_with(folder.path(), &["--config", &file]);
    let ahead = || spans([now() + DAY / 24, now() + DAY / 24]);
    let (status, answer) = server.post_json(&ahead());
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("future_seconds"), "{answer}");
    let (count, _) = rejected(&server.post_json(&spans([now(), now() + DAY / 24])));
    assert_eq!(count, 1, "a request that agrees in part is a partial success");
}

/// Fills a folder by an import, so that the newest record is as old as that.
fn imported(folder: &Path, days: impl IntoIterator<Item = u64>) -> String {
    let file = folder.join("old.jsonl");
    std::fs::write(&file, ago(days).to_string()).unwrap();
    let data = folder.join("data").to_str().unwrap().to_owned();
    let (code, said, error) =
        run(&["import", "--format", "otlp", file.to_str().unwrap(), "--data-dir", &data]);
    assert_eq!(code, 0, "{said}{error}");
    data
}

/// Starts a server with these rules and waits until its log has these words.
fn retained(folder: &Path, data: &str, rules: &str, words: &str) -> (Server, String) {
    let file = config(folder, rules);
    let log = folder.join("server.log");
    let err: Stdio = std::fs::File::create(&log).unwrap().into();
    let server = Server::start_saying(Path::new(data), &["--config", &file], err);
    let told = wait_for("retention", || {
        let told = std::fs::read_to_string(&log).unwrap();
        told.contains(words).then_some(told)
    });
    (server, told)
}

#[test]
fn retention_does_not_go_by_a_clock_that_no_record_bears_out() {
    let folder = tempfile::tempdir().unwrap();
    // The clock is 300 days ahead of all that is stored.
    let data = imported(folder.path(), 300..305);
    let words = "retention does not use the clock";
    let (server, told) = retained(folder.path(), &data, "[retention]\ntraces = \"30d\"\n", words);
    assert!(told.contains("ahead of the newest record"), "{told}");
    let info = server.get("/api/v1/traces");
    assert_eq!(info["traces"].as_array().map(Vec::len), Some(5), "{info}");
}

#[test]
fn one_run_of_retention_is_bounded_and_says_why_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let data = imported(folder.path(), (40..60).chain([0]));
    let words = "a retention run has ended";
    let (server, told) = retained(folder.path(), &data, "[retention]\ntraces = \"30d\"\n", words);
    assert!(told.contains("days_per_run"), "{told}");
    let left = server.get("/api/v1/traces");
    assert_eq!(left["traces"].as_array().map(Vec::len), Some(14), "{left}");
}
