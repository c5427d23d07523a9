//! Arguments of `import`.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use quipu::core::Billing;

/// Files to import, and their target.
#[derive(Debug, ClapArgs)]
pub struct Import {
    /// Files, and folders with .jsonl, .json and .ndjson files, such as ~/.claude/projects and
    /// ~/.codex/sessions
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// claude-code, codex, otlp, phoenix or langfuse [default: detected for each file]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<quipu_import::Format>,
    /// Billing of calls in transcripts without billing, such as Claude Code's: metered, or a plan
    #[arg(long, value_name = "HOW", value_parser = billing())]
    pub billing: Option<Billing>,
    /// Send to this server [default: write to the data folder; if a server has it open, send to
    /// http://127.0.0.1:8080]
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Folder for all data [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Store, as for `serve`
    #[arg(long, value_name = "URI", env = "QUIPU_STORE", conflicts_with = "url")]
    pub store: Option<String>,
    /// Keep running and import additions, until stopped; a restart continues at the same place
    #[arg(long, conflicts_with = "dry_run")]
    pub watch: bool,
    /// Dry run: report the records, and import nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
    /// Print nothing: the screen belongs to the monitor
    #[arg(skip)]
    pub quiet: bool,
}

fn billing() -> impl TypedValueParser<Value = Billing> {
    let all = [Billing::Metered, Billing::Subscription];
    PossibleValuesParser::new(all.map(Billing::as_str))
        .map(move |word| all.into_iter().find(|billing| billing.as_str() == word).unwrap_or_default())
}
