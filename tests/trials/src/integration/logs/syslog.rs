//! rsyslog: its parse of our messages, as JSON.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::judged::{check, config, differs, fields, serve};
use super::load;
use super::trust::Trust;
use crate::integration::tools::{Program, free_port};
use crate::integration::{Bench, Report, packages};
use crate::shell;

const ARRIVE: Duration = Duration::from_secs(30);
/// rsyslog's name for structured data that it parsed.
const DATA: &str = "rfc5424-sd";

/// By TCP, by TLS, and by TLS with an untrusted certificate.
pub fn run(bench: &Bench, folder: &Path, report: Report) -> Result<Report> {
    let rsyslog = match packages::apt(&bench.cache, "rsyslog", "rsyslogd") {
        Ok(rsyslog) => rsyslog,
        Err(error) => return Ok(report.skipped("rsyslog", &format!("{error:#}"))),
    };
    let modules = modules(&bench.cache);
    let plain = Receiver::start(&rsyslog, &modules, &folder.join("plain"), None)?;
    let to = config(folder, "plain", "syslog", &format!("url = \"tcp://localhost:{}\"", plain.port))?;
    let report = report
        .judged("rsyslog, TCP: structured data and text as JSON", &delivered(bench, &to, &plain, false)?);
    let json = Receiver::start(&rsyslog, &modules, &folder.join("json"), None)?;
    let settings = format!("url = \"tcp://localhost:{}\"\nformat = \"json\"\nmax_bytes = 100000", json.port);
    let to = config(folder, "json", "syslog", &settings)?;
    let report = report.judged("rsyslog, TCP: whole records", &delivered(bench, &to, &json, true)?);
    secure(bench, folder, &rsyslog, modules, report)
}

fn secure(
    bench: &Bench,
    folder: &Path,
    rsyslog: &Path,
    mut modules: Vec<PathBuf>,
    report: Report,
) -> Result<Report> {
    let case = "rsyslog, TLS";
    let openssl =
        match (driver(&bench.cache, &mut modules), packages::apt(&bench.cache, "openssl", "openssl")) {
            (Ok(()), Ok(openssl)) => openssl,
            (Err(error), _) | (_, Err(error)) => return Ok(report.skipped(case, &format!("{error:#}"))),
        };
    let (ours, theirs) =
        (Trust::make(&openssl, &folder.join("ours"))?, Trust::make(&openssl, &folder.join("theirs"))?);
    let receiver = Receiver::start(rsyslog, &modules, &folder.join("tls"), Some(&ours))?;
    let with = |name: &str, ca: &Path| {
        let settings = format!("url = \"tls://localhost:{}\"\ntls = {{ ca_file = {ca:?} }}", receiver.port);
        config(folder, name, "syslog", &settings)
    };
    let wrong = with("wrong", &theirs.ca)?;
    let refused = differs(&check(bench, "syslog", &wrong)?, false, ("tls", "certificate"));
    let report = report.judged(&format!("{case}: a wrong certificate is refused"), &refused);
    let right = with("right", &ours.ca)?;
    let report = report.judged(&format!("{case}: delivered"), &delivered(bench, &right, &receiver, false)?);
    let accepted = differs(&check(bench, "syslog", &right)?, true, ("acceptance", "sent"));
    Ok(report.judged(&format!("{case}: quipu check"), &accepted))
}

/// Sends the load through a server, and returns the differences in rsyslog's parse.
fn delivered(bench: &Bench, to: &Path, receiver: &Receiver, whole: bool) -> Result<Vec<String>> {
    let server = serve(bench, to)?;
    load::send(&server)?;
    let count = usize::try_from(3 * load::TRACES)?;
    let mut lines = Vec::new();
    shell::poll(ARRIVE, || {
        lines = receiver.lines();
        (lines.len() >= count).then_some(())
    });
    server.stop()?;
    let mut wrong = Vec::new();
    if lines.len() != count {
        wrong.push(format!("{} messages of {count}", lines.len()));
    }
    let of = |name: &str| lines.iter().filter(|line| line["msgid"] == name).count() as u64;
    if of("span") != 2 * load::TRACES || of("agent.note") != load::TRACES {
        wrong.push(format!("{} spans, {} events", of("span"), of("agent.note")));
    }
    for line in &lines {
        wrong.extend(if whole { record(line) } else { parsed(line) });
    }
    wrong.truncate(5);
    Ok(wrong)
}

/// Errors in a line with figures.
fn parsed(line: &Value) -> Vec<String> {
    let data = &line[DATA]["quipu@32473"];
    let mut wrong =
        fields("message", line, &[("host", json!("web-1")), ("app", json!("shop")), ("process", json!("7"))]);
    let text = line["text"].as_str().unwrap_or_default().trim_start_matches('\u{feff}').to_owned();
    let is = |want: &str| if text == want { None } else { Some(format!("text is {text:?}, not {want:?}")) };
    match (line["msgid"].as_str(), data["kind"].as_str()) {
        (Some("span"), Some("llm")) => {
            wrong.extend(fields("call", line, &[("severity", json!("6")), ("facility", json!("16"))]));
            let figures = [
                ("input_tokens", json!(load::INPUT.to_string())),
                ("output_tokens", json!(load::OUTPUT.to_string())),
                ("duration_ms", json!("1240")),
                ("model", json!("gpt-4o-mini")),
                ("cost_usd", json!("0.0000312")),
                ("counted", json!("true")),
            ];
            wrong.extend(fields("call", data, &figures));
            wrong.extend(is("chat gpt-4o-mini 1240.0 ms 120+22 tok $0.0000312"));
        }
        (Some("span"), Some("tool")) => {
            wrong.extend(fields("tool", line, &[("severity", json!("3"))]));
            wrong.extend(fields("tool", data, &[("status", json!("error")), ("tool", json!("search"))]));
            wrong.extend(is(&format!("execute_tool search 620.0 ms failed: Timeout: {}", load::WHY)));
        }
        (Some("agent.note"), _) => {
            wrong.extend(fields("event", line, &[("severity", json!("4"))]));
            wrong.extend(fields(
                "event",
                data,
                &[("level", json!("warning")), ("type", json!("agent.note"))],
            ));
            wrong.extend(is("Grüße an 東京\\n<0>forged"));
        }
        other => wrong.push(format!("a message of {other:?}")),
    }
    wrong
}

