//! Dispatch of a command to its module.

use anyhow::Result;

use crate::args::{self, Args, Command};
use crate::{
    access, ask, audit, check, client, dead, forget, gateway, generate, import, key, note, private,
    retention, serve, store, terminal,
};

/// Runs a command; `false` when a check says no.
pub fn run(args: Args) -> Result<bool> {
    private::settle(&args.command);
    client::settle(&args.credentials)?;
    key::settle(&args.key)?;
    match args.command {
        Command::Serve(serve) => serve::run(&serve).map(|()| true),
        Command::Gateway(what) => gateway::run(&what).map(|()| true),
        Command::Proxy(what) => {
            note::note("`quipu proxy` is deprecated: use `quipu gateway`");
            gateway::run(&what).map(|()| true)
        }
        Command::Store(what) => store::run(&what),
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
