//! `--watch`: imports additions to the files until a stop signal.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use quipu::core::{Error, SpanId};
use quipu_import::{Follower, Round, Wake, WatchMarks};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::target::{Target, folder};
use super::{bounds, line, note, tell, wait};
use crate::args::Import;
use crate::serve::Signals;

/// Time until the next look at a file that is being written.
const SOON: Duration = Duration::from_secs(1);
/// Longest time between looks without an event: events can be lost.
const AT_LEAST: Duration = Duration::from_secs(30);
/// How often to look where the platform does not tell of changes.
const POLL: Duration = Duration::from_secs(5);
/// How long many changes at once are gathered.
const GATHER: Duration = Duration::from_millis(100);

/// Follows the files.
pub fn run(args: &Import, runtime: &Runtime, target: &mut Target<'_>) -> Result<()> {
    let mut stop = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    let changed = Arc::new(Notify::new());
    let wake = {
        let changed = Arc::clone(&changed);
        Wake::new(&args.files, move || changed.notify_one())
    };
    if let Err(error) = &wake {
        note(&format!("{error}: checking every {} s instead", POLL.as_secs()));
    }
    let mut follower = Follower::new(args.files.clone(), args.format, bounds(args), state(args)?);
    loop {
        let pause = match follower.look(target, false) {
            Ok(round) => {
                say(&round, args);
                pause(&round, wake.is_ok())
            }
            Err(error) => later(&error),
        };
        let stopped = wait(runtime, async {
            tokio::select! {
                () = stop.wait() => true,
                () = tokio::time::sleep(pause) => false,
                () = changed.notified() => { tokio::time::sleep(GATHER).await; false }
            }
        });
        if stopped {
            say(&follower.look(target, true)?, args);
            return Ok(());
        }
    }
}

fn pause(round: &Round, woken: bool) -> Duration {
    match (round.soon, woken) {
        (true, _) => SOON,
        (false, true) => AT_LEAST,
        (false, false) => POLL,
    }
}

/// Time until the next attempt when the target takes nothing now, such as during a server restart.
fn later(error: &Error) -> Duration {
    note(&format!("{error}: trying again in {} s", POLL.as_secs()));
    POLL
}

fn say(round: &Round, args: &Import) {
    if args.quiet {
        return;
    }
    round.troubles.iter().for_each(|trouble| note(&trouble.to_string()));
    for file in &round.files {
        tell(file);
        if file.items == 0 {
            continue;
        }
        match args.json {
            true => println!(
                "{}",
                serde_json::json!({"path": file.path, "format": file.format, "records": file.items})
            ),
            false => println!("{}", line(file)),
        }
    }
}

/// How far the files were imported: one state for the store, one for each server that is named.
fn state(args: &Import) -> Result<WatchMarks> {
    let folder = folder(args)?;
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    let name = match &args.url {
        None => "import.json".to_owned(),
        Some(url) => format!("import-{}.json", SpanId::made_of(&[url.trim_end_matches('/')])),
    };
    Ok(WatchMarks::open(&folder.join(name))?)
}