/// Errors in a line with a whole record.
fn record(line: &Value) -> Vec<String> {
    let text = line["text"].as_str().unwrap_or_default();
    let Ok(record) = serde_json::from_str::<Value>(text) else {
        return vec![format!("no JSON: {text:.200}")];
    };
    match record["record"].as_str() {
        Some("span") if record["kind"] == "llm" => {
            let attributes = &record["attributes"];
            let prompt = attributes["gen_ai.input.messages"].as_str().map_or(0, str::len);
            let mut wrong = fields("call", attributes, &[("odd \"]\\", json!("v\"]\\"))]);
            if prompt != 48_000 {
                wrong.push(format!("a prompt of {prompt} bytes"));
            }
            wrong
        }
        Some("span") => {
            fields("tool", &record, &[("status", json!("error")), ("status_message", json!(load::WHY))])
        }
        Some("event") => fields("event", &record, &[("body", json!(load::TEXT))]),
        other => vec![format!("a record {other:?}")],
    }
}

/// Folders of rsyslog's modules that were brought here; it knows its own.
fn modules(cache: &Path) -> Vec<PathBuf> {
    below(&cache.join("apt/rsyslog")).into_iter().chain(below(Path::new("/"))).collect()
}

fn below(root: &Path) -> Option<PathBuf> {
    let libraries =
        fs::read_dir(root.join("usr/lib")).ok()?.flatten().map(|entry| entry.path().join("rsyslog"));
    libraries.into_iter().find(|folder| folder.is_dir())
}

/// The module for TLS, which Debian has in a package of its own.
fn driver(cache: &Path, modules: &mut Vec<PathBuf>) -> Result<()> {
    let has = |folder: &PathBuf| folder.join("lmnsd_ossl.so").is_file();
    if modules.iter().any(has) {
        return Ok(());
    }
    let folder = packages::bring(cache, "rsyslog-openssl")?;
    modules.push(below(&folder).filter(has).ok_or_else(|| anyhow!("rsyslog-openssl has no lmnsd_ossl.so"))?);
    Ok(())
}

/// rsyslog, with a file of what it took.
struct Receiver {
    _program: Program,
    port: u16,
    file: PathBuf,
}

impl Receiver {
    fn start(rsyslog: &Path, modules: &[PathBuf], folder: &Path, tls: Option<&Trust>) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let (port, file, settings) =
            (free_port()?, folder.join("messages.json"), folder.join("rsyslog.conf"));
        fs::write(&settings, settings_of(port, folder, &file, tls))?;
        let mut command = Command::new(rsyslog);
        command.arg("-n").arg("-iNONE").arg("-f").arg(&settings);
        if !modules.is_empty() {
            let list: Vec<String> = modules.iter().map(|folder| folder.display().to_string()).collect();
            command.arg(format!("-M{}", list.join(":")));
        }
        let program = Program::start(&mut command, &folder.join("rsyslog.log"))?;
        let listens = || TcpStream::connect(("127.0.0.1", port)).ok();
        shell::poll(Duration::from_secs(10), listens)
            .ok_or_else(|| anyhow!("rsyslog does not listen: {}", shell::tail(&program.said(), 10)))?;
        Ok(Self { _program: program, port, file })
    }

    /// Received lines so far, except those of checks.
    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        lines.filter(|line: &Value| line["msgid"] != "quipu.check").collect()
    }
}

fn settings_of(port: u16, folder: &Path, file: &Path, tls: Option<&Trust>) -> String {
    let (global, module) = match tls {
        None => (String::new(), String::new()),
        Some(Trust { ca, cert, key }) => (
            format!(
                " DefaultNetstreamDriver=\"ossl\" DefaultNetstreamDriverCAFile=\"{}\" DefaultNetstreamDriverCertFile=\"{}\" \
                 DefaultNetstreamDriverKeyFile=\"{}\"",
                ca.display(),
                cert.display(),
                key.display()
            ),
            " StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\"anon\"".to_owned(),
        ),
    };
    format!(
        "global(workDirectory=\"{folder}\" maxMessageSize=\"128k\"{global})\n\
         module(load=\"imtcp\"{module})\n\
         module(load=\"mmpstrucdata\")\n\
         template(name=\"line\" type=\"list\") {{ property(name=\"$!all-json-plain\") constant(value=\"\\n\") }}\n\
         input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\" ruleset=\"take\")\n\
         ruleset(name=\"take\") {{\n\
           action(type=\"mmpstrucdata\")\n\
           set $!severity = $syslogseverity;\n\
           set $!facility = $syslogfacility;\n\
           set $!host = $hostname;\n\
           set $!app = $app-name;\n\
           set $!process = $procid;\n\
           set $!msgid = $msgid;\n\
           set $!text = $msg;\n\
           action(type=\"omfile\" file=\"{file}\" template=\"line\")\n\
         }}\n",
        folder = folder.display(),
        file = file.display(),
    )
}
