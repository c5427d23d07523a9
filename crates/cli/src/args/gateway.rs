//! Arguments of the gateway.

use std::path::PathBuf;

use clap::Args;

use crate::note::note;

/// Forward calls to model providers, record each, and enforce budgets.
#[derive(Debug, Args)]
pub struct Gateway {
    /// Address to listen on: host:port, port 0 for a free one [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDR", env = "QUIPU_GATEWAY")]
    pub listen: Option<String>,
    #[command(flatten)]
    pub gateway: GatewayFlags,
    #[command(flatten)]
    pub entry: super::Entry,
    /// Send records to this server [default: write to the data folder; if a server has it open, send to
    /// http://127.0.0.1:8080]
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Configuration file (TOML), as for `serve`; flags take precedence
    #[arg(long, value_name = "FILE", env = "QUIPU_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder for all data [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Store, as for `serve`
    #[arg(long, value_name = "URI", env = "QUIPU_STORE", conflicts_with = "url")]
    pub store: Option<String>,
    /// Prometheus metrics of the gateway itself: host:port, or `off`
    #[arg(long, value_name = "ADDR", default_value = "off")]
    pub prometheus: String,
    /// Write the listening URLs to this file, as JSON, once all listen
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// Providers of the gateway, and its recorded contents.
#[derive(Debug, Args)]
pub struct GatewayFlags {
    /// Base URL of /openai [default: api.openai.com/v1]
    #[arg(long, value_name = "URL")]
    pub openai: Option<String>,
    /// Base URL of /anthropic [default: api.anthropic.com]
    #[arg(long, value_name = "URL")]
    pub anthropic: Option<String>,
    /// Base URL of /gemini [default: generativelanguage.googleapis.com]
    #[arg(long, value_name = "URL")]
    pub gemini: Option<String>,
    /// A further upstream at /NAME, such as `groq=https://api.groq.com/openai/v1`; can be given several times
    #[arg(long, value_name = "NAME=URL")]
    pub upstream: Vec<String>,
    /// Record prompts and answers of calls through the gateway
    #[arg(long)]
    pub record_prompts: bool,
    /// Request usage in streams of chat completions; this changes the request's body
    #[arg(long)]
    pub ask_usage: bool,
}

/// The gateway's address under a name of earlier builds: the flag, else the variable `QUIPU_PROXY`. Prints
/// that the name is deprecated.
pub fn former_gateway(flag: Option<&str>) -> Option<String> {
    if let Some(listen) = flag {
        note("`--proxy` is deprecated: use `--gateway`");
        return Some(listen.to_owned());
    }
    let listen = std::env::var("QUIPU_PROXY").ok().filter(|listen| !listen.is_empty())?;
    note("the variable QUIPU_PROXY is deprecated: use QUIPU_GATEWAY");
    Some(listen)
}
