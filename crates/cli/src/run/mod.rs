//! `quipu run`: runs a program observed, under an optional budget.

mod child;
pub mod environment;
mod place;
mod report;
mod tools;
mod watch;

use std::fmt;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::args::Run;
use crate::note::note;
use child::Child;
use environment::Environment;
use place::{Place, Refused};
use report::Report;
use watch::Watch;

/// Exit code when the budget stopped the program.
const STOPPED: u8 = 3;
/// Between two looks at the cost of the run.
const LOOK: Duration = Duration::from_millis(250);
/// Time for the program to end after the first signal to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// The exit code of the program that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended(pub u8);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the program ended with exit code {}", self.0)
    }
}

impl std::error::Error for Ended {}

/// Runs the program to its end.
///
/// # Errors
/// [`Ended`] with the program's exit code, if it is not 0. Other errors: there is no server, or the program
/// cannot be started.
pub fn run(what: &Run) -> Result<()> {
    let (program, arguments) = what.command.split_first().context("a command is missing after `--`")?;
    let id = format!("{:016x}", fastrand::u64(..));
    if what.check {
        let environment =
            Environment::of(what, program, &id, "http://127.0.0.1:PORT", "http://127.0.0.1:PORT");
        write!(std::io::stdout().lock(), "{}", environment.explained())?;
        return Ok(());
    }
    let refused = Refused::of_run(&id);
    let place = Place::open(what, &id, &refused)?;
    let environment = Environment::of(what, program, &id, place.url(), place.gateway());
    environment.missing.iter().for_each(|text| note(text));
    let mut command = Command::new(program);
    command
        .args(&environment.arguments)
        .args(arguments)
        .envs(environment.variables.iter().map(|(name, value)| (name, value)));
    environment::OVERRIDING.iter().for_each(|name| {
        command.env_remove(name);
    });
    let watch = Watch::new(place.url(), &id, what.budget, refused);
    let mut child = Child::start(command).with_context(|| format!("cannot run {}", program.display()))?;
    let stopped = wait(&mut child, &watch, what.budget.is_some())?;
    let code = child.code().ok_or_else(|| anyhow!("the program's end is unknown"))?;
    let code = if stopped { STOPPED } else { code };
    let report = Report::read(&watch, code);
    let told = place.close().and(report).and_then(|report| {
        report.write(what.json.as_deref())?;
        Ok(write!(std::io::stderr().lock(), "{}", report.text(what.budget, stopped))?)
    });
    match told {
        told if code == 0 => told,
        // The program's own exit code says more than the missing figures.
        told => {
            told.unwrap_or_else(|error| note(&format!("no figures of the run: {error:#}")));
            Err(Ended(code).into())
        }
    }
}

/// Waits for the end of the program; `true` if the budget stopped it.
fn wait(child: &mut Child, watch: &Watch, has_budget: bool) -> Result<bool> {
    if !has_budget {
        child.wait(None);
        return Ok(false);
    }
    loop {
        if child.wait(Some(LOOK)) {
            // A program that gives up after a refusal was stopped by the budget.
            let gave_up = child.code().is_some_and(|code| code != 0);
            return Ok(gave_up && watch.is_spent());
        }
        if watch.is_spent() {
            break;
        }
    }
    note("the budget is spent: the program is stopped");
    child.stop()?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if child.wait(Some(LOOK)) {
            return Ok(true);
        }
    }
    child.kill()?;
    child.wait(None);
    Ok(true)
}
