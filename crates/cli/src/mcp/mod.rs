//! `quipu mcp`: the MCP server on standard input and output, and its installation.

mod call;
mod for_agent;
mod install;

pub use for_agent::answer;

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use async_trait::async_trait;
use jiff::tz::TimeZone;
use quipu_mcp::{AskError, Asker, Question as Asked, SelfKnowledge};
use serde_json::Value;

use crate::args::{Mcp, McpSource, McpWhat, Source};
use crate::ask::{OpenSource, Question};
use crate::terminal;

/// Variables in which coding agents name their session.
const SESSION_VARIABLES: [&str; 5] =
    ["QUIPU_SESSION", "CLAUDE_CODE_SESSION_ID", "CLAUDE_SESSION_ID", "CODEX_SESSION_ID", "GEMINI_SESSION_ID"];

/// How a coding agent asks, with MCP and without.
const SKILL: &str = include_str!("SKILL.md");

/// Serves until the input ends, installs the server, or answers one call.
///
/// # Errors
/// The input or output fails, or a config cannot be written.
pub fn run(mcp: &Mcp) -> Result<()> {
    match &mcp.what {
        Some(McpWhat::Install(what)) => return install::run(what),
        Some(McpWhat::Call(what)) => return call::run(what),
        Some(McpWhat::Skill) => return Ok(std::io::stdout().lock().write_all(SKILL.as_bytes())?),
        None => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let asker = SourceAsker(mcp.place.clone());
    let (input, output) = (std::io::stdin().lock(), std::io::stdout());
    Ok(runtime.block_on(quipu_mcp::serve_lines(&asker, &own(), input, output))?)
}

/// Asks a server, or the files. They are opened for each question, because a new day has a new file.
struct SourceAsker(McpSource);

#[async_trait]
impl Asker for SourceAsker {
    async fn ask(&self, question: Asked) -> Result<Value, AskError> {
        let source = Source::from(self.0.clone());
        let asked = move || {
            let with =
                |asked: Question, (name, value): (&'static str, String)| asked.with(name, &Some(value));
            let asked = question.params.into_iter().fold(Question::get(question.path), with);
            OpenSource::open_with_budgets(&source)?.ask(&asked)
        };
        let answer = tokio::task::spawn_blocking(asked).await;
        let answer = answer.map_err(|_| AskError("the question failed".to_owned()))?;
        answer.map_err(|error: anyhow::Error| AskError(format!("{error:#}")))
    }
}

/// Facts about the calling agent: its session, project and branch.
fn own() -> SelfKnowledge {
    let variable = |name: &&str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let folder = std::env::current_dir().unwrap_or_default();
    let root = folder.ancestors().find(|folder| folder.join(".git").exists());
    let name = |root: &Path| root.file_name().map(|name| name.to_string_lossy().into_owned());
    let head = root.and_then(|root| std::fs::read_to_string(root.join(".git/HEAD")).ok());
    SelfKnowledge {
        session: SESSION_VARIABLES.iter().find_map(variable),
        project: root.and_then(name),
        branch: head.and_then(|head| Some(head.trim().strip_prefix("ref: refs/heads/")?.to_owned())),
        today: terminal::today(&TimeZone::system()).ok(),
    }
}
