//! Tests of limits of memory on the running binary: texts and buckets of metrics, large events in the live
//! feed, whole traces, spans of a trace.

#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bounds::{JSON, counter, now, start, text, watcher};
use crate::server::{Server, get};

fn metrics(metrics: &Value) -> String {
    json!({"resourceMetrics": [{"scopeMetrics": [{"scope": {"name": "test"}, "metrics": metrics}]}]})
        .to_string()
}

#[test]
fn descriptions_and_units_of_metrics_are_cut_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    let long = "described ".repeat(200_000);
    let point = json!({"timeUnixNano": now().to_string(), "asDouble": 1.0});
    let metric = |number: usize| {
        json!({"name": format!("rooms-{number}"), "unit": long, "description": long,
            "gauge": {"dataPoints": [point]}})
    };
    for number in 0..3 {
        let body = metrics(&json!([metric(number)]));
        assert_eq!(server.post("metrics", body.as_bytes(), &JSON), (200, "{}".to_owned()));
    }
    let listed = server.get("/api/v1/metrics");
    for metric in listed["metrics"].as_array().unwrap() {
        let length = |field: &str| metric[field].as_str().unwrap().len();
        assert_eq!((length("description"), length("unit")), (1_024, 1_024));
    }
    assert_eq!(listed["metrics"].as_array().unwrap().len(), 3);
    assert_eq!(counter(&server, "quipu_mended_items_total{reason=\"name_bytes\"}"), 6.0);
}

#[test]
fn a_point_with_too_many_buckets_is_refused_and_a_query_of_many_says_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let config = "[limits]\npoint_buckets = 500\nanswer_bytes = 600000\n";
    let server = start(folder.path(), config);
    let begin = now();
    let point = |second: u128, count: usize| {
        let bounds: Vec<usize> = (1..count).collect();
        json!({"timeUnixNano": (begin - second * 1_000_000_000).to_string(), "count": count.to_string(), "sum": 1.0,
            "bucketCounts": vec!["1"; count], "explicitBounds": bounds})
    };
    let histogram = |points: Vec<Value>| {
        let metric =
            json!({"name": "sizes", "histogram": {"aggregationTemporality": 1, "dataPoints": points}});
        server.post("metrics", metrics(&json!([metric])).as_bytes(), &JSON)
    };
    let (status, said) = histogram(vec![point(1, 500), point(2, 501)]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, said["partialSuccess"]["rejectedDataPoints"].as_str()), (200, Some("1")), "{said}");
    let why = said["partialSuccess"]["errorMessage"].as_str().unwrap();
    assert!(why.contains("501 buckets") && why.contains("point_buckets"), "{why}");
    assert_eq!(counter(&server, "quipu_rejected_items_total{"), 1.0);
    assert_eq!(histogram((3..60).map(|second| point(second, 500)).collect()), (200, "{}".to_owned()));
    let (status, body) =
        get(&format!("{}/api/v1/metrics/query?name=sizes&step=1m&agg=p95", server.url("http")));
    assert!(status == 503 && body.contains("answer_bytes"), "{status} {body}");
    assert_eq!(server.get("/readyz")["status"], "ready");
}

/// The largest resident memory of the process so far, in MiB.
#[cfg(target_os = "linux")]
fn peak(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}

#[cfg(target_os = "linux")]
#[test]
fn a_live_feed_of_large_events_takes_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    let send = |body: &str| {
        let record = json!({"timeUnixNano": now().to_string(), "body": {"stringValue": body}});
        let logs =
            json!({"resourceLogs": [{"scopeLogs": [{"scope": {"name": "test"}, "logRecords": [record]}]}]});
        assert_eq!(server.post("logs", logs.to_string().as_bytes(), &JSON).0, 200);
    };
    let large = "a long body ".repeat(300_000);
    (0..50).for_each(|_| send(&large));
    let before = peak(&server);
    let mut feed = watcher(&server).unwrap();
    send(&large);
    send("a short body");
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut seen = String::new();
    while !seen.contains("a short body") {
        assert!(Instant::now() < deadline, "no short event: {seen}");
        let mut some = vec![0; 64 << 10];
        let count = std::io::Read::read(&mut feed, &mut some).unwrap();
        assert_ne!(count, 0, "the feed ended");
        seen.push_str(&String::from_utf8_lossy(&some[..count]));
    }
    assert!(!seen.contains("a long body"), "a large event is not sent");
    let after = peak(&server);
    // All large bodies would be 180 MB.
    assert!(after < before + 60, "{before} MiB before, {after} MiB with a watcher");
}

/// An export of spans of a trace, whose names and agents are all different and have 1 kB.
fn spans(trace: u64, from: u64, count: u64) -> Value {
    let span = |number: u64| {
        let end = now();
        let name = format!("{number} {}", "name ".repeat(200));
        json!({
            "traceId": format!("{trace:032x}"), "spanId": format!("{number:016x}"), "name": name, "kind": 1,
            "startTimeUnixNano": (end - 1_000_000).to_string(), "endTimeUnixNano": end.to_string(),
            "attributes": [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", &name)],
        })
    };
    let spans: Vec<Value> = (from..from + count).map(span).collect();
    json!({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}]})
}

