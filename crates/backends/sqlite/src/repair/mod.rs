//! Repair of a store that no process has open. Damaged files are set aside, and their readable records are
//! written again. They take the path of new records, so every sum follows from the rows.

mod catalog;
mod gather;
mod records;
mod salvage;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quipu_core::{Backend, Error, ErrorKind, Result, Retry, Stage, Store, TraceId};

use crate::check;
use crate::config::Config;
use crate::fault::{Fault, NAME};
use crate::folder::{DAMAGED, Folder, Part, REPAIRED};
use crate::migrate;
use crate::schema::{self, DAY};
use crate::sqlite::Sqlite;
use crate::write::Request;
use salvage::Salvage;

/// Interval between two checks of the full text's progress.
const TICK: Duration = Duration::from_millis(50);
/// Timeout for full text without progress.
const PATIENCE: Duration = Duration::from_secs(60);

/// Result of a repair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Completed actions, one sentence each.
    pub done: Vec<String>,
    /// Lost data, one sentence each. The damaged file remains under another name.
    pub lost: Vec<String>,
}

/// Checks the store as `check` does, with `deep` including every record, and repairs the findings. Traces
/// with parts in several days are merged and counted again; `price` prices the resulting ledger rows. `tell`
/// receives each completed action.
///
/// # Errors
/// [`ErrorKind::Locked`]: another process has the store open for writing. [`ErrorKind::Unsupported`]: a file
/// has another layout. [`ErrorKind::Exhausted`] and others: a file could not be written. A new start
/// continues the repair.
pub async fn repair(
    config: Config,
    deep: bool,
    price: &dyn Stage,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<Repaired> {
    let folder = Folder::new(&config.path);
    folder.is_whole()?;
    let mut repaired = Repaired::default();
    set_aside(&folder, deep, &mut repaired, tell).await?;
    let asides = folder.damaged();
    let store = Sqlite::open(config)?;
    let mut saved = BTreeSet::new();
    for aside in asides {
        tell(&format!("reads the intact records of {}", aside.display()));
        saved.append(&mut save(&store, &aside, &mut repaired).await?);
    }
    tell("searches for traces with spans in several day files");
    let gathered = gather::gather(&store).await?;
    if gathered > 0 {
        let what = "traces had spans in several day files, and now have one day file each";
        repaired.done.push(format!("{gathered} {what}."));
    }
    let recounted = gather::recount(&store, saved, price).await?;
    if recounted > 0 {
        repaired.done.push(format!("{recounted} ledger rows of traces across days were counted again."));
    }
    tell("waits for full-text search");
    if !caught_up(&store).await? {
        repaired
            .done
            .push("Full text is not up to date yet; indexing continues when the store is opened.".into());
    }
    store.close().await?;
    Ok(repaired)
}

/// Waits until full text is up to date; `false` if it makes no progress.
async fn caught_up(store: &Sqlite) -> Result<bool> {
    let (mut least, mut since) = (u64::MAX, Instant::now());
    loop {
        let lag = store.info().await?.search_lag_spans;
        if lag == 0 || !store.shared.config.search {
            return Ok(true);
        }
        if lag < least {
            (least, since) = (lag, Instant::now());
        } else if since.elapsed() > PATIENCE {
            return Ok(false);
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Sets damaged files aside. The caller has exclusive write access.
async fn set_aside(
    folder: &Folder,
    deep: bool,
    repaired: &mut Repaired,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<()> {
    if !folder.catalog().exists() && folder.days().unwrap_or_default().is_empty() {
        let text = format!("{}: there is no store", folder.root().display());
        return Err(Error::new(ErrorKind::NotFound, "repair store", text).of_backend(NAME));
    }
    let _lock = folder.lock()?;
    older_days(folder)?;
    if let Some(mended) = catalog::mend(folder)? {
        let catalog::Mended { aside, held, all_held } = mended;
        repaired.done.push(format!(
            "The catalog was damaged and was rebuilt from the days; the old one is {}. It had {held} \
             readable holds of traces, and they are kept.",
            aside.display()
        ));
        if !all_held {
            repaired.lost.push(format!(
                "Only {held} holds of traces in the old catalog could be read: check which are missing, and \
                 hold these traces again."
            ));
        }
    }
    if let Some(old) = migrate::plan(folder.root())?.pending.first() {
        return Err(older(&old.path));
    }
    repaired.lost.extend(catalog::strike_missing(folder)?);
    let store = Sqlite::open_read_only(folder.root())?;
    for day in folder.days()? {
        tell(&format!("checks day {day}"));
        let found = store.ask(move |shared| check::day(shared, day, deep)).await?;
        if let Some(why) = found.data.first() {
            store.shared.readers.forget(day, None);
            let aside = folder.set_aside(day)?;
            catalog::strike(folder, day)?;
            repaired.done.push(format!("Day {day} is set aside as {}: {why}", aside.display()));
        } else if let Some(why) = found.text.first() {
            store.shared.readers.forget(day, Some(Part::Text));
            folder.remove(Part::Text, day)?;
            repaired.done.push(format!("Full text of day {day} is rebuilt: {why}"));
        }
    }
    store.close().await?;
    // Days that are set aside are written again, and then known.
    let learned = catalog::learn_all_strays(folder)?;
    if learned > 0 {
        repaired.done.push(format!(
            "The catalog lacked the day of {learned} traces with spans of several days; they were added."
        ));
    }
    Ok(())
}

/// Rejects days with an older layout, because a rebuilt catalog would miss their data.
fn older_days(folder: &Folder) -> Result<()> {
    for day in folder.days()? {
        let path = folder.file(Part::Data, day);
        match schema::peek(&DAY, &path) {
            Ok(version) if version > 0 && version < DAY.version() => return Err(older(&path)),
            Err(fault) if fault.kind() == ErrorKind::Unsupported => {
                return Err(fault.at("repair store", &path));
            }
            _ => {}
        }
    }
    Ok(())
}

fn older(path: &Path) -> Error {
    let text = format!("{}: it has an older layout: migrate the store first", path.display());
    Error::new(ErrorKind::Unsupported, "repair store", text).of_backend(NAME)
}

/// Writes the readable records of a file that was set aside. Returns the traces of its spans.
async fn save(store: &Sqlite, aside: &Path, repaired: &mut Repaired) -> Result<BTreeSet<TraceId>> {
    let mut saved = BTreeSet::new();
    let mut salvage = match Salvage::open(aside) {
        Ok(salvage) => salvage,
        Err(fault) => {
            let why = fault.at("repair store", aside);
            repaired
                .lost
                .push(format!("Nothing can be read, so it is left unchanged; is there a backup? {why}"));
            return Ok(saved);
        }
    };
    while let Some(batch) = salvage.next().map_err(|fault| fault.at("repair store", aside))? {
        saved.extend(batch.spans.iter().map(|span| span.trace_id));
        store.write(batch.into()).await?;
        let conflicts = salvage.take_conflicts();
        if !conflicts.is_empty() {
            store.request(move |_, answer| Ok(Request::KeepConflicts(conflicts, answer))).await?;
        }
    }
    let told = salvage.told();
    drop(salvage);
    let kept = put_away(aside).map_err(|error| Fault::from(error).at("repair store", aside))?;
    repaired.done.push(format!(
        "{} are saved; the damaged file is {}, and can be removed.",
        told.saved,
        kept.display()
    ));
    if let Some(lost) = told.lost {
        repaired.lost.push(format!("{}: {lost} could not be read.", kept.display()));
    }
    Ok(saved)
}

/// Renames a file to show that its repair is finished.
fn put_away(aside: &Path) -> std::io::Result<PathBuf> {
    let name = aside.to_string_lossy().replace(DAMAGED, REPAIRED);
    let to = PathBuf::from(name);
    for (from, to) in Folder::with_companions(aside).iter().zip(Folder::with_companions(&to)) {
        if from.exists() {
            fs::rename(from, to)?;
        }
    }
    Ok(to)
}

/// An error without a possible retry.
fn hopeless(text: &str) -> Fault {
    Error::new(ErrorKind::Damaged, "repair store", text).with_retry(Retry::No).of_backend(NAME).into()
}
