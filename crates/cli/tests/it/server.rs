//! A server process of the real binary, on its own folder.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn quipu() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quipu"));
    command.env_remove("QUIPU_URL").env_remove("QUIPU_DATA_DIR");
    // A test without ports gets free ones, so it passes next to a server on the default ports.
    for listener in ["QUIPU_HTTP", "QUIPU_OTLP_HTTP", "QUIPU_OTLP_GRPC", "QUIPU_PROMETHEUS"] {
        command.env(listener, "127.0.0.1:0");
    }
    command
}

/// Runs a command to its end: exit code, standard output, standard error.
pub fn run(args: &[&str]) -> (i32, String, String) {
    let output = quipu().args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Polls until `done` gives something.
pub fn wait_for<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "{what} takes too long");
        // The server needs the processor more than this loop.
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    urls: Value,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// Starts one that takes records of any age, such as recordings.
    pub fn start_for_any_age(folder: &Path) -> Self {
        let file = folder.join("any-age.toml");
        std::fs::write(&file, "[limits]\npast_seconds = 4000000000\n").unwrap();
        Self::start_with(folder, &["--config", file.to_str().unwrap()])
    }

    pub fn start_with(folder: &Path, more: &[&str]) -> Self {
        Self::start_saying(folder, more, Stdio::inherit())
    }

    /// Starts with a standard error of its own.
    pub fn start_saying(folder: &Path, more: &[&str], log: Stdio) -> Self {
        Self::try_start(folder, more, log).unwrap_or_else(|ended| panic!("the server ended: {ended}"))
    }

    /// Starts under a umask.
    pub fn start_with_umask(folder: &Path, mask: &str, more: &[&str]) -> Self {
        let started = Self::start_after(&format!("umask {mask}"), folder, more);
        started.unwrap_or_else(|ended| panic!("the server ended: {ended}"))
    }

    /// Starts in a shell that ran a command first. Returns the exit status if the process ends by itself.
    pub fn start_after(shell: &str, folder: &Path, more: &[&str]) -> Result<Self, ExitStatus> {
        let mut command = Command::new("sh");
        let script = format!("{shell}; exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_quipu")]);
        command.env_remove("QUIPU_URL").env_remove("QUIPU_DATA_DIR");
        Self::start_by(command, folder, more, Stdio::inherit())
    }

    /// Starts with a separate standard error. Returns the exit status if the process ends by itself.
    pub fn try_start(folder: &Path, more: &[&str], log: Stdio) -> Result<Self, ExitStatus> {
        Self::start_by(quipu(), folder, more, log)
    }

    fn start_by(mut command: Command, folder: &Path, more: &[&str], log: Stdio) -> Result<Self, ExitStatus> {
        let ready = folder.join("ready.json");
        let _ = std::fs::remove_file(&ready);
        command.arg("serve").arg("--data-dir").arg(folder).arg("--ready-file").arg(&ready).args(more);
        let listeners = ["--http", "--otlp-http", "--otlp-grpc", "--prometheus"];
        for listener in listeners.into_iter().filter(|listener| !more.contains(listener)) {
            command.args([listener, "127.0.0.1:0"]);
        }
        let mut child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let urls = wait_for("the start", || {
            let urls = || serde_json::from_slice(&std::fs::read(&ready).ok()?).ok();
            child.try_wait().unwrap().map(Err).or_else(|| urls().map(Ok))
        });
        urls.map(|urls| Self { child, urls })
    }

    pub fn url(&self, listener: &str) -> &str {
        self.urls[listener].as_str().unwrap()
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks to stop, and waits for the end.
    pub fn stop(mut self) -> ExitStatus {
        Command::new("sh").args(["-c", &format!("kill {}", self.child.id())]).status().unwrap();
        wait_for("the end", || self.child.try_wait().unwrap())
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = get(&format!("{}{path}", self.url("http")));
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// A request that changes something.
    pub fn write(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let url = format!("{}{path}", self.url("http"));
        let request = if method == "PUT" { agent().put(url) } else { agent().post(url) };
        answer(request.header("content-type", "application/json").send(body.to_string()))
    }

    pub fn post(&self, signal: &str, body: &[u8], headers: &[(&str, &str)]) -> (u16, String) {
        let mut request = agent().post(format!("{}/v1/{signal}", self.url("otlp_http")));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body))
    }

    pub fn post_json(&self, body: &Value) -> (u16, String) {
        self.post("traces", body.to_string().as_bytes(), &[("content-type", "application/json")])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    ureq::Agent::new_with_config(config.build())
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, String) {
    let mut answer = result.unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap_or_default())
}

pub fn get(url: &str) -> (u16, String) {
    answer(agent().get(url).call())
}

/// The answer, unless none arrives within some seconds.
pub fn try_get(url: &str) -> Option<(u16, String)> {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = ureq::Agent::new_with_config(config.timeout_global(Some(Duration::from_secs(5))).build());
    let mut got = agent.get(url).call().ok()?;
    Some((got.status().as_u16(), got.body_mut().read_to_string().ok()?))
}

/// The same with a key.
pub fn get_with(url: &str, key: &str) -> (u16, String) {
    answer(agent().get(url).header("x-quipu-key", key).call())
}

/// Posts an empty object with a key; gives the status.
pub fn post_with(url: &str, key: &str) -> u16 {
    let request = agent().post(url).header("content-type", "application/json").header("x-quipu-key", key);
    answer(request.send("{}")).0
}

/// An export of one trace: an agent that repeats the tokens of its one call.
pub fn export(trace: u64) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let text = |key: &str, value: &str| serde_json::json!({"key": key, "value": {"stringValue": value}});
    let int =
        |key: &str, value: u64| serde_json::json!({"key": key, "value": {"intValue": value.to_string()}});
    let span = |id: u64, parent: &str, name: &str, attributes: Vec<Value>| {
        serde_json::json!({
            "traceId": format!("{trace:032x}"), "spanId": format!("{id:016x}"), "parentSpanId": parent, "name": name, "kind": 3,
            "startTimeUnixNano": (now - 2_000_000_000).to_string(), "endTimeUnixNano": now.to_string(), "attributes": attributes,
        })
    };
    let usage = || [int("gen_ai.usage.input_tokens", 1_200), int("gen_ai.usage.output_tokens", 300)];
    let mut agent = vec![text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "planner")];
    let mut call = vec![
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        text("gen_ai.request.model", "gpt-4o"),
        text(
            "gen_ai.input.messages",
            r#"[{"role":"user","parts":[{"type":"text","content":"knots of llama wool"}]}]"#,
        ),
    ];
    agent.extend(usage());
    call.extend(usage());
    let spans =
        [span(2, "0000000000000001", "chat gpt-4o", call), span(1, "", "invoke_agent planner", agent)];
    serde_json::json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", "trips")]},
        "scopeSpans": [{"scope": {"name": "test"}, "spans": spans}],
    }]})
}
