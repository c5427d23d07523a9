//! Config files of the tools, and the keys that make them send telemetry.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::args::ConnectTool;
use crate::client::variable;
use crate::config_file::Format;
use crate::run::environment;

/// A key with its value.
pub type Entry = (Vec<String>, Value);

/// A config file, and the keys to set in it.
pub struct Target {
    pub file: PathBuf,
    pub format: Format,
    pub entries: Vec<Entry>,
}

/// Name of a tool's command.
pub fn command(tool: ConnectTool) -> &'static str {
    match tool {
        ConnectTool::Claude => "claude",
        ConnectTool::Codex => "codex",
        ConnectTool::Gemini => "gemini",
        ConnectTool::Qwen => "qwen",
        ConnectTool::Opencode => "opencode",
        ConnectTool::Copilot => "copilot",
        ConnectTool::Continue => "cn",
        ConnectTool::Vscode => "code",
    }
}

/// Config files of a tool with the keys for a server. `file` replaces the tool's own file.
///
/// # Errors
/// A folder or the user's shell is unknown, or the tool's config has no place for an API key.
pub fn targets(tool: ConnectTool, url: &str, file: Option<&Path>) -> Result<Vec<Target>> {
    let url = url.trim_end_matches('/');
    let variables = environment::telemetry(OsStr::new(command(tool)), url);
    let own = |format, entries| -> Result<Target> {
        let file = file.map_or_else(|| file_of(tool), |file| Ok(file.to_owned()))?;
        Ok(Target { file, format, entries })
    };
    let start_file = |file: Option<&Path>| -> Result<Target> {
        let file = file.map_or_else(start_file, |file| Ok(file.to_owned()))?;
        let name = command(tool);
        let entries = vec![(vec![name.to_owned()], function(name, &variables, is_fish(&file)).into())];
        Ok(Target { file, format: Format::Shell, entries })
    };
    Ok(match tool {
        ConnectTool::Claude => {
            let entry = |(name, value): (String, String)| (path(&["env", &name]), value.into());
            vec![own(Format::Json, variables.into_iter().map(entry).collect())?]
        }
        ConnectTool::Codex => vec![own(Format::Toml, codex(url)?)?],
        ConnectTool::Gemini | ConnectTool::Qwen => {
            refuse_key(tool)?;
            vec![own(Format::Json, gemini(url, tool == ConnectTool::Gemini))?]
        }
        ConnectTool::Opencode => {
            let switch = vec![(path(&["experimental", "openTelemetry"]), true.into())];
            // The endpoint has no key in the config.
            vec![own(Format::Json, switch)?, start_file(None)?]
        }
        ConnectTool::Copilot | ConnectTool::Continue => vec![start_file(file)?],
        ConnectTool::Vscode => {
            refuse_key(tool)?;
            let key = |name: &str| vec![format!("github.copilot.chat.otel.{name}")];
            let entries = vec![(key("enabled"), true.into()), (key("otlpEndpoint"), url.into())];
            vec![own(Format::Json, entries)?]
        }
    })
}

