//! A dictionary of the store's own, trained once from what it holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use quipu_core::{Clock, SystemClock, Timestamp};

use crate::catalog;
use crate::codec::Dictionary;
use crate::fault::Result;
use crate::folder::Part;
use crate::shared::Shared;

/// Size of a dictionary.
const DICTIONARY_BYTES: usize = 64 << 10;
/// Bytes of all samples together: about a hundred times the dictionary, as zstd advises.
const SAMPLE_BYTES: usize = 8 << 20;
/// Bytes of one sample; the likeness of bodies is near their beginning.
const ONE_SAMPLE_BYTES: usize = 8 << 10;

/// Trains when there is enough to learn from and it was not done yet.
pub(crate) fn once(shared: &Shared) {
    if shared.trained.load(Ordering::Acquire) {
        return;
    }
    let days = shared.days.sound();
    let states = days.iter().filter_map(|day| shared.days.get(*day));
    let spans: i64 = states.map(|state| state.committed.load(Ordering::Acquire)).sum();
    if shared.config.train_after_spans == 0 || spans.cast_unsigned() < shared.config.train_after_spans {
        return;
    }
    shared.trained.store(true, Ordering::Release);
    match train(shared, spans) {
        Ok(Some(id)) => tracing::info!(
            dictionary = id,
            spans,
            "new spans are compressed with a dictionary of the store's own"
        ),
        Ok(None) => {}
        Err(fault) => {
            let error = fault.at("train dictionary", &shared.folder.catalog());
            tracing::warn!(%error, "no dictionary was trained; the shipped one stays");
        }
    }
}

fn train(shared: &Shared, spans: i64) -> Result<Option<u32>> {
    let conn = catalog::open(&shared.folder, &shared.config)?;
    if catalog::is_trained(&conn)? {
        return Ok(None);
    }
    let began = Instant::now();
    let samples = samples(shared, spans)?;
    let dictionary = Arc::new(Dictionary::new(zstd::dict::from_samples(&samples, DICTIONARY_BYTES)?));
    drop(samples);
    let seconds = SystemClock.now().nanos() / Timestamp::SECOND;
    catalog::keep_dictionary(&conn, &dictionary, seconds)?;
    let id = dictionary.id;
    shared.dictionaries.change(dictionary);
    tracing::debug!(ms = began.elapsed().as_millis(), "dictionary trained");
    Ok(Some(id))
}

/// Bodies from all over the store.
fn samples(shared: &Shared, spans: i64) -> Result<Vec<Vec<u8>>> {
    let stride = (spans / 20_000).max(1);
    let mut samples = Vec::new();
    let mut bytes = 0;
    for day in shared.days.sound() {
        shared.readers.with(Part::Data, day, |conn| {
            let mut look = conn.prepare("SELECT z FROM bodies WHERE pk % ?1 = 0")?;
            let mut rows = look.query([stride])?;
            while let Some(row) = rows.next()?.filter(|_| bytes < SAMPLE_BYTES) {
                let z = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                let mut body = crate::readers::unpack(conn, &shared.dictionaries, z)?;
                body.truncate(ONE_SAMPLE_BYTES);
                bytes += body.len();
                samples.push(body);
            }
            Ok(())
        })?;
    }
    Ok(samples)
}
