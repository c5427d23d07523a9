//! Arguments of `quipu connect` and `quipu disconnect`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

/// Coding agents with a config of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConnectTool {
    /// Claude Code: ~/.claude/settings.json
    Claude,
    /// Codex: ~/.codex/config.toml
    Codex,
    /// Gemini CLI: ~/.gemini/settings.json
    Gemini,
    /// Qwen Code: ~/.qwen/settings.json
    Qwen,
    /// OpenCode: ~/.config/opencode/opencode.json and the shell's start file
    Opencode,
    /// Copilot CLI: the shell's start file
    Copilot,
    /// Continue CLI (`cn`): the shell's start file
    Continue,
    /// Copilot Chat in VS Code: the user's settings.json
    Vscode,
}

/// Config to change.
#[derive(Debug, ClapArgs)]
pub struct Connect {
    /// Tool
    #[arg(value_enum)]
    pub tool: ConnectTool,
    /// Server that gets the telemetry
    #[arg(long, env = "QUIPU_URL", default_value = "http://127.0.0.1:4318")]
    pub url: String,
    /// Print the change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Config file [default: the tool's own]
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
}

/// Config to restore.
#[derive(Debug, ClapArgs)]
pub struct Disconnect {
    /// Tool
    #[arg(value_enum)]
    pub tool: ConnectTool,
    /// Print the change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Restore the former file, and lose changes that were made to it since
    #[arg(long)]
    pub force: bool,
    /// Config file, as for `connect`
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
}
