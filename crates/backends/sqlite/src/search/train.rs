//! Training of the store's own dictionaries: one early, one when there is much more data.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use quipu_core::{Clock, SystemClock, Timestamp};

use crate::catalog;
use crate::codec::Dictionary;
use crate::fault::Result;
use crate::folder::Part;
use crate::search::blank::blank;
use crate::search::common::{Sample, keep_common, number};
use crate::shared::Shared;

/// Size of a dictionary, in bytes.
const DICTIONARY_BYTES: usize = 64 << 10;
/// Bytes of all samples together. zstd recommends a hundred times the dictionary. A third of that is nearly
/// as good, and is available and trained three times as soon.
const SAMPLE_BYTES: usize = 2 << 20;
/// Maximum bytes of one sample, because the similarity of bodies is near their start.
const ONE_SAMPLE_BYTES: usize = 4 << 10;
/// Number of bodies that suffice for all samples.
const SAMPLES: i64 = 3_000;
/// Number of spans at the second training, as a multiple of those at the first.
const SECOND_AFTER: u64 = 50;

/// Trains on a separate thread, so neither writing nor the index waits for it.
#[derive(Default)]
pub(crate) struct Trainer {
    /// Number of the store's dictionaries, once known.
    trained: Option<u32>,
    running: Option<JoinHandle<()>>,
}

impl Trainer {
    /// Starts a training if there is enough data and it was not done yet.
    pub(crate) fn look(&mut self, shared: &Arc<Shared>) {
        let first = shared.config.train_after_spans;
        if first == 0 || self.running.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        self.finish();
        let after = match self.trained {
            None | Some(0) => first,
            Some(1) => first.saturating_mul(SECOND_AFTER),
            Some(_) => return,
        };
        let days = shared.days.sound();
        let states = days.iter().filter_map(|day| shared.days.get(*day));
        let spans: i64 = states.map(|state| state.committed()).sum();
        if spans.cast_unsigned() < after {
            return;
        }
        match self.trained {
            Some(trained) => self.begin(shared, spans, trained),
            // A failed training is not repeated before the next opening.
            None => self.trained = Some(dictionaries(shared).unwrap_or(u32::MAX)),
        }
    }

    fn begin(&mut self, shared: &Arc<Shared>, spans: i64, trained: u32) {
        self.trained = Some(trained + 1);
        let shared = Arc::clone(shared);
        let work = move || match train(&shared, spans) {
            Ok(id) => {
                tracing::info!(
                    dictionary = id,
                    spans,
                    "new spans are compressed with a dictionary of the store's own"
                );
            }
            Err(fault) => {
                let error = fault.at("train dictionary", &shared.folder.catalog());
                tracing::warn!(%error, "no dictionary was trained; the present one stays in use");
            }
        };
        match std::thread::Builder::new().name("quipu-store-train".into()).spawn(work) {
            Ok(running) => self.running = Some(running),
            Err(error) => tracing::warn!(%error, "no thread could be started to train a dictionary"),
        }
    }

    /// Waits for a running training.
    pub(crate) fn finish(&mut self) {
        if self.running.take().is_some_and(|running| running.join().is_err()) {
            tracing::error!("the training of a dictionary panicked");
        }
    }
}

fn dictionaries(shared: &Shared) -> Result<u32> {
    catalog::trained(&catalog::open_to_read(&shared.folder)?)
}

fn train(shared: &Shared, spans: i64) -> Result<u32> {
    let began = Instant::now();
    let samples = samples(shared, spans)?;
    let dictionary = Arc::new(Dictionary::train(&samples, DICTIONARY_BYTES)?);
    drop(samples);
    let seconds = SystemClock.now().nanos() / Timestamp::SECOND;
    catalog::keep_dictionary(&catalog::open(&shared.folder, &shared.config)?, &dictionary, seconds)?;
    let id = dictionary.id;
    shared.dictionaries.change(dictionary);
    tracing::debug!(ms = began.elapsed().as_millis(), "dictionary trained");
    Ok(id)
}

/// Bodies from the whole store, without words of only one or two owners.
fn samples(shared: &Shared, spans: i64) -> Result<Vec<Vec<u8>>> {
    let stride = (spans / SAMPLES).max(1);
    let days = shared.days.sound();
    let a_day = (SAMPLE_BYTES / days.len().max(1)).max(SAMPLE_BYTES / 16);
    let mut samples = Vec::new();
    let mut room = SAMPLE_BYTES;
    for day in days {
        let mut left = a_day.min(room);
        room -= left;
        shared.readers.with(Part::Data, day, |conn| {
            let mut look = conn.prepare(
                "SELECT b.z, u.text, n.text, s.tr FROM bodies b JOIN spans s ON s.pk = b.pk LEFT JOIN dims u ON u.id = s.user \
                 LEFT JOIN dims n ON n.id = s.session WHERE b.pk % ?1 = 0",
            )?;
            let mut rows = look.query([stride])?;
            while let Some(row) = rows.next()?.filter(|_| left > 0) {
                let z = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                let mut body = crate::readers::unpack(conn, &shared.dictionaries, z)?;
                let read: [Option<String>; 2] = [row.get(1)?, row.get(2)?];
                if !blank(&mut body, read.iter().flatten()) {
                    continue;
                }
                body.truncate(ONE_SAMPLE_BYTES);
                left = left.saturating_sub(body.len());
                let [user, session] = read.map(|name| name.map(number));
                let trace = number((day.0, row.get::<_, i64>(3)?));
                samples.push(Sample { body, user, session, trace });
            }
            Ok(())
        })?;
        room += left;
    }
    keep_common(&mut samples);
    Ok(samples.into_iter().map(|sample| sample.body).collect())
}