/// All files that `connect` may have changed for a tool.
///
/// # Errors
/// A folder is unknown.
pub fn files(tool: ConnectTool, file: Option<&Path>) -> Result<Vec<(PathBuf, Format)>> {
    let format = match tool {
        ConnectTool::Codex => Format::Toml,
        ConnectTool::Copilot | ConnectTool::Continue => Format::Shell,
        _ => Format::Json,
    };
    let mut files = Vec::new();
    match file {
        Some(file) => files.push((file.to_owned(), format)),
        None if format != Format::Shell => files.push((file_of(tool)?, format)),
        None => {}
    }
    let uses_shell = tool == ConnectTool::Opencode || (format == Format::Shell && file.is_none());
    if uses_shell {
        // The user may have changed the shell meanwhile.
        let all = ["bash", "zsh", "fish"].iter().map(|shell| start_file_of(shell));
        files.extend(all.collect::<Result<Vec<_>>>()?.into_iter().map(|file| (file, Format::Shell)));
    }
    Ok(files)
}

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Codex has an exporter for each signal (<https://github.com/openai/codex/blob/main/docs/config.md#otel>).
fn codex(url: &str) -> Result<Vec<Entry>> {
    let mut headers = serde_json::Map::new();
    for (name, value) in &crate::client::own_headers()? {
        headers.insert(name.to_string(), value.to_str()?.into());
    }
    let entry = |(key, signal): (&str, &str)| {
        let mut exporter = json!({"endpoint": format!("{url}/v1/{signal}"), "protocol": "binary"});
        if !headers.is_empty() {
            exporter["headers"] = headers.clone().into();
        }
        (path(&["otel", key]), json!({ "otlp-http": exporter }))
    };
    let signals = [("exporter", "logs"), ("trace_exporter", "traces"), ("metrics_exporter", "metrics")];
    Ok(signals.into_iter().map(entry).collect())
}

fn gemini(url: &str, has_traces: bool) -> Vec<Entry> {
    let mut all: Vec<(&str, Value)> = vec![
        ("enabled", true.into()),
        ("target", "local".into()),
        ("otlpProtocol", "http".into()),
        ("otlpEndpoint", url.into()),
    ];
    if has_traces {
        all.push(("traces", true.into()));
    }
    all.into_iter().map(|(name, value)| (path(&["telemetry", name]), value)).collect()
}

/// Refuses an API key for a tool whose config has no place for one.
fn refuse_key(tool: ConnectTool) -> Result<()> {
    if crate::client::own_headers()?.is_empty() {
        return Ok(());
    }
    let command = command(tool);
    bail!(
        "the config of {command} has no place for an API key: start it with `quipu run -- {command}`, or unset \
         QUIPU_API_KEY for a server without access control"
    )
}

/// A function of the shell that starts a command with variables.
fn function(command: &str, variables: &[(String, String)], is_fish: bool) -> String {
    let quoted = |value: &str| {
        // fish also reads backslashes within single quotes.
        let value = if is_fish { value.replace('\\', "\\\\") } else { value.to_owned() };
        format!("'{}'", value.replace('\'', if is_fish { "\\'" } else { "'\\''" }))
    };
    let all: Vec<String> =
        variables.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    let all = all.join(" \\\n    ");
    if is_fish {
        format!("function {command}\n  env {all} \\\n    {command} $argv\nend")
    } else {
        // Without parentheses: an alias of the same name is not expanded here.
        format!("function {command} {{\n  env {all} \\\n    {command} \"$@\"\n}}")
    }
}

/// The config file of a tool.
fn file_of(tool: ConnectTool) -> Result<PathBuf> {
    let within = |variable_name: &str, folder: &str| -> Result<PathBuf> {
        Ok(match variable(variable_name) {
            Some(folder) => folder.into(),
            None => home()?.join(folder),
        })
    };
    Ok(match tool {
        ConnectTool::Claude => within("CLAUDE_CONFIG_DIR", ".claude")?.join("settings.json"),
        ConnectTool::Codex => within("CODEX_HOME", ".codex")?.join("config.toml"),
        ConnectTool::Gemini => within("GEMINI_CLI_HOME", "")?.join(".gemini/settings.json"),
        ConnectTool::Qwen => home()?.join(".qwen/settings.json"),
        ConnectTool::Opencode => opencode()?,
        ConnectTool::Vscode => {
            let folder = dirs::config_dir().context("the config folder is unknown: pass --file")?;
            folder.join("Code/User/settings.json")
        }
        ConnectTool::Copilot | ConnectTool::Continue => start_file()?,
    })
}

/// OpenCode reads `opencode.json` and `opencode.jsonc`, on every platform from the XDG folder.
fn opencode() -> Result<PathBuf> {
    if let Some(file) = variable("OPENCODE_CONFIG") {
        return Ok(file.into());
    }
    let folder = xdg_config()?.join("opencode");
    let commented = folder.join("opencode.jsonc");
    Ok(if commented.exists() { commented } else { folder.join("opencode.json") })
}

/// The start file of the user's shell.
fn start_file() -> Result<PathBuf> {
    let shell = variable("SHELL").unwrap_or_default();
    let name = Path::new(&shell).file_name().and_then(OsStr::to_str).unwrap_or_default().to_owned();
    if !["bash", "zsh", "fish"].contains(&name.as_str()) {
        bail!("SHELL is {shell:?}, and Quipu knows the start files of bash, zsh and fish: pass --file");
    }
    start_file_of(&name)
}

fn start_file_of(shell: &str) -> Result<PathBuf> {
    Ok(match shell {
        "fish" => xdg_config()?.join("fish/config.fish"),
        "zsh" => variable("ZDOTDIR").map_or_else(home, |folder| Ok(folder.into()))?.join(".zshrc"),
        _ => home()?.join(".bashrc"),
    })
}

fn is_fish(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "fish")
}

fn xdg_config() -> Result<PathBuf> {
    variable("XDG_CONFIG_HOME").map_or_else(|| Ok(home()?.join(".config")), |folder| Ok(folder.into()))
}

fn home() -> Result<PathBuf> {
    dirs::home_dir().context("the home folder is unknown: pass --file")
}
