//! Mending a store that nobody has open: what is damaged is set aside, what can be read of it is written anew, and every sum follows
//! from the rows again because they go the way that new ones go.

mod catalog;
mod gather;
mod records;
mod salvage;
mod spans;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quipu_core::{Backend, Error, ErrorKind, Result, Retry, Stage, Store, TraceId};

pub(crate) use catalog::strays;
pub(crate) use gather::split;

use crate::check;
use crate::config::Config;
use crate::fault::{Fault, NAME};
use crate::folder::{DAMAGED, Folder, Part, REPAIRED};
use crate::migrate;
use crate::schema::{self, DAY};
use crate::sqlite::Sqlite;
use salvage::Salvage;

/// Between two looks at how far full text is.
const TICK: Duration = Duration::from_millis(50);
/// Full text that does not get on for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// One sentence each.
    pub done: Vec<String>,
    /// What could not be saved, one sentence each. What it is about stays under another name.
    pub lost: Vec<String>,
}

/// Looks through the store as `check` does, with `deep` through every record too, and mends what is found. Traces that several days have parts
/// of are brought together and counted again; `price` prices ledger rows that are new by this. `tell` hears what is done.
///
/// # Errors
/// [`ErrorKind::Locked`]: somebody has the store open for writing. [`ErrorKind::Unsupported`]: a file is of another layout.
/// [`ErrorKind::Exhausted`] and others: a file could not be written; begun again it goes on where it was.
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
        tell(&format!("reads what can be read of {}", aside.display()));
        saved.append(&mut save(&store, &aside, &mut repaired).await?);
    }
    tell("looks for traces that several days have parts of");
    let gathered = gather::gather(&store).await?;
    if gathered > 0 {
        let what = "traces had parts in several days, and are in one day each now";
        repaired.done.push(format!("{gathered} {what}."));
    }
    let recounted = gather::recount(&store, saved, price).await?;
    if recounted > 0 {
        repaired.done.push(format!("{recounted} ledger rows of traces that span days were counted again."));
    }
    tell("waits for full text");
    if !caught_up(&store).await? {
        repaired
            .done
            .push("Full text is not up to date yet: it goes on once the store is open again.".into());
    }
    store.close().await?;
    Ok(repaired)
}

/// Waits until full text is up to date; `false` when it does not get on.
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

/// Moves what is damaged out of the way. While this lasts nobody else writes.
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
            "The catalog was damaged and is made anew from the days; the old one is {}. {held} marks that hold traces against \
             retention could be read there and are kept.",
            aside.display()
        ));
        if !all_held {
            repaired.lost.push(format!(
                "Of the marks in the old catalog that hold traces against retention {held} could be read: look which are missing, and \
                 mark these traces again."
            ));
        }
    }
    if let Some(old) = migrate::plan(folder.root())?.pending.first() {
        return Err(older(&old.path));
    }
    repaired.lost.extend(catalog::strike_missing(folder)?);
    let store = Sqlite::open_read_only(folder.root())?;
    for day in folder.days()? {
        tell(&format!("looks through day {day}"));
        let found = store.ask(move |shared| check::day(shared, day, deep)).await?;
        if let Some(why) = found.data.first() {
            store.shared.readers.forget(day, None);
            let aside = folder.set_aside(day)?;
            catalog::strike(folder, day)?;
            repaired.done.push(format!("Day {day} is set aside as {}: {why}", aside.display()));
        } else if let Some(why) = found.text.first() {
            store.shared.readers.forget(day, Some(Part::Text));
            folder.remove(Part::Text, day)?;
            repaired.done.push(format!("Full text of day {day} is built anew: {why}"));
        }
    }
    store.close().await?;
    // Days that are set aside are written anew, and then known.
    let learned = catalog::learn_all_strays(folder)?;
    if learned > 0 {
        repaired.done.push(format!(
            "The catalog did not know where {learned} traces with spans of several days are kept, and now does."
        ));
    }
    Ok(())
}

/// Refuses days of an older layout: a catalog that is made anew would learn nothing of them.
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

/// Writes what can be read of a file that was set aside; gives the traces of which it had spans.
async fn save(store: &Sqlite, aside: &Path, repaired: &mut Repaired) -> Result<BTreeSet<TraceId>> {
    let mut saved = BTreeSet::new();
    let mut salvage = match Salvage::open(aside) {
        Ok(salvage) => salvage,
        Err(fault) => {
            let why = fault.at("repair store", aside);
            repaired.lost.push(format!("Nothing can be read, it is left as it is; is there a backup? {why}"));
            return Ok(saved);
        }
    };
    while let Some(batch) = salvage.next().map_err(|fault| fault.at("repair store", aside))? {
        saved.extend(batch.spans.iter().map(|span| span.trace_id));
        store.write(batch.into()).await?;
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

/// Gives a file another name by which it is seen that nothing more is to be done with it.
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

/// An error of what cannot be tried again.
fn hopeless(text: &str) -> Fault {
    Error::new(ErrorKind::Damaged, "repair store", text).with_retry(Retry::No).of_backend(NAME).into()
}
