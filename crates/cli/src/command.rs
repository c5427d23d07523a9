//! Dispatch of a command to its module.

use anyhow::Result;

use crate::args::{self, Args, Command, TerminalCommand};
use crate::{
    access, ask, audit, check, client, connect, dead, forget, gateway, generate, import, key, mcp, note,
    private, retention, run as observed, serve, sql, sql_worker, store, terminal,
};

/// Runs a command; `false` when a check says no.
pub fn run(args: Args) -> Result<bool> {
    private::settle(&args.command);
    let settled = client::settle(&args.credentials).and_then(|()| key::settle(&args.key));
    // A status line without a server still has the figures that the tool sends.
    if !matches!(args.command, Command::Terminal(TerminalCommand::Statusline(_))) {
        settled?;
    }
    match args.command {
        Command::Serve(serve) => serve::run(&serve).map(|()| true),
        Command::Gateway(what) => gateway::run(&what).map(|()| true),
        Command::Proxy(what) => {
            note::note("`quipu proxy` is deprecated: use `quipu gateway`");
            gateway::run(&what).map(|()| true)
        }
        Command::Store(what) => store::run(&what),
        Command::Run(what) => observed::run(&what).map(|()| true),
        Command::Connect(what) => connect::connect(&what).map(|()| true),
        Command::Disconnect(what) => connect::disconnect(&what).map(|()| true),
        Command::Mcp(what) => mcp::run(&what).map(|()| true),
        Command::Sql(what) => sql::run(&what).map(|()| true),
        Command::SqlWorker(what) => sql_worker::work(&what).map(|()| true),
        Command::Terminal(what) => terminal::run(&what),
        Command::Check(what) => check::run(&what),
        Command::Generate(what) => generate::run(&what.what).map(|()| true),
        Command::DeadLetters(what) => dead::run(&what.what).map(|()| true),
        Command::Forget(what) => forget::run(&what),
        Command::Import(what) => import::run(&what).map(|()| true),
        Command::Retention(what) => retention::run(&what.what).map(|()| true),
        Command::Keys(what) => access::keys(&what.what).map(|()| true),
        Command::Users(what) => access::users(&what.what).map(|()| true),
        Command::Audit(what) => audit::run(&what.what),
        Command::Completions { shell } => Ok(args::complete(shell)),
        command => ask::run(&command),
    }
}
