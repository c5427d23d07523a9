//! Entry of the MCP server in the config of a coding agent.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::args::{McpInstall, McpSource, McpTool};
use crate::config_file::{Document, Format, disk};

/// Adds the server to the config; a copy of the former file stays beside it.
///
/// # Errors
/// The config cannot be read, is no object, or cannot be written.
pub fn run(what: &McpInstall) -> Result<()> {
    let path = what.file.clone().map_or_else(|| file_of(what.tool), Ok)?;
    let former = disk::read(&path)?;
    let place = Place::of(&what.place, crate::client::variable(STORE).as_deref())?;
    let command = std::env::current_exe().context("the path of this program is unknown")?;
    let text =
        changed(what.tool, former.as_deref().unwrap_or_default(), &command, &place).with_context(|| {
            format!("{} cannot be changed: correct it first; nothing was written", path.display())
        })?;
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
        let copy = disk::beside(&path, ".quipu-backup");
        std::fs::copy(&path, &copy).with_context(|| format!("cannot write the copy {}", copy.display()))?;
        writeln!(out, "the former file is {}", copy.display())?;
    }
    disk::create_folder(&path)?;
    disk::replace(&path, former.as_deref(), &text)?;
    writeln!(out, "{} has the MCP server quipu now: restart the tool", path.display())?;
    Ok(())
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

/// The config with the server.
fn changed(tool: McpTool, text: &str, command: &Path, place: &Place) -> Result<String> {
    let mut entry = json!({"command": command, "args": place.arguments});
    if place.by_reference && tool == McpTool::Codex {
        // Codex passes on only the variables that are named.
        entry["env_vars"] = json!([STORE]);
    } else if place.by_reference {
        entry["env"] = json!({ STORE: reference(tool) });
    }
    if matches!(tool, McpTool::Vscode | McpTool::Claude) {
        entry["type"] = "stdio".into();
    }
    let (format, parent) = match tool {
        McpTool::Codex => (Format::Toml, "mcp_servers"),
        McpTool::Vscode => (Format::Json, "servers"),
        _ => (Format::Json, "mcpServers"),
    };
    let path = |name: &str| vec![parent.to_owned(), "quipu".to_owned(), name.to_owned()];
    let mut document = Document::parse(format, text)?;
    for (name, value) in entry.as_object().into_iter().flatten() {
        document.set(&path(name), value)?;
    }
    Ok(document.text())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_section_of_codex_is_added_once_and_comments_stay() {
        let text = "# mine\nmodel = \"o3\"\n\n[mcp_servers.other]\ncommand = \"x\"\n";
        let place = Place { arguments: vec!["mcp".to_owned()], by_reference: false };
        let of = |text: &str| changed(McpTool::Codex, text, Path::new("/bin/qu\"ipu"), &place);
        let once = of(text).unwrap();
        assert!(once.starts_with(text), "{once}");
        let read: toml::Table = toml::from_str(&once).unwrap();
        assert_eq!(read["mcp_servers"]["quipu"]["command"].as_str(), Some("/bin/qu\"ipu"));
        assert_eq!(of(&once).unwrap(), once);
        let later = once.clone() + "\n[tui]\ntheme = \"x\"\n";
        assert_eq!(of(&later).unwrap(), later);
        assert!(of("= nonsense").is_err());
    }

    #[test]
    fn a_server_of_other_tools_keeps_keys_that_the_user_added() {
        let text = "{\"mcpServers\": {\"quipu\": {\"command\": \"old\", \"timeout\": 7}}} // mine\n";
        let place = Place { arguments: vec!["mcp".to_owned()], by_reference: false };
        let once = changed(McpTool::Gemini, text, Path::new("/quipu"), &place).unwrap();
        assert!(once.contains("\"timeout\": 7") && once.ends_with("// mine\n"), "{once}");
        assert!(once.contains("\"/quipu\"") && !once.contains("old"), "{once}");
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
