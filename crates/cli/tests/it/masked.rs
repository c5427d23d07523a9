//! Secrets in every place of every record: in no answer, no file and no export, while the words next to them
//! stay.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::server::{Server, get, wait_for};

/// Texts that were handed out, with the place that each was put in.
#[derive(Default)]
struct Secrets(Vec<&'static str>);

impl Secrets {
    /// A word that may stay, and a secret.
    fn plant(&mut self, place: &'static str) -> String {
        self.0.push(place);
        format!("{}.{}", word(self.0.len()), secret(self.0.len()))
    }

    /// The same, percent-encoded but for the word.
    fn encoded(&mut self, place: &'static str) -> String {
        self.plant(place);
        format!("{}.{}", word(self.0.len()), percent(&secret(self.0.len())))
    }

    /// A text that is the secret alone, percent-encoded twice.
    fn twice(&mut self, place: &'static str) -> String {
        self.plant(place);
        percent(&percent(&secret(self.0.len())))
    }
}

fn word(number: usize) -> String {
    format!("keep{number:03}")
}

fn secret(number: usize) -> String {
    format!("sk-proj-Q{number:03}zabcdefghijklmnopqrstuvwxyz0123456789abc")
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// An attribute with a secret in its key, and another with one in its value.
fn both(secrets: &mut Secrets, key: &'static str, value: &'static str) -> Vec<Value> {
    vec![text(&format!("a.{}", secrets.plant(key)), "x"), text("plain", &secrets.plant(value))]
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()
}

const TRACE: &str = "0000000000000000000000005eccca11";

fn span(secrets: &mut Secrets) -> Value {
    let mut attributes = both(secrets, "key of an attribute", "attribute");
    attributes.extend([
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        text("gen_ai.request.model", "gpt-4o"),
        text("user.id", &secrets.plant("user")),
        text("session.id", &secrets.plant("session")),
        text("langsmith.span.tags", &secrets.plant("tag")),
        text("encoded", &secrets.encoded("encoded attribute")),
        text("url.full", &format!("https://a.example/?q={}&x=1", secrets.encoded("query of a URL"))),
        text("twice", &secrets.twice("attribute encoded twice")),
        json!({"key": format!("gen_ai.usage.{}", secrets.plant("key of a usage")), "value": {"intValue": "1"}}),
        json!({"key": "list", "value": {"arrayValue": {"values": [{"stringValue": secrets.plant("element of a list")}]}}}),
        json!({"key": "map", "value": {"kvlistValue": {"values": both(secrets, "key of a map", "value of a map")}}}),
    ]);
    let end = now().to_string();
    json!({
        "traceId": TRACE, "spanId": "00000000000000a1", "kind": 3, "startTimeUnixNano": (now() - 1_000_000).to_string(), "endTimeUnixNano": end,
        "name": format!("call {}", secrets.plant("name of a span")), "traceState": format!("vendor={}", secrets.plant("trace state")),
        "attributes": attributes, "status": {"code": 2, "message": secrets.plant("status message")},
        "events": [{"timeUnixNano": end, "name": secrets.plant("name of an event of a span"),
            "attributes": both(secrets, "key of an event of a span", "event of a span")}],
        "links": [{"traceId": "0000000000000000000000005eccca12", "spanId": "00000000000000b1",
            "traceState": format!("v={}", secrets.plant("trace state of a link")), "attributes": both(secrets, "key of a link", "link")}],
    })
}

/// Resource, scope and their schema URLs around the records of a signal.
fn wrapped(secrets: &mut Secrets, signal: [&str; 3], records: Vec<Value>) -> Value {
    let mut resource = both(secrets, "key of a resource", "resource");
    resource.push(text("service.name", &secrets.plant("service")));
    let scope = json!({
        "name": format!("scope {}", secrets.plant("name of a scope")), "version": format!("1-{}", secrets.plant("version of a scope")),
        "attributes": both(secrets, "key of a scope", "scope"),
    });
    let of_scope = json!({"scope": scope, "schemaUrl": format!("https://s.example/{}", secrets.plant("schema of a scope")), signal[2]: records});
    json!({signal[0]: [{
        "resource": {"attributes": resource},
        "schemaUrl": format!("https://s.example/{}", secrets.plant("schema of a resource")), signal[1]: [of_scope],
    }]})
}

fn log(secrets: &mut Secrets) -> Value {
    json!({
        "timeUnixNano": now().to_string(), "severityNumber": 9, "severityText": secrets.plant("severity"),
        "eventName": secrets.plant("name of an event"), "attributes": both(secrets, "key of a log", "log"),
        "body": {"kvlistValue": {"values": [text("said", &secrets.encoded("encoded body"))]}},
    })
}

fn metrics(secrets: &mut Secrets) -> Vec<Value> {
    let mut point = || {
        json!({
            "timeUnixNano": now().to_string(), "asDouble": 1.0, "attributes": both(secrets, "key of a label", "label"),
            "exemplars": [{"timeUnixNano": now().to_string(), "asDouble": 1.0,
                "filteredAttributes": both(secrets, "key of an exemplar", "exemplar")}],
        })
    };
    let sum = json!({"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point()]});
    let gauge = json!({"dataPoints": [point()]});
    vec![
        json!({
            "name": format!("orders {}", secrets.plant("name of a metric")), "unit": secrets.plant("unit"),
            "description": secrets.plant("description"), "metadata": both(secrets, "key of metadata", "metadata"), "sum": sum,
        }),
        json!({"name": "rooms", "gauge": gauge}),
    ]
}

/// A collector that takes everything; gives its address and what it was sent.
fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&sent);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let all = Arc::clone(&all);
            std::thread::spawn(move || serve(stream, &all));
        }
    });
    (address, sent)
}

