//! Tests of `quipu run`: programs through a double of a model server, telemetry, budgets, signals.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::server::{Server, quipu, wait_for};

/// A model server that answers each chat with 1,200 and 300 tokens, and counts its calls.
struct Provider {
    url: String,
    calls: Arc<AtomicU64>,
}

impl Provider {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, calls) = (stream.unwrap(), Arc::clone(&counted));
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    while let Some(()) = request(&mut reader) {
                        let number = calls.fetch_add(1, Ordering::SeqCst);
                        let answer = json!({"id": format!("chatcmpl-{number}-w2"), "object": "chat.completion", "model": "gpt-4o",
                            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "knots"}}],
                            "usage": {"prompt_tokens": 1_200, "completion_tokens": 300, "total_tokens": 1_500}})
                        .to_string();
                        let head = format!(
                            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                            answer.len()
                        );
                        if stream.write_all((head + &answer).as_bytes()).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Self { url, calls }
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

/// Reads one request with its body.
fn request(reader: &mut impl BufRead) -> Option<()> {
    let (mut length, mut lines) = (0, 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        lines += 1;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" && lines > 1 {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()
}

/// A Python program that calls the model as often as its first argument says, prints its other arguments, and
/// exits with code 7 once a call fails.
const PROGRAM: &str = r#"
import json, os, sys, urllib.request
for number in range(int(sys.argv[1])):
    body = json.dumps({"model": "gpt-4o", "max_tokens": 400, "messages": [{"role": "user", "content": f"knot {number}"}]})
    call = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body.encode(),
        {"content-type": "application/json", "authorization": "Bearer sk-x"})
    try:
        answer = json.load(urllib.request.urlopen(call))
    except urllib.error.HTTPError as error:
        print("refused", error.code)
        sys.exit(7)
print(json.dumps(sys.argv[2:]))
"#;

fn observed(folder: &Path, provider: &Provider, more: &[&str], program: &[&str]) -> (Output, Value) {
    let file = folder.join("figures.json");
    let _ = std::fs::remove_file(&file);
    let mut command = quipu();
    command.arg("run").args(["--json", file.to_str().unwrap()]).args(more).arg("--").args(program);
    command.env("OPENAI_BASE_URL", &provider.url).stdin(Stdio::null());
    let output = command.output().unwrap();
    let figures = std::fs::read(&file).map(|bytes| serde_json::from_slice(&bytes).unwrap());
    (output, figures.unwrap_or_default())
}

#[test]
fn a_program_without_telemetry_is_counted_through_the_gateway() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), Provider::start());
    let here = ["--data-dir", folder.path().to_str().unwrap()];
    let words = ["two words", "a 'quoted' \"one\"", "$HOME", "*", ""];
    let program = [&["python3", "-c", PROGRAM, "3"], &words[..]].concat();
    let (output, figures) = observed(folder.path(), &provider, &here, &program);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, json!(words), "arguments arrive as they were given");
    assert_eq!((provider.calls(), &figures["calls"]), (3, &json!(3)), "{figures}{error}");
    assert_eq!((&figures["tokens"]["input"], &figures["tokens"]["output"]), (&json!(3_600), &json!(900)));
    assert_eq!((&figures["cost_usd"], &figures["exit_code"]), (&json!("0.018"), &json!(0)));
    assert!(
        !figures["traces"].as_array().unwrap().is_empty() && error.contains("3 calls"),
        "{figures}{error}"
    );
    // The next run has figures of its own, and the store has both.
    let (_, figures) = observed(folder.path(), &provider, &here, &["python3", "-c", PROGRAM, "1"]);
    assert_eq!(figures["calls"], 1, "{figures}");
    let (_, out, _) = crate::server::run(&["usage", "--json", "--data-dir", here[1]]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["total"]["llm_calls"], 4);
}

