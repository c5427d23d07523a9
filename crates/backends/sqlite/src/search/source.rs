//! Input of a day's index: texts of new spans, and the list of replaced or removed spans.

use quipu_core::Error;

use crate::codec::span_texts;
use crate::fault::{Fault, Result};
use crate::folder::Day;
use crate::search::text::TextMaker;
use crate::shared::Shared;

/// Maximum number of spans in one index transaction. Each transaction leaves a segment, so few large ones are
/// cheaper than many small ones.
pub(super) const STEP: i64 = 6_000;
/// Maximum bytes of text in one transaction; one span may exceed it.
const STEP_BYTES: usize = 6 << 20;
/// Maximum bytes of decompressed bodies in one transaction. A repetitive body leaves few words.
const STEP_READ_BYTES: usize = 48 << 20;

/// Error of a step.
pub(super) enum Trouble {
    /// The day is unreadable. A damaged day was already excluded.
    Day(Error),
    /// An error of the index.
    Text(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Text(fault)
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Text(error.into())
    }
}

/// Visits the texts of the spans that match `condition`, `None` for an unreadable body. Returns `false` if
/// the day is missing or damaged.
pub(super) fn each_text(
    shared: &Shared,
    maker: &mut TextMaker,
    day: Day,
    condition: &str,
    args: [i64; 2],
    mut take: impl FnMut(i64, Option<&str>) -> Result<()>,
) -> Result<bool, Trouble> {
    let sql = format!(
        "SELECT s.pk, d.text, b.z FROM spans s JOIN bodies b ON b.pk = s.pk JOIN dims d ON d.id = s.name WHERE {condition}"
    );
    let (mut refused, mut unread) = (None, 0);
    let read = shared.ask(day, |reader| {
        let conn = reader.conn;
        let (mut bytes, mut unpacked) = (0, 0);
        let mut look = conn.prepare_cached(&sql)?;
        let mut rows = look.query(args)?;
        while let Some(row) = rows.next()?.filter(|_| bytes < STEP_BYTES && unpacked < STEP_READ_BYTES) {
            let z = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            let name = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            let body = crate::readers::unpack(conn, &shared.dictionaries, z);
            unpacked += body.as_ref().map_or(z.len(), Vec::len);
            let words = match body.and_then(|body| Ok(maker.of_span(name, &span_texts(&body)?))) {
                Ok(words) => Some(words),
                // An unreadable page is not the body's error. An unreadable body is skipped alone, and a
                // check reports it.
                Err(fault @ Fault::Sql(_)) => return Err(fault),
                Err(_) => None,
            };
            unread += u64::from(words.is_none());
            bytes += words.map_or(0, str::len);
            // An error of the index does not concern the day.
            if let Err(fault) = take(row.get(0)?, words) {
                refused = Some(fault);
                break;
            }
        }
        Ok(())
    });
    if unread > 0 {
        tracing::warn!(%day, spans = unread, "bodies cannot be read, so full-text search does not find them");
    }
    match refused {
        Some(fault) => Err(Trouble::Text(fault)),
        None => Ok(read.map_err(Trouble::Day)?.is_some()),
    }
}

/// Replaced or removed spans.
pub(super) struct Changed {
    /// Spans that the index has.
    pub(super) spans: Vec<i64>,
    /// The last visited entry of the day's list.
    pub(super) last: i64,
    /// Whether the list may continue.
    pub(super) more: bool,
}

/// Spans up to `upto` that were replaced or removed since entry `again` of the day's list. `None` in the
/// cases in which [`each_text`] returns `false`.
pub(super) fn changed(shared: &Shared, day: Day, upto: i64, again: i64) -> Result<Option<Changed>, Trouble> {
    let entries = shared.ask(day, |reader| {
        let mut look =
            reader.conn.prepare_cached("SELECT seq, pk FROM reindex WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
        let rows = look.query_map([again, STEP], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<Vec<(i64, i64)>>>()?)
    });
    let Some(entries) = entries.map_err(Trouble::Day)? else { return Ok(None) };
    let last = entries.last().map_or(again, |(entry, _)| *entry);
    let more = i64::try_from(entries.len()).is_ok_and(|entries| entries == STEP);
    // Later spans are indexed with the new ones, in their current form.
    let mut spans: Vec<i64> =
        entries.into_iter().map(|(_, span)| span).filter(|span| *span <= upto).collect();
    spans.sort_unstable();
    spans.dedup();
    Ok(Some(Changed { spans, last, more }))
}

#[cfg(test)]
mod tests {
    use quipu_conformance::sample::draft;
    use quipu_core::Backend;

    use super::*;
    use crate::{Config, Sqlite};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_step_ends_where_much_was_read_though_it_has_few_words() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Config { search: false, ..Config::at(folder.path()) }).unwrap();
        let said = "again and ".repeat(STEP_READ_BYTES / 40);
        for trace in 1..=7 {
            let span = draft(trace, 1).with("gen_ai.input.messages", said.as_str()).span();
            store.write(quipu_core::Batch { spans: vec![span], ..Default::default() }.into()).await.unwrap();
        }
        let day = store.shared.sound_days().unwrap()[0];
        let (mut maker, mut read) = (TextMaker::default(), Vec::new());
        let step = each_text(&store.shared, &mut maker, day, "s.pk > ?1 LIMIT ?2", [0, STEP], |pk, words| {
            read.push((pk, words.map_or(0, str::len)));
            Ok(())
        });
        assert!(matches!(step, Ok(true)));
        assert!((4..=5).contains(&read.len()) && read.iter().all(|(_, words)| *words < 100), "{read:?}");
    }
}
