//! Days that are written anew after something was removed, so that no byte of it is left in their files.
//!
//! A removal leaves more than its rows: names in lists that records share, unused parts of pages, frames of the log, words of full
//! text. The catalog notes the day before the first row is removed; the note goes when a file with nothing but the live rows has
//! taken the place of the old one. So a removal that was broken off is finished by the next one, or by the next run of retention.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use quipu_core::{Remnant, Result};

use crate::catalog;
use crate::fault::Result as Read;
use crate::folder::{Day, Part};
use crate::retire::decide::Decision;
use crate::retire::leave;
use crate::retire::run::{CACHE_KIB, TRIES, exchange_with, fold_before};
use crate::schema::{self, Access, DAY};
use crate::shared::Shared;
use crate::sqlite::Sqlite;
use crate::write::{Exchange, Exchanged, Request};

/// A day with more bytes is not written anew while those who write wait for it: that takes a second for some hundred MB.
const MOST_BYTES: u64 = 256 << 20;

/// Does what [`quipu_core::Store::scrub`] says.
pub(crate) async fn scrub(store: &Sqlite, dry_run: bool) -> Result<Vec<Remnant>> {
    let found = store.ask(unclean).await?;
    let mut days = Remnant {
        what: "day files".into(),
        found: found.len() as u64,
        remaining: found.len() as u64,
        trouble: None,
    };
    let mut catalog = Remnant { what: "catalog".into(), ..Remnant::default() };
    if dry_run || store.shared.read_only {
        return Ok(vec![days, catalog]);
    }
    // Two at a time would write the same file.
    let _alone = store.shared.retiring.lock().await;
    let mut troubles = Vec::new();
    for day in found {
        if let Err(error) = renew(store, day).await {
            tracing::warn!(%day, %error, "a day could not be written anew after a removal");
            troubles.push(format!("{day}: {error}"));
        }
    }
    days.remaining = store.ask(unclean).await?.len() as u64;
    days.trouble = (!troubles.is_empty()).then(|| troubles.join("; "));
    if let Err(error) = store.request(move |_, answer| Ok(Request::Scrub(answer))).await {
        catalog.trouble = Some(error.to_string());
    }
    Ok(vec![days, catalog])
}

/// Days whose files may have bytes of what was removed.
pub(super) fn unclean(shared: &Shared) -> Result<Vec<Day>> {
    let days = shared.with_catalog(catalog::unclean);
    days.map_err(|fault| fault.at("scrub", &shared.folder.catalog()))
}

/// Writes one day anew: beside those who write, and while they wait where they leave no moment for it.
async fn renew(store: &Sqlite, day: Day) -> Result<()> {
    for _ in 0..TRIES {
        let Some(exchange) = store.ask(move |shared| anew(shared, day, true)).await? else {
            return Ok(());
        };
        if exchange_with(store, day, exchange).await? {
            return Ok(());
        }
    }
    let bytes = store.shared.folder.bytes_of(day);
    if bytes > MOST_BYTES {
        return Err(busy(format!("it has {bytes} bytes and is written to all the time: ask again later")));
    }
    match store.request(move |_, answer| Ok(Request::Renew(day, answer))).await? {
        Exchanged::Done => Ok(()),
        Exchanged::Late | Exchanged::Busy => Err(busy("it is read all the time: ask again later".into())),
    }
}

fn busy(text: String) -> quipu_core::Error {
    quipu_core::Error::new(quipu_core::ErrorKind::Locked, "scrub", text).of_backend(crate::fault::NAME)
}

/// Writes the file that is to take a day's place, with all of its live rows; `None` where there is no such day, or it is damaged.
pub(crate) fn anew(shared: &Shared, day: Day, yields: bool) -> Result<Option<Exchange>> {
    let path = shared.folder.file(Part::Data, day);
    try_anew(shared, day, yields).map_err(|fault| fault.at("write a day anew", &path))
}

fn try_anew(shared: &Shared, day: Day, yields: bool) -> Read<Option<Exchange>> {
    let Some(state) = shared.days.get(day).filter(|state| state.damage().is_none()) else {
        return Ok(None);
    };
    // Before anything is read: what is written after that is found out when the files are exchanged.
    let (version, holds) = (state.version(), shared.holds.load(Ordering::Acquire));
    let path = shared.folder.file(Part::Data, day);
    let conn = schema::open(&DAY, &path, Access::Read { cache_kib: CACHE_KIB })?;
    let snapshot = conn.unchecked_transaction()?;
    let decision = Decision::keep(&conn)?;
    let file = decision.leaves.then(|| shared.folder.beside(day));
    if let Some(file) = &file {
        leave::write_anew(shared, &conn, &decision, file, yields)?;
    }
    drop(snapshot);
    drop(conn);
    if file.is_some() {
        fold_before(shared, &path);
    }
    Ok(Some(Exchange { day, file, state: Arc::clone(&state), version, holds }))
}