#[test]
fn exit_codes_are_kept_and_a_missing_program_is_an_error() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), Provider::start());
    let here = ["--data-dir", folder.path().to_str().unwrap()];
    for (script, code) in [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137)] {
        let (output, figures) = observed(folder.path(), &provider, &here, &["sh", "-c", script]);
        assert_eq!(output.status.code(), Some(code), "{script}");
        assert_eq!((&figures["exit_code"], &figures["calls"]), (&json!(code), &json!(0)), "{figures}");
    }
    let (output, _) = observed(folder.path(), &provider, &here, &["/no/such/program"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/program"));
}

#[test]
fn a_budget_stops_the_program_within_one_call_over_it() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), Provider::start());
    // A call costs 0.006 dollars, so three fit.
    let more = ["--budget", "0.02", "--data-dir", folder.path().to_str().unwrap()];
    let (output, figures) = observed(folder.path(), &provider, &more, &["python3", "-c", PROGRAM, "50"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!((1..=4).contains(&provider.calls()), "{} calls", provider.calls());
    assert_eq!(
        (&figures["calls"], &figures["exit_code"]),
        (&json!(provider.calls()), &json!(3)),
        "{figures}"
    );
    assert!(error.contains("stopped by the budget"), "{error}");
    // A program that spends less is not stopped.
    let (output, _) = observed(folder.path(), &provider, &more, &["python3", "-c", PROGRAM, "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Sends one span of the call that the gateway also saw, with the variables that a program gets.
const BOTH: &str = r#"
import json, os, time, urllib.request
body = json.dumps({"model": "gpt-4o", "max_tokens": 400, "messages": [{"role": "user", "content": "knot"}]})
call = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body.encode(), {"content-type": "application/json"})
began = time.time_ns()
answer = json.load(urllib.request.urlopen(call))
text = lambda key, value: {"key": key, "value": {"stringValue": value}}
number = lambda key, value: {"key": key, "value": {"intValue": str(value)}}
resource = [text(*pair.split("=", 1)) for pair in os.environ["OTEL_RESOURCE_ATTRIBUTES"].split(",")] + [text("service.name", "own")]
span = {"traceId": "5b8aa5a2d2c872e8321cf37308d69df2", "spanId": "051581bf3cb55c13", "name": "chat gpt-4o", "kind": 3,
    "startTimeUnixNano": str(began), "endTimeUnixNano": str(time.time_ns()), "attributes": [
    text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"), text("gen_ai.request.model", "gpt-4o"),
    text("gen_ai.response.model", "gpt-4o"), text("gen_ai.response.id", answer["id"]),
    number("gen_ai.usage.input_tokens", 1200), number("gen_ai.usage.output_tokens", 300)]}
export = {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{"scope": {"name": "own"}, "spans": [span]}]}]}
send = urllib.request.Request(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/traces", json.dumps(export).encode(), {"content-type": "application/json"})
urllib.request.urlopen(send).read()
"#;

#[test]
fn a_call_that_gateway_and_telemetry_see_counts_once_also_at_a_server() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), Provider::start());
    let server = Server::start(folder.path());
    let (output, figures) =
        observed(folder.path(), &provider, &["--url", server.url("http")], &["python3", "-c", BOTH]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert_eq!((&figures["calls"], &figures["tokens"]["total"]), (&json!(1), &json!(1_500)), "{figures}");
    assert_eq!(figures["traces"].as_array().unwrap().len(), 2, "{figures}");
}

#[test]
fn signals_are_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "trap 'echo term; exit 9' TERM; trap 'echo hup' HUP; echo ready; while :; do sleep 0.05; done";
    let mut command = quipu();
    command.args(["run", "--data-dir", folder.path().to_str().unwrap(), "--", "sh", "-c", script]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert_eq!(line(), "ready");
    let kill = |signal: &str| Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    kill("-HUP");
    assert_eq!(line(), "hup");
    kill("-TERM");
    assert_eq!(line(), "term");
    let ended = wait_for("the end", || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(9));
}

#[test]
fn a_signal_that_is_ignored_at_the_start_stays_ignored_in_the_program() {
    let folder = tempfile::tempdir().unwrap();
    // As under `nohup`, and in the background of a shell without job control.
    let script = "trap '' HUP INT; exec \"$0\" run --data-dir \"$1\" -- \
                  sh -c 'kill -HUP $$; kill -INT $$; echo alive; kill -TERM $$'";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(quipu().get_program()).arg(folder.path());
    let output = shell.stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "alive\n");
    assert_eq!(output.status.code(), Some(128 + 15));
}

