//! Arguments of `quipu mcp`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::Source;

/// Source of the answers, or the installation in a tool.
#[derive(Debug, ClapArgs)]
pub struct Mcp {
    #[command(subcommand)]
    pub what: Option<McpWhat>,
    #[command(flatten)]
    pub place: McpSource,
}

/// Source of the answers.
#[derive(Debug, Clone, ClapArgs)]
pub struct McpSource {
    /// Query this server
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Query the files in this folder [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR", conflicts_with = "url")]
    pub data_dir: Option<PathBuf>,
    /// Store, as for `serve`
    #[arg(long, value_name = "URI", env = "QUIPU_STORE", conflicts_with = "url")]
    pub store: Option<String>,
}

impl From<McpSource> for Source {
    fn from(place: McpSource) -> Self {
        Self { url: place.url, data_dir: place.data_dir, store: place.store, json: true }
    }
}

#[derive(Debug, Subcommand)]
pub enum McpWhat {
    /// Add the server to the config of a coding agent
    Install(McpInstall),
    /// Print the answer of one tool
    Call(McpCall),
    /// Print the skill file for coding agents, SKILL.md
    Skill,
}

/// A call of a tool.
#[derive(Debug, ClapArgs)]
pub struct McpCall {
    /// Tool: overview, search, trace, compare, cost, errors, query, whoami or budget
    pub tool: String,
    /// Its arguments, such as since=-7d or filter='status:error'
    #[arg(value_name = "NAME=VALUE")]
    pub arguments: Vec<String>,
    #[command(flatten)]
    pub place: McpSource,
}

/// A short answer in place of a table.
#[derive(Debug, Default, ClapArgs)]
pub struct ForAgent {
    /// Print the answer as the MCP server gives it: plain lines within a token limit
    #[arg(long, conflicts_with = "json")]
    pub for_agent: bool,
    /// With --for-agent, the most tokens of the answer, 100 to 50000 [default: 4000]
    #[arg(long, value_name = "TOKENS", requires = "for_agent")]
    pub max_tokens: Option<u64>,
}

/// Config to change.
#[derive(Debug, ClapArgs)]
pub struct McpInstall {
    /// Tool
    #[arg(value_enum)]
    pub tool: McpTool,
    /// Print the change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Config file [default: the tool's own]
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub place: McpSource,
}

/// Tools with a config for MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum McpTool {
    /// Claude Code: ~/.claude.json
    Claude,
    /// Codex: ~/.codex/config.toml
    Codex,
    /// Gemini CLI: ~/.gemini/settings.json
    Gemini,
    /// Cursor: ~/.cursor/mcp.json
    Cursor,
    /// VS Code: .vscode/mcp.json in this folder
    Vscode,
}
