//! `quipu migrate --from --to`: copies a store into another one and compares both.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use quipu::Access;
use quipu::core::{ErrorKind, Store, Timestamp};
use quipu_migrate::{Copied, Migration, Progress};
use serde_json::json;

use super::remember;
use crate::args::Migrate;
use crate::folder::default_folder;
use crate::note::note;

/// Name of the progress file in the data folder.
const PROGRESS: &str = "migration.json";
/// Interval of progress lines.
const PACE: Duration = Duration::from_secs(2);

/// Copies a store; `false` if the target differs at the end.
pub fn run(args: &Migrate, from: &str, to: &str) -> Result<bool> {
    let data = args.place.data_dir.clone().map_or_else(default_folder, Ok)?;
    std::fs::create_dir_all(&data)
        .with_context(|| format!("cannot make the data folder {}", data.display()))?;
    let path = args.progress.clone().unwrap_or_else(|| data.join(PROGRESS));
    let [of, into] = [from, to].map(quipu::without_login);
    let source = open_source(args, from, &data).with_context(|| format!("cannot open the source {of}"))?;
    let target =
        quipu::open(to, &data, Access::Write).with_context(|| format!("cannot open the target {into}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let moved = runtime.block_on(async {
        let moved = transfer(args, source.as_ref(), target.as_ref(), &path).await;
        source.close().await?;
        target.close().await?;
        moved
    })?;
    if moved == Some(true) {
        // The audit log has a runtime of its own.
        remember(&args.place, "store.migrate", &format!("{of} to {into}"))?;
    }
    Ok(moved.unwrap_or(true))
}

/// Opens the source: read-only beside a server, else with its lock, so that nothing is written meanwhile.
fn open_source(args: &Migrate, uri: &str, data: &Path) -> Result<Arc<dyn Store>> {
    // Opening for reading fails if there is no store; opening for writing would make one.
    let source = quipu::open(uri, data, Access::Read)?;
    if args.ahead || !quipu::has_files(uri) {
        return Ok(source);
    }
    drop(source);
    match quipu::open(uri, data, Access::Write) {
        Err(error) if error.kind() == ErrorKind::Locked => {
            bail!("{error}: stop the server for the last pass, or copy ahead beside it with --ahead")
        }
        opened => Ok(opened?),
    }
}

/// Runs a pass; with the last one, returns whether both stores are equal.
async fn transfer(args: &Migrate, from: &dyn Store, to: &dyn Store, path: &Path) -> Result<Option<bool>> {
    let [of, into] = [from.info().await?.uri, to.info().await?.uri];
    if of == into {
        bail!("{of} is the source and the target: give two different stores");
    }
    let progress = Progress::read(path, &of, &into)?;
    let mut migration = Migration::begin(from, to, progress).await?;
    let mut last = Instant::now();
    let mut tell = |day: Timestamp, copied: &Copied| {
        if last.elapsed() >= PACE {
            last = Instant::now();
            let day = day.to_string();
            let day = day.split('T').next().unwrap_or_default();
            note(&format!("{day}: {} traces, {} spans written so far", copied.traces, copied.spans));
        }
    };
    migration.pass(&mut tell).await?;
    let differences = match args.ahead {
        true => None,
        false => {
            note("compares both stores by day and model");
            Some(migration.finish().await?)
        }
    };
    print(args, [&of, &into], &migration.copied(), differences.as_deref());
    Ok(differences.map(|differences| differences.is_empty()))
}

fn print(args: &Migrate, [from, to]: [&str; 2], copied: &Copied, differences: Option<&[String]>) {
    let Copied { days, unchanged_days, traces, spans, events, points, replaced, removed } = copied;
    if args.place.json {
        let answer = json!({
            "from": from, "to": to, "days": days, "unchanged_days": unchanged_days, "traces": traces,
            "spans": spans, "events": events, "points": points, "replaced": replaced, "removed": removed,
            "finished": differences.is_some_and(<[String]>::is_empty), "differences": differences,
        });
        println!("{answer:#}");
        return;
    }
    println!(
        "{from} to {to}: {days} days with {traces} traces compared, {spans} spans, {events} events and {points} \
         metric points written; {unchanged_days} days unchanged since an earlier pass"
    );
    match differences {
        None => println!("Stop the server and run the command again without --ahead to finish."),
        Some([]) => {
            println!("The totals of both stores are equal. Start the server with --store and the target.")
        }
        Some(differences) => {
            differences.iter().for_each(|difference| println!("DIFFERS  {difference}"));
            println!("The target is not complete: do not start a server with it.");
        }
    }
}
