//! The five kinds of users: what each has before Quipu.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::node_folders;
use super::walk::Walk;
use crate::integration::{Bench, tools};
use crate::shell;

const AGENT_PY: &str = include_str!("../../../suites/first_trace/agent.py");
const AGENT_TS: &str = include_str!("../../../suites/first_trace/agent.ts");
const MAIN_RS: &str = include_str!("../../../suites/first_trace/main.rs");
const CARGO: &str = include_str!("../../../suites/first_trace/Cargo.toml.in");
const OPENAI_PY: &str = include_str!("../../../frameworks/run/openai_sdk.py");
const LANGGRAPH: [&str; 2] = ["langgraph==1.2.22", "langchain-openai==1.7.3"];
const OPENAI: [&str; 1] = ["openai==2.54.0"];
const AI_SDK: [&str; 2] = ["ai@7.0.173", "@ai-sdk/openai@4.0.118"];
const CLAUDE: [&str; 1] = ["@anthropic-ai/claude-code@2.1.330"];

/// A kind of user.
pub struct User {
    /// A name for the table.
    pub name: &'static str,
    /// The guide.
    pub page: &'static str,
    /// The command in the guide that runs the user's program.
    pub runs: &'static str,
    /// Gives the user a program and its packages.
    pub furnish: fn(&mut Walk, &Bench) -> Result<()>,
    /// The command that prints the stored calls.
    pub asks: &'static str,
    /// Whether the program calls a model; else the guide records one call.
    pub has_model: bool,
}

const ASKS: &str = "quipu usage --json";

/// The users in the order of the guides.
pub const USERS: [User; 5] = [
    User {
        name: "python-langgraph",
        page: "docs/guide/start/python.md",
        runs: "python agent.py",
        furnish: python,
        asks: ASKS,
        has_model: true,
    },
    User {
        name: "typescript-ai-sdk",
        page: "docs/guide/start/typescript.md",
        runs: "node agent.ts",
        furnish: typescript,
        asks: ASKS,
        has_model: true,
    },
    User {
        name: "claude-code",
        page: "docs/guide/start/coding-agents.md",
        runs: "claude -p",
        furnish: claude,
        asks: ASKS,
        has_model: true,
    },
    User {
        name: "rust",
        page: "docs/guide/start/rust.md",
        runs: "tools/bin/quipu traces",
        furnish: rust,
        asks: "tools/bin/quipu usage --json --data-dir .quipu",
        has_model: false,
    },
    User {
        name: "no-telemetry",
        page: "docs/guide/start/any-program.md",
        runs: "quipu run -- python",
        furnish: any,
        asks: ASKS,
        has_model: true,
    },
];

/// A virtual environment with the framework, and the agent.
fn python(walk: &mut Walk, _: &Bench) -> Result<()> {
    venv(walk, &LANGGRAPH)?;
    openai(walk);
    walk.name_server();
    walk.program("agent.py", AGENT_PY)
}

/// The same, with the client of a provider only.
fn any(walk: &mut Walk, _: &Bench) -> Result<()> {
    venv(walk, &OPENAI)?;
    openai(walk);
    walk.program("agent.py", OPENAI_PY)
}

fn venv(walk: &Walk, packages: &[&str]) -> Result<()> {
    let folder = walk.work.join(".venv");
    shell::capture(Command::new(tools::python()?).args(["-m", "venv"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    shell::capture(Command::new(folder.join("bin/python")).args(pip).args(packages)).context("PyPI")?;
    Ok(())
}

fn openai(walk: &mut Walk) {
    let url = format!("{}/v1", walk.models);
    walk.env.push(("OPENAI_BASE_URL".into(), url));
    walk.env.push(("OPENAI_API_KEY".into(), "none".into()));
}

/// A folder with the AI SDK, and the agent.
fn typescript(walk: &mut Walk, bench: &Bench) -> Result<()> {
    let folders = node_folders(bench, "first-trace", &AI_SDK)?;
    walk.path.extend(folders[..1].iter().cloned());
    fs::write(walk.work.join("package.json"), "{\"type\": \"module\"}\n")?;
    let npm = shell::find("npm").context("npm is not installed")?;
    let mut install = Command::new(npm);
    install.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).args(AI_SDK);
    shell::capture(install.current_dir(&walk.work)).context("npm")?;
    openai(walk);
    walk.name_server();
    walk.program("agent.ts", AGENT_TS)
}

/// Claude Code with one earlier session.
fn claude(walk: &mut Walk, bench: &Bench) -> Result<()> {
    let folders = node_folders(bench, "claude-code", &CLAUDE)?;
    walk.path.extend(folders[..2].iter().cloned());
    let url = walk.models.clone();
    let more = [
        ("ANTHROPIC_BASE_URL", url.as_str()),
        ("ANTHROPIC_API_KEY", "none"),
        ("ANTHROPIC_MODEL", "claude-sonnet-4-5"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ];
    walk.env.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    walk.name_server();
    walk.shell("claude -p 'What did we do before today?'\n").context("the earlier session")
}

/// A crate with the lines of the guide; the repository is this one.
fn rust(walk: &mut Walk, _: &Bench) -> Result<()> {
    walk.program("src/main.rs", MAIN_RS)?;
    walk.program("Cargo.toml", CARGO)?;
    let (manifest, root) = (walk.work.join("Cargo.toml"), shell::root());
    let here = format!("path = \"{}\"", root.join("crates/agent/quipu").display());
    let text = fs::read_to_string(&manifest)?;
    let local = text.replace("git = \"https://github.com/quipu-dev/quipu\"", &here);
    fs::write(&manifest, local)?;
    fs::copy(root.join("Cargo.lock"), walk.work.join("Cargo.lock"))?;
    Ok(())
}