fn serve(mut stream: std::net::TcpStream, all: &Mutex<Vec<u8>>) {
    let (mut waiting, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        waiting.extend(&buffer[..count]);
        while let Some(length) = whole(&waiting) {
            all.lock().unwrap().extend(waiting.drain(..length));
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
                return;
            }
        }
    }
}

/// Length of the request at the start, once all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let whole = end + length.unwrap_or(0);
    (bytes.len() >= whole).then_some(whole)
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| match path.is_dir() {
        true => files(&path),
        // A file that SQLite removes meanwhile is gone.
        false => std::fs::read(&path).map(|bytes| (path.display().to_string(), bytes)).into_iter().collect(),
    };
    entries.flat_map(read).collect()
}

/// Answers that show the records, by their path.
fn answers(server: &Server) -> Vec<(String, Vec<u8>)> {
    let http = server.url("http");
    let mut paths = vec![
        format!("{http}/metrics"),
        format!("{}/metrics", server.url("prometheus")),
        format!("{http}/api/v1/traces/{TRACE}"),
        format!("{http}/api/v1/traces/{TRACE}/outline"),
        format!("{http}/api/v1/traces/{TRACE}/graph"),
        format!("{http}/api/v1/traces/{TRACE}/spans/00000000000000a1"),
        format!("{http}/api/v1/export/traces?format=jsonl"),
    ];
    for list in
        ["traces", "sessions", "events", "metrics", "agents", "guardrails", "sources/unread", "sources/drift"]
    {
        paths.push(format!("{http}/api/v1/{list}"));
    }
    for field in ["user", "session", "tag", "service"] {
        paths.push(format!("{http}/api/v1/facets?field={field}"));
    }
    for metric in server.get("/api/v1/metrics")["metrics"].as_array().unwrap() {
        let name = percent(metric["name"].as_str().unwrap());
        paths.push(format!("{http}/api/v1/metrics/query?name={name}"));
    }
    let asked = |path: String| {
        let (status, body) = get(&path);
        assert_eq!(status, 200, "{path}: {body}");
        (path, body.into_bytes())
    };
    paths.into_iter().map(asked).collect()
}

fn has(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[test]
fn a_secret_in_any_place_of_a_record_is_kept_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, sent) = collector();
    let config = folder.path().join("quipu.toml");
    let out = format!("[backend.out]\nuse = \"otlp\"\nendpoint = {endpoint:?}\ncompression = \"none\"\n");
    std::fs::write(&config, format!("backends = [\"out\"]\n{out}")).unwrap();
    let server = Server::start_with(folder.path(), &["--config", config.to_str().unwrap()]);
    let mut secrets = Secrets::default();
    let spans = vec![span(&mut secrets)];
    let logs = vec![log(&mut secrets)];
    let points = metrics(&mut secrets);
    for (path, signal, records) in [
        ("traces", ["resourceSpans", "scopeSpans", "spans"], spans),
        ("logs", ["resourceLogs", "scopeLogs", "logRecords"], logs),
        ("metrics", ["resourceMetrics", "scopeMetrics", "metrics"], points),
    ] {
        let body = wrapped(&mut secrets, signal, records).to_string();
        let (status, said) = server.post(path, body.as_bytes(), &[("content-type", "application/json")]);
        assert_eq!((status, said.as_str()), (200, "{}"), "{path}");
    }
    let number_of = |place: &str| secrets.0.iter().position(|known| *known == place).unwrap() + 1;
    for last in ["name of a span", "name of an event", "name of a metric"] {
        wait_for("the export", || has(&sent.lock().unwrap(), &word(number_of(last))).then_some(()));
    }
    let indexed = format!("/api/v1/traces?q={}", word(number_of("name of a span")));
    wait_for("the index", || (server.get(&indexed)["traces"].as_array().unwrap().len() == 1).then_some(()));
    let mut seen = answers(&server);
    server.stop();
    seen.extend(files(folder.path()));
    seen.push(("the collector".into(), sent.lock().unwrap().clone()));

    let (mut leaked, mut lost) = (Vec::new(), Vec::new());
    for (number, place) in (1..).zip(&secrets.0) {
        let secret = secret(number);
        // The rare middle of a secret is in no text, however it is spelt.
        for needle in [secret[8..20].to_owned(), percent(&secret[8..20]), percent(&percent(&secret[8..20]))] {
            leaked.extend(
                seen.iter()
                    .filter(|(_, bytes)| has(bytes, &needle))
                    .map(|(where_, _)| format!("{place} as {needle} in {where_}")),
            );
        }
        if *place != "attribute encoded twice" && !seen.iter().any(|(_, bytes)| has(bytes, &word(number))) {
            lost.push(*place);
        }
    }
    assert_eq!(leaked, Vec::<String>::new());
    assert_eq!(lost, Vec::<&str>::new(), "the words beside the secrets stay");
}
