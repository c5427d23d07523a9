//! Tests of limits of memory and bytes on the running binary: slow readers of the live feed, series of
//! metrics, bytes of a trace, imports.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::server::{Server, get, run};

pub const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

pub fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()
}

pub fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

pub fn start(folder: &Path, config: &str) -> Server {
    let file = folder.join("quipu.toml");
    std::fs::write(&file, config).unwrap();
    Server::start_with(folder, &["--config", file.to_str().unwrap()])
}

/// The sum of a counter of the server's own metrics.
pub fn counter(server: &Server, name: &str) -> f64 {
    let (_, text) = get(&format!("{}/metrics", server.url("http")));
    let lines = text.lines().filter(|line| line.starts_with(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// An export of log records with long bodies.
fn logs(round: usize) -> String {
    let word = format!("round {round} ");
    let record = |number: usize| {
        json!({"timeUnixNano": (now() + number as u128).to_string(), "severityNumber": 9,
            "body": {"stringValue": word.repeat(6_000)}, "attributes": [text("number", &number.to_string())]})
    };
    let records: Vec<Value> = (0..20).map(record).collect();
    json!({"resourceLogs": [{"scopeLogs": [{"scope": {"name": "test"}, "logRecords": records}]}]}).to_string()
}

/// Opens the live feed of events and reads its first frame, nothing more. `None` if all places are taken.
pub fn watcher(server: &Server) -> Option<TcpStream> {
    let address = server.url("http").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "GET /api/v1/live?topics=events HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    .unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("\"hello\"") {
        let mut some = [0; 512];
        let count = stream.read(&mut some).unwrap();
        seen.extend(&some[..count]);
        if seen.starts_with(b"HTTP/1.1 503") {
            return None;
        }
        assert_ne!(count, 0, "{}", String::from_utf8_lossy(&seen));
    }
    Some(stream)
}

/// Resident memory in MiB.
fn resident(server: &Server) -> u64 {
    server.get("/api/v1/system")["process"]["rss_bytes"].as_u64().unwrap() >> 20
}

#[cfg(target_os = "linux")]
#[test]
fn watchers_that_read_nothing_hold_up_nobody_and_take_little_memory() {
    const WATCHERS: usize = 12;
    const ROUNDS: usize = 24;
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &format!("[limits]\nwatchers = {WATCHERS}\n"));
    let send = |round: usize| {
        let begun = Instant::now();
        assert_eq!(server.post("logs", logs(round).as_bytes(), &JSON).0, 200);
        begun.elapsed()
    };
    // Caches and the frames that are kept for those who come back are full after the first rounds.
    let keeper = watcher(&server).unwrap();
    for round in 0..ROUNDS {
        send(round);
    }
    drop(keeper);
    let before = resident(&server);
    // The first of them may have to wait for the keeper's place.
    let mut watchers = Vec::new();
    while watchers.len() < WATCHERS {
        watchers.extend(watcher(&server));
    }
    let slowest = (ROUNDS..2 * ROUNDS).map(send).max().unwrap();
    let with = resident(&server);
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    // All frames of all watchers would be 400 MB.
    assert!(with < before + 150, "{before} MiB before, {with} MiB with {WATCHERS} watchers");
    // All places are taken until the server disconnects a watcher that took no frame for 5 s.
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut rounds = 2 * ROUNDS..;
    let mut next = || rounds.next().filter(|_| Instant::now() < deadline).expect("within the deadline");
    let mut last = loop {
        if let Some(last) = watcher(&server) {
            break last;
        }
        send(next());
    };
    drop(watchers);
    // The new watcher gets later changes.
    let mut seen = String::new();
    let round = next();
    send(round);
    while !seen.contains(&format!("round {round} ")) {
        assert!(Instant::now() < deadline, "no event of round {round}");
        let mut some = vec![0; 64 << 10];
        let count = last.read(&mut some).unwrap();
        assert_ne!(count, 0, "the feed ended");
        seen.push_str(&String::from_utf8_lossy(&some[..count]));
    }
}

/// An export of calls whose models are all different, from a number on.
fn calls(from: u64, count: u64) -> Value {
    let call = |number: u64| {
        let end = now();
        json!({
            "traceId": format!("{:032x}", number + 1), "spanId": format!("{:016x}", number + 1), "name": "chat", "kind": 3,
            "startTimeUnixNano": (end - 1_000_000).to_string(), "endTimeUnixNano": end.to_string(),
            "attributes": [
                text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", &format!("model-{number:05}")),
                json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": "10"}}),
            ],
        })
    };
    let spans: Vec<Value> = (from..from + count).map(call).collect();
    json!({"resourceSpans": [{"resource": {"attributes": [text("service.name", "shop")]},
        "scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}]})
}

#[test]
fn the_prometheus_page_has_a_bound_of_series_and_its_sums_stay_whole() {
    /// Series of an instrument that the guide states.
    const MOST: usize = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    for round in 0..5 {
        let (status, said) = server.post_json(&calls(round * 500, 500));
        assert_eq!((status, said.as_str()), (200, "{}"));
    }
    let (_, page) = get(&format!("{}/metrics", server.url("prometheus")));
    for (instrument, sum) in [("quipu_llm_calls_total", 2_500.0), ("quipu_llm_tokens_total", 25_000.0)] {
        let lines: Vec<&str> =
            page.lines().filter(|line| line.starts_with(&format!("{instrument}{{"))).collect();
        assert_eq!(lines.len(), MOST, "{instrument}");
        assert!(lines.iter().any(|line| line.contains("otel_metric_overflow=\"true\"")), "{instrument}");
        let shown: f64 =
            lines.iter().map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum();
        assert_eq!(shown, sum, "{instrument}");
    }
    assert_eq!(server.get("/api/v1/usage")["total"]["llm_calls"], 2_500);
}

/// An export of runs of tools that are all different, and one of as many metrics and series.
fn wide(count: usize) -> (Value, Value) {
    let time = now();
    let end = time.to_string();
    let run = |number: usize| {
        json!({
            "traceId": format!("{:032x}", number + 1), "spanId": format!("{:016x}", number + 1), "name": "execute_tool", "kind": 1,
            "startTimeUnixNano": (time - 1_000_000).to_string(), "endTimeUnixNano": end,
            "attributes": [
                text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", &format!("tool-{number:05}")),
                text("session.id", &format!("session-{number:05}")),
            ],
        })
    };
    let runs: Vec<Value> = (0..count).map(run).collect();
    let point = |number: usize| {
        let key = format!("value-{number:05}");
        json!({"timeUnixNano": end, "asDouble": 1.0, "attributes": [text("key", &key)]})
    };
    let points: Vec<Value> = (0..count).map(point).collect();
    let mut metrics = vec![json!({"name": "orders", "gauge": {"dataPoints": points}})];
    metrics.extend((0..count).map(
        |number| json!({"name": format!("rooms-{number:05}"), "gauge": {"dataPoints": [point(number)]}}),
    ));
    (
        json!({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "test"}, "spans": runs}]}]}),
        json!({"resourceMetrics": [{"scopeMetrics": [{"scope": {"name": "test"}, "metrics": metrics}]}]}),
    )
}