#[test]
fn check_shows_the_variables_and_what_is_missing_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = ["--data-dir", folder.path().to_str().unwrap()];
    let shown =
        |program: &str| crate::server::run(&[&["run", "--check"], &here[..], &["--", program]].concat()).1;
    let claude = shown("/usr/bin/claude");
    assert!(
        claude.contains("CLAUDE_CODE_ENABLE_TELEMETRY=1") && !claude.contains("ANTHROPIC_BASE_URL"),
        "{claude}"
    );
    let codex = shown("codex");
    let exporter = "argument otel.trace_exporter={otlp-http={endpoint=\"http://127.0.0.1:PORT/v1/traces\"";
    assert!(codex.contains(exporter) && !codex.contains("openai_base_url"), "{codex}");
    assert!(shown("qwen").contains("QWEN_TELEMETRY_ENABLED=true"));
    let opencode = shown("opencode");
    assert!(opencode.contains("openTelemetry") && opencode.contains("OPENAI_BASE_URL"), "{opencode}");
    assert!(!shown("copilot").contains("COPILOT_PROVIDER_BASE_URL"));
    assert!(shown("python3").contains("quipu.run="));
    // Under a budget each program gets to the gateway.
    let limited = [&["run", "--check", "--budget", "1"], &here[..], &["--", "codex"]].concat();
    let (_, limited, _) = crate::server::run(&limited);
    assert!(limited.contains("argument openai_base_url=\"http://127.0.0.1:PORT/openai/v1\""), "{limited}");
    let (_, gateway, _) = crate::server::run(
        &[&["run", "--check", "--gateway", "always"], &here[..], &["--", "claude"]].concat(),
    );
    assert!(gateway.contains("ANTHROPIC_BASE_URL"), "{gateway}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn variables_of_the_caller_that_hold_a_config_or_a_provider_are_respected() {
    let folder = tempfile::tempdir().unwrap();
    let shown = |program: &str, own: (&str, &str)| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quipu"));
        command.args([
            "run",
            "--check",
            "--gateway",
            "always",
            "--data-dir",
            folder.path().to_str().unwrap(),
        ]);
        command.args(["--", program]).env(own.0, own.1).env_remove("QUIPU_URL");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let opencode = shown("opencode", ("OPENCODE_CONFIG_CONTENT", "{}"));
    assert!(opencode.contains("missing: OPENCODE_CONFIG_CONTENT is set already"), "{opencode}");
    assert!(!opencode.contains("OPENCODE_CONFIG_CONTENT="), "{opencode}");
    let copilot = shown("copilot", ("COPILOT_PROVIDER_BASE_URL", "http://127.0.0.1:9/v1"));
    assert!(copilot.contains("COPILOT_PROVIDER_BASE_URL=http://127.0.0.1:PORT/openai/v1"), "{copilot}");
}

#[test]
fn no_inherited_variable_diverts_the_telemetry_or_hides_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let here = ["--data-dir", folder.path().to_str().unwrap()];
    let own = [("OTEL_SDK_DISABLED", "true"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9")];
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quipu"));
        command.args([&["run"], args].concat()).envs(own).env_remove("QUIPU_URL");
        command.output().unwrap()
    };
    let shown = run(&[&["--check"], &here[..], &["--", "python3"]].concat());
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(own.iter().all(|(name, _)| shown.contains(&format!("unset {name}\n"))), "{shown}");
    let seen = "test -z \"$OTEL_SDK_DISABLED$OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\" && exit 7";
    // The figures cannot be written, but the program's exit code stays.
    let ended = run(&[&["--json", "/nowhere/run.json"], &here[..], &["--", "sh", "-c", seen]].concat());
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(7), "{said}");
    assert!(said.contains("no figures of the run") && said.contains("/nowhere/run.json"), "{said}");
}

#[test]
fn the_program_has_the_umask_of_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let script = "umask 027; exec \"$0\" run --data-dir \"$1\" -- sh -c umask";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_quipu"), folder.path().to_str().unwrap()]);
    let ended = command.env_remove("QUIPU_URL").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stdout).trim(), "0027", "{ended:?}");
}