#[test]
fn answers_of_whole_traces_without_memory_are_errors_that_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "[limits]\nanswer_bytes = 400000\n");
    assert_eq!(server.post_json(&spans(1, 1, 300)).1, "{}");
    let whole = format!("traces/{:032x}", 1);
    for path in
        ["map".to_owned(), format!("{whole}/graph"), format!("{whole}/outline"), format!("{whole}/agents")]
    {
        let (status, body) = get(&format!("{}/api/v1/{path}", server.url("http")));
        assert!(status == 503 && body.contains("answer_bytes"), "{path}: {status} {body}");
    }
    assert_eq!(server.get("/readyz")["status"], "ready");
}

#[test]
fn a_trace_takes_no_more_spans_than_its_bound_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = "[limits]\ntrace_spans = 100\n";
    let refused = |server: &Server, spans: &Value| {
        let (status, said) = server.post_json(spans);
        assert_eq!(status, 200, "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        let Some(spans) = said["partialSuccess"]["rejectedSpans"].as_str() else { return 0 };
        let why = said["partialSuccess"]["errorMessage"].as_str().unwrap();
        assert!(why.contains("trace_spans") && why.contains("more than 100 spans"), "{why}");
        spans.parse::<u64>().unwrap()
    };
    let server = start(folder.path(), config);
    // A span that was sent again counts once.
    for _ in 0..4 {
        assert_eq!(refused(&server, &spans(1, 1, 40)), 0);
    }
    assert_eq!(refused(&server, &spans(1, 41, 70)), 10);
    assert_eq!(refused(&server, &spans(2, 1, 100)), 0, "another trace");
    assert_eq!(counter(&server, "quipu_rejected_items_total{"), 10.0);
    server.stop();
    let server = start(folder.path(), config);
    assert_eq!(refused(&server, &spans(1, 201, 5)), 5);
    assert_eq!(refused(&server, &spans(3, 1, 5)), 0);
    assert_eq!(server.get(&format!("/api/v1/traces/{:032x}", 1))["trace"]["spans"], 100);
}

/// Writes 500 documents of the same content into a shelf of a data folder.
#[cfg(target_os = "linux")]
fn shelf(folder: &std::path::Path, name: &str, content: &Value) {
    let shelf = folder.join("documents").join(name);
    std::fs::create_dir_all(&shelf).unwrap();
    let text = content.to_string();
    (0..500).for_each(|number| std::fs::write(shelf.join(format!("d{number}.json")), &text).unwrap());
}

#[cfg(target_os = "linux")]
#[test]
fn lists_of_large_dashboards_and_views_take_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let filter = format!("model:{}", "x".repeat(4_000));
    let panel = |number: usize| {
        json!({"id": format!("p{number}"), "title": "t", "type": "table", "x": 0, "y": number, "w": 1, "h": 1,
            "from": "calls", "filter": filter, "measure": "count"})
    };
    let panels: Vec<Value> = (0..60).map(panel).collect();
    shelf(folder.path(), "dashboards", &json!({"title": "t", "panels": panels}));
    let statement = format!("select '{}'", "x".repeat(49_000));
    shelf(folder.path(), "views", &json!({"title": "t", "page": "/sql", "statement": statement}));
    let server = start(folder.path(), "");
    let before = peak(&server);
    for list in ["dashboards", "views"] {
        let answer = server.get(&format!("/api/v1/{list}"));
        assert!(answer[list].as_array().unwrap().len() >= 500, "{list}");
    }
    std::thread::scope(|scope| {
        for path in ["dashboards", "views"].repeat(4) {
            let url = format!("{}/api/v1/{path}", server.url("http"));
            scope.spawn(move || assert!([200, 503].contains(&get(&url).0)));
        }
    });
    let after = peak(&server);
    // Eight lists that are read as a whole take a gigabyte.
    assert!(after < before + 130, "{before} MiB before, {after} MiB after");
}

#[cfg(target_os = "linux")]
#[test]
fn silences_with_many_expressions_take_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    let silence = |value: &str| {
        let matchers: serde_json::Map<_, _> = (0..20).map(|key| (format!("k{key}"), json!(value))).collect();
        let body = json!({"matchers": matchers, "reason": "deploy", "duration": "1h"});
        server.write("POST", "/api/v1/alerts/silences", &body)
    };
    let before = peak(&server);
    let (most, text) = (0..30).map(|_| silence(r"~\w\d")).find(|(status, _)| *status != 200).unwrap();
    assert!(most == 409 && text.contains("200 regular expressions"), "{most} {text}");
    let (status, text) = silence(&"x".repeat(1_000));
    assert!(status == 400 && text.contains("4096 bytes"), "{status} {text}");
    assert_eq!(silence("plain").0, 200);
    server.get("/api/v1/alerts/silences");
    let after = peak(&server);
    // Thirty silences with compiled expressions take 80 MB.
    assert!(after < before + 40, "{before} MiB before, {after} MiB after");
}