#[test]
fn lists_of_tools_values_metrics_and_series_say_that_they_are_truncated() {
    const COUNT: usize = 400;
    let lists = [
        ("tools", "tools"),
        ("facets?field=session&limit=1000", "values"),
        ("metrics", "metrics"),
        ("metrics/query?name=orders&step=1h", "series"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let send = |config: &str| {
        let server = start(folder.path(), config);
        let (runs, metrics) = wide(COUNT);
        assert_eq!(server.post_json(&runs).1, "{}");
        assert_eq!(server.post("metrics", metrics.to_string().as_bytes(), &JSON), (200, "{}".to_owned()));
        server
    };
    let server = send("");
    let whole: Vec<Value> = lists.map(|(path, _)| server.get(&format!("/api/v1/{path}"))).into();
    for ((path, key), answer) in lists.iter().zip(&whole) {
        let rows = answer[key].as_array().unwrap();
        assert!(rows.len() >= COUNT && answer.get("truncated").is_none(), "{path}: {} rows", rows.len());
    }
    let few = server.get("/api/v1/facets?field=session&limit=10");
    assert_eq!((few["values"].as_array().unwrap().len(), &few["truncated"]), (10, &json!(true)));
    server.stop();

    // The same within 16 KiB: the first rows, and the answer says that there are more.
    let server = start(folder.path(), "[limits]\ngroup_bytes = 16384\n");
    for ((path, key), whole) in lists.iter().zip(&whole) {
        let answer = server.get(&format!("/api/v1/{path}"));
        let (rows, all) = (answer[key].as_array().unwrap(), whole[key].as_array().unwrap());
        assert_eq!(answer["truncated"], true, "{path}");
        assert!(!rows.is_empty() && rows.len() < all.len(), "{path}: {} of {}", rows.len(), all.len());
        // Of values with equal counts any may be omitted (ADR 75); the other lists have their first rows.
        let is_part = rows.iter().all(|row| all.contains(row));
        assert!(if *key == "values" { is_part } else { rows[..] == all[..rows.len()] }, "{path}: {rows:?}");
    }
    server.stop();

    // Less memory than the lists take in the store: an error, and other answers still come.
    let server = start(folder.path(), "[limits]\nanswer_bytes = 20000\n");
    for (path, _) in lists {
        let (status, body) = get(&format!("{}/api/v1/{path}", server.url("http")));
        assert_eq!(status, 503, "{path}: {body}");
        assert!(body.contains("answer_bytes"), "{path}: {body}");
    }
    assert_eq!(server.get("/readyz")["status"], "ready");
}

/// A span of a trace with this many bytes of text.
fn heavy(trace: u64, span: u64, bytes: usize) -> Value {
    let end = now();
    let span = json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}"), "name": "step", "kind": 1,
        "startTimeUnixNano": (end - 1_000_000).to_string(), "endTimeUnixNano": end.to_string(),
        "attributes": [text("input.value", &"a word ".repeat(bytes / 7))],
    });
    json!({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "test"}, "spans": [span]}]}]})
}

