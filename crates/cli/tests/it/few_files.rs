//! Tests with few open files: an answer is exact, or an error. It is never partial.

use std::path::Path;

use serde_json::{Value, json};

use crate::server::{Server, run, try_get};

/// Days that hold one call each; the store has a file for each.
const DAYS: u64 = 50;
/// Queries that read every day.
const QUESTIONS: [&str; 5] = [
    "usage",
    "usage?group_by=user",
    "usage?group_by=day,model",
    "facets?field=user&limit=100",
    "traces?limit=100",
];

/// An export of one call, this many days ago, by its own user.
fn call(number: u64, days: u64) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let end = now - u128::from(days) * 86_400_000_000_000;
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let int = |key: &str, value: u64| json!({"key": key, "value": {"intValue": value.to_string()}});
    let span = json!({
        "traceId": format!("{:032x}", 0xabc_0000 + number), "spanId": format!("{:016x}", number + 1), "name": "chat gpt-4o", "kind": 3,
        "startTimeUnixNano": (end - 1_000_000).to_string(), "endTimeUnixNano": end.to_string(),
        "attributes": [
            text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"), text("gen_ai.request.model", "gpt-4o"),
            text("user.id", &format!("user-{number}")),
            int("gen_ai.usage.input_tokens", 1_000 + number), int("gen_ai.usage.output_tokens", 10),
        ],
    });
    json!({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "test"}, "spans": [span]}]}]})
}

fn any_age(folder: &Path) -> String {
    let file = folder.join("any-age.toml");
    std::fs::write(&file, "[limits]\npast_seconds = 4000000000\n").unwrap();
    file.to_str().unwrap().to_owned()
}

/// Numbers of exact and of rejected answers.
#[derive(Default)]
struct Told {
    exact: u64,
    refused: u64,
}

impl Told {
    /// Sends every query twice.
    fn ask(server: &Server, want: &[Value]) -> Self {
        let mut told = Self::default();
        for (question, want) in QUESTIONS.iter().zip(want).chain(QUESTIONS.iter().zip(want)) {
            match try_get(&format!("{}/api/v1/{question}", server.url("http"))) {
                Some((200, body)) => {
                    assert_eq!(&serde_json::from_str::<Value>(&body).unwrap(), want, "{question}");
                    told.exact += 1;
                }
                Some((503, body)) => {
                    let said: Value = serde_json::from_str(&body).unwrap();
                    assert_eq!(said["status"], 503, "{body}");
                    told.refused += 1;
                }
                Some((status, body)) => panic!("{question}: {status} {body}"),
                // No file is left for another connection.
                None => told.refused += 1,
            }
        }
        told
    }
}

#[cfg(target_os = "linux")]
#[test]
fn sums_are_exact_or_refused_however_few_files_may_be_open() {
    let folder = tempfile::tempdir().unwrap();
    let config = any_age(folder.path());
    let with = ["--config", config.as_str()];
    let server = Server::start_with(folder.path(), &with);
    for day in 0..DAYS {
        assert_eq!(server.post_json(&call(day, day)).0, 200);
    }
    let want: Vec<Value> =
        QUESTIONS.iter().map(|question| server.get(&format!("/api/v1/{question}"))).collect();
    assert_eq!(want[0]["total"]["llm_calls"], DAYS);
    server.stop();

    let mut all = Told::default();
    for files in [64, 56, 50, 46] {
        // A start that ends says why it cannot go on.
        let Ok(server) = Server::start_after(&format!("ulimit -n {files}"), folder.path(), &with) else {
            continue;
        };
        let each: Vec<Told> = std::thread::scope(|scope| {
            let askers: Vec<_> = (0..4).map(|_| scope.spawn(|| Told::ask(&server, &want))).collect();
            askers.into_iter().map(|asker| asker.join().unwrap()).collect()
        });
        for told in each {
            all.exact += told.exact;
            all.refused += told.refused;
        }
    }
    assert!(all.exact > 0 && all.refused > 0, "{} exact, {} refused", all.exact, all.refused);

    // Nothing that happened is remembered as an answer or as damage.
    let server = Server::start_with(folder.path(), &with);
    let again: Vec<Value> =
        QUESTIONS.iter().map(|question| server.get(&format!("/api/v1/{question}"))).collect();
    assert_eq!(again, want);
    assert_eq!(server.get("/readyz")["status"], "ready");
    server.stop();
    let (code, out, err) = run(&["check", "store", "--deep", "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{out}{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn calls_acknowledged_under_few_open_files_are_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = any_age(folder.path());
    let with = ["--config", config.as_str()];
    let server = Server::start_with(folder.path(), &with);
    for day in 0..DAYS {
        assert_eq!(server.post_json(&call(day, day)).0, 200);
    }
    server.stop();

    let server = Server::start_after("ulimit -n 50", folder.path(), &with).unwrap();
    let mut told = Vec::new();
    for day in 0..DAYS {
        told.push(server.post_json(&call(DAYS + day, day)).0);
    }
    assert!(told.iter().all(|status| [200, 503].contains(status)), "{told:?}");
    drop(server);

    // The sender repeats rejected requests, as an SDK does.
    let server = Server::start_with(folder.path(), &with);
    for (day, _) in (0..DAYS).zip(&told).filter(|(_, status)| **status != 200) {
        assert_eq!(server.post_json(&call(DAYS + day, day)).0, 200);
    }
    assert_eq!(server.get("/api/v1/usage")["total"]["llm_calls"], 2 * DAYS, "{told:?}");
}
