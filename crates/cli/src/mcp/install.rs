//! Entry of the MCP server in the config of a coding agent.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::jsonc;
use crate::args::{McpInstall, McpSource, McpTool};

/// Adds the server to the config; a copy of the former file stays beside it.
///
/// # Errors
/// The config cannot be read, is no object, or cannot be written.
pub fn run(what: &McpInstall) -> Result<()> {
    let path = what.file.clone().map_or_else(|| file_of(what.tool), Ok)?;
    let former = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let place = Place::of(&what.place, crate::client::variable(STORE).as_deref())?;
    let command = std::env::current_exe().context("the path of this program is unknown")?;
    let text = changed(what.tool, former.as_deref().unwrap_or_default(), &command, &place);
    let Some(text) = text else {
        bail!("{} is no config that can be changed: correct it first; nothing was written", path.display());
    };
    let mut out = std::io::stdout().lock();
    if what.dry_run {
        writeln!(out, "{} would become:\n{text}", path.display())?;
        return Ok(());
    }
    if former.as_deref() == Some(text.as_str()) {
        writeln!(out, "{} has the server already", path.display())?;
        return Ok(());
    }
    if former.is_some() {
        let copy = beside(&path, ".quipu-backup");
        std::fs::copy(&path, &copy).with_context(|| format!("cannot write the copy {}", copy.display()))?;
        writeln!(out, "the former file is {}", copy.display())?;
    }
    write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    writeln!(out, "{} has the MCP server quipu now: restart the tool", path.display())?;
    Ok(())
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Replaces a file as a whole, with the permissions of the former one.
fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    // A link stays a link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let unfinished = beside(&path, ".part");
    std::fs::write(&unfinished, text)?;
    if let Ok(former) = std::fs::metadata(&path) {
        std::fs::set_permissions(&unfinished, former.permissions())?;
    }
    Ok(std::fs::rename(&unfinished, &path)?)
}

/// The config of a tool.
fn file_of(tool: McpTool) -> Result<PathBuf> {
    let home = dirs::home_dir().context("the home folder is unknown: pass --file");
    let under = |path: &str| home.map(|home| home.join(path));
    match tool {
        McpTool::Claude => under(".claude.json"),
        McpTool::Codex => match std::env::var_os("CODEX_HOME") {
            Some(folder) => Ok(Path::new(&folder).join("config.toml")),
            None => under(".codex/config.toml"),
        },
        McpTool::Gemini => under(".gemini/settings.json"),
        McpTool::Cursor => under(".cursor/mcp.json"),
        McpTool::Vscode => Ok(".vscode/mcp.json".into()),
    }
}

/// Variable with the URI of the store.
const STORE: &str = "QUIPU_STORE";

/// How the tool starts the server.
struct Place {
    arguments: Vec<String>,
    /// The URI of the store has a password. The config refers to the variable that holds it.
    by_reference: bool,
}

impl Place {
    /// The arguments for a source. A URI with a password never goes into them.
    ///
    /// # Errors
    /// The URI with a password is an argument and no variable.
    fn of(source: &McpSource, variable: Option<&str>) -> Result<Self> {
        let by_reference = source.store.as_deref().is_some_and(has_password);
        if by_reference && source.store.as_deref() != variable {
            bail!(
                "the URI of the store has a password, and the config of a tool is no place for it: set \
                 {STORE} to the URI, omit --store, and run this again; the config then names the variable"
            );
        }
        let store = source.store.clone().filter(|_| !by_reference);
        Ok(Self { arguments: arguments(&McpSource { store, ..source.clone() }), by_reference })
    }
}

/// Whether a URI such as `clickhouse://user:password@host` has a password.
fn has_password(uri: &str) -> bool {
    let authority = uri.split_once("://").map_or("", |(_, rest)| rest);
    let login = authority.rsplit_once('@').map_or("", |(login, _)| login);
    login.split_once(':').is_some_and(|(_, password)| !password.is_empty())
}

/// The variable with the URI, as each tool writes a reference in the environment of a server.
fn reference(tool: McpTool) -> String {
    match tool {
        McpTool::Cursor | McpTool::Vscode => format!("${{env:{STORE}}}"),
        _ => format!("${{{STORE}}}"),
    }
}

