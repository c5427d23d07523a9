//! Rewrite of days after a removal, so no byte of the removed records is left in their files.
//!
//! A removal leaves more than its rows: names in shared lists, unused space in pages, WAL frames, words of
//! full text. The catalog notes the day before the first row is removed. The note is removed after a file
//! with only the live rows has replaced the old one. So an interrupted removal is finished by the next one,
//! or by the next retention run.

use quipu_core::{Remnant, Result};

use crate::catalog;
use crate::folder::Day;
use crate::retire::run::{TRIES, exchange_with};
use crate::rewrite::anew;
use crate::shared::Shared;
use crate::sqlite::Sqlite;
use crate::write::{Exchanged, Request};

/// Maximum size of a day that is rewritten while writers wait, which takes a second for some hundred MB.
const MOST_BYTES: u64 = 256 << 20;

/// Implements [`quipu_core::StoreForgetting::scrub`].
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
    // Two concurrent runs would write the same file.
    let _alone = store.shared.retiring.lock().await;
    let mut troubles = Vec::new();
    for day in found {
        if let Err(error) = renew(store, day).await {
            tracing::warn!(%day, %error, "cannot rewrite a day after a removal");
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

/// Days whose files may contain bytes of removed records.
pub(super) fn unclean(shared: &Shared) -> Result<Vec<Day>> {
    let days = shared.with_catalog(catalog::unclean);
    days.map_err(|fault| fault.at("scrub", &shared.folder.catalog()))
}

/// Rewrites one day concurrently with writers. If they leave no gap, it blocks them.
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
        return Err(busy(format!("it has {bytes} bytes and is constantly written to: try again later")));
    }
    match store.request(move |_, answer| Ok(Request::Renew(day, answer))).await? {
        Exchanged::Done => Ok(()),
        Exchanged::Late | Exchanged::Busy => Err(busy("it is constantly read: try again later".into())),
    }
}

fn busy(text: String) -> quipu_core::Error {
    quipu_core::Error::new(quipu_core::ErrorKind::Locked, "scrub", text).of_backend(crate::fault::NAME)
}