#[test]
fn a_trace_takes_no_more_bytes_than_its_bound_and_the_sender_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "[limits]\ntrace_bytes = 100000\n");
    let mut refused = 0;
    for number in 1..=10 {
        let (status, said) = server.post_json(&heavy(1, number, 30_000));
        assert_eq!(status, 200, "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        let partial = &said["partialSuccess"];
        if partial["rejectedSpans"].as_str().is_some_and(|spans| spans == "1") {
            let why = partial["errorMessage"].as_str().unwrap();
            assert!(why.contains("trace_bytes") && why.contains("100000"), "{why}");
            refused += 1;
        }
    }
    assert_eq!(refused, 7, "three spans of 30 kB are within 100 kB");
    assert_eq!(counter(&server, "quipu_rejected_items_total{"), 7.0);
    let trace = server.get(&format!("/api/v1/traces/{:032x}", 1));
    assert_eq!(trace["spans"].as_array().unwrap().len(), 3);
    // Other traces are within the limit.
    let (_, said) = server.post_json(&heavy(2, 1, 30_000));
    assert_eq!(said, "{}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_import_of_a_large_file_takes_little_memory_and_loses_nothing() {
    const SPANS: u64 = 1_000;
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("otlp.jsonl"));
    // 60 MB of requests, one a line.
    let mut lines = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    for number in 1..=SPANS {
        writeln!(lines, "{}", heavy(number / 100 + 1, number, 60_000)).unwrap();
    }
    drop(lines);
    let (data, file) = (data.to_str().unwrap(), file.to_str().unwrap());
    // Data of the process: a file that was read whole would not fit.
    let limited =
        format!("ulimit -d 50000; exec {} import {file} --data-dir {data}", env!("CARGO_BIN_EXE_quipu"));
    let done = std::process::Command::new("sh").args(["-c", &limited]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}");
    let (code, out, err) = run(&["check", "store", "--data-dir", data]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains(&format!("{SPANS} spans")), "{out}{said}");
}
