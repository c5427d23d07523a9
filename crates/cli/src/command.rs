//! Dispatch of a command to its module.

use anyhow::Result;

use crate::args::{self, Args, Command, TerminalCommand};
use crate::{
    access, ask, audit, benchmark, check, client, connect, dead, forget, gateway, generate, import, key, mcp,
    note, private, retention, run as observed, serve, sql, sql_worker, store, terminal,
};

/// Runs a command; `false` when a check says no.
pub fn run(args: Args) -> Result<bool> {
    private::settle(&args.command);
    if let Command::Terminal(TerminalCommand::Statusline(what)) = &args.command {
        // It runs after each answer of an agent, and needs TLS only for a server. Without a server it still
        // has the figures that the tool sends.
        if what.source.url.is_some() {
            let _ = client::settle(&args.credentials);
        }
        let _ = key::settle(&args.key);
    } else if matches!(args.command, Command::SqlWorker(_)) {
        // It is part of each answer of SQL, and has no other server to ask.
        key::settle(&args.key)?;
    } else {
        client::settle(&args.credentials).and_then(|()| key::settle(&args.key))?;
    }
    if mcp::answer(&args.command)? {
        return Ok(true);
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
        Command::Benchmark(what) => benchmark::run(&what).map(|()| true),
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