/// Arguments of the command that the tool runs.
fn arguments(place: &McpSource) -> Vec<String> {
    let folder = place
        .data_dir
        .as_ref()
        .map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.clone()).display().to_string());
    let flags = [("--url", &place.url), ("--data-dir", &folder), ("--store", &place.store)];
    let given = flags.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value.clone()?]));
    std::iter::once("mcp".to_owned()).chain(given.flatten()).collect()
}

/// The config with the server; `None` if the text cannot be changed.
fn changed(tool: McpTool, text: &str, command: &Path, place: &Place) -> Option<String> {
    if tool == McpTool::Codex {
        return toml_changed(text, command, place);
    }
    let mut entry = json!({"command": command, "args": place.arguments});
    if place.by_reference {
        entry["env"] = json!({ STORE: reference(tool) });
    }
    let parent = if tool == McpTool::Vscode { "servers" } else { "mcpServers" };
    if matches!(tool, McpTool::Vscode | McpTool::Claude) {
        entry["type"] = "stdio".into();
    }
    let text = if text.trim().is_empty() { "{\n}\n" } else { text };
    jsonc::set(text, parent, "quipu", &entry.to_string())
}

/// The same in Codex's TOML. Other lines stay as they are.
fn toml_changed(text: &str, command: &Path, place: &Place) -> Option<String> {
    const HEADER: &str = "[mcp_servers.quipu]";
    let former: toml::Table = toml::from_str(text).ok()?;
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let listed: Vec<String> = place.arguments.iter().map(|argument| quoted(argument)).collect();
    // Codex passes on only the variables that are named.
    let passed = if place.by_reference { format!("env_vars = [\"{STORE}\"]\n") } else { String::new() };
    let section = format!(
        "{HEADER}\ncommand = {}\nargs = [{}]\n{passed}",
        quoted(&command.to_string_lossy()),
        listed.join(", ")
    );
    let is_there = former.get("mcp_servers").and_then(|servers| servers.get("quipu")).is_some();
    if !is_there {
        let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{text}{end}{gap}{section}"));
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let begin = lines.iter().position(|line| line.trim() == HEADER)?;
    let after = lines.iter().skip(begin + 1).position(|line| line.trim_start().starts_with('['));
    let rest = after.map_or(lines.len(), |after| begin + 1 + after);
    let gap = if rest < lines.len() { "\n" } else { "" };
    Some(format!("{}{section}{gap}{}", lines[..begin].concat(), lines[rest..].concat()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_section_of_codex_is_added_once_and_comments_stay() {
        let text = "# mine\nmodel = \"o3\"\n\n[mcp_servers.other]\ncommand = \"x\"\n";
        let place = Place { arguments: vec!["mcp".to_owned()], by_reference: false };
        let of = |text: &str| toml_changed(text, Path::new("/bin/qu\"ipu"), &place);
        let once = of(text).unwrap();
        assert!(once.starts_with(text), "{once}");
        let read: toml::Table = toml::from_str(&once).unwrap();
        assert_eq!(read["mcp_servers"]["quipu"]["command"].as_str(), Some("/bin/qu\"ipu"));
        assert_eq!(of(&once).unwrap(), once);
        let later = once.clone() + "\n[tui]\ntheme = \"x\"\n";
        assert_eq!(of(&later).unwrap(), later);
        assert_eq!(of("= nonsense"), None);
    }

    #[test]
    fn a_password_stays_in_its_variable() {
        let uri = "clickhouse://ada:s%40crt@db:8123/agents";
        let source = McpSource { url: None, data_dir: None, store: Some(uri.to_owned()) };
        let refused = Place::of(&source, None).map(|place| place.arguments).unwrap_err().to_string();
        assert!(refused.contains(STORE) && !refused.contains("s%40crt"), "{refused}");
        let place = Place::of(&source, Some(uri)).unwrap();
        for tool in [McpTool::Claude, McpTool::Codex, McpTool::Gemini, McpTool::Cursor, McpTool::Vscode] {
            let text = changed(tool, "", Path::new("/bin/quipu"), &place).unwrap();
            assert!(text.contains(STORE) && !text.contains("s%40crt"), "{text}");
        }
        for plain in ["sqlite:/data/a:b@c", "clickhouse://db:8123", "clickhouse://ada@db", "sqlite:"] {
            assert!(!has_password(plain), "{plain}");
        }
    }
}
