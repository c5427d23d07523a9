//! Compression with dictionaries: spans are small and alike, so most of a body is in the dictionary already.
//!
//! A packed body is a format byte (0 plain, 1 zstd), for zstd the dictionary's id and the plain length as varints, and
//! the bytes. A dictionary's id is made from its content, so the same id never means two dictionaries.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};
use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{CParameter, DCtx};

use crate::fault::{Fault, Result};

const LEVEL: i32 = 3;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// A longer plain length can only be damage.
const MOST_BYTES: u64 = 1 << 30;
static SHIPPED: &[u8] = include_bytes!("../../data/default.dict");

/// One trained dictionary.
pub(crate) struct Dictionary {
    /// From its content.
    pub(crate) id: u32,
    /// As trained.
    pub(crate) bytes: Vec<u8>,
    encoder: OnceLock<EncoderDictionary<'static>>,
    decoder: OnceLock<DecoderDictionary<'static>>,
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dictionary({})", self.id)
    }
}

impl Dictionary {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let hash = Sha256::digest(&bytes);
        let id = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) & 0x7fff_ffff;
        Self { id: id.max(1), bytes, encoder: OnceLock::new(), decoder: OnceLock::new() }
    }

    /// The one that every new store starts with.
    pub(crate) fn shipped() -> Self {
        Self::new(SHIPPED.to_vec())
    }

    fn encoder(&self) -> &EncoderDictionary<'static> {
        self.encoder.get_or_init(|| EncoderDictionary::copy(&self.bytes, LEVEL))
    }

    /// Unpacks one body that was packed with it.
    fn unpack(&self, context: &mut DCtx<'static>, packed: &[u8], length: usize) -> Result<Vec<u8>> {
        let decoder = self.decoder.get_or_init(|| DecoderDictionary::copy(&self.bytes));
        let mut plain = Vec::with_capacity(length);
        context
            .decompress_using_ddict(&mut plain, packed, decoder.as_ddict())
            .map_err(|_| Fault::Damaged("a body cannot be decompressed"))?;
        Ok(plain)
    }
}

/// Decompression contexts that wait for the next body; making one costs more than most bodies do.
const MOST_CONTEXTS: usize = 4;

/// Dictionaries in memory: the current one for new bodies, and all that were read from files.
pub(crate) struct Dictionaries {
    current: RwLock<Arc<Dictionary>>,
    known: RwLock<HashMap<u32, Arc<Dictionary>>>,
    contexts: Mutex<Vec<DCtx<'static>>>,
}

impl Dictionaries {
    pub(crate) fn new(current: Arc<Dictionary>) -> Self {
        let known = HashMap::from([(current.id, Arc::clone(&current))]);
        Self { current: RwLock::new(current), known: RwLock::new(known), contexts: Mutex::default() }
    }

    /// For new bodies.
    pub(crate) fn current(&self) -> Arc<Dictionary> {
        Arc::clone(&self.current.read())
    }

    /// Uses another one for new bodies from now on.
    pub(crate) fn change(&self, next: Arc<Dictionary>) {
        self.known.write().insert(next.id, Arc::clone(&next));
        *self.current.write() = next;
    }

    /// Unpacks a body; `load` fetches a dictionary that is not in memory from the file that the body is in.
    pub(crate) fn unpack(&self, packed: &[u8], load: impl FnOnce(u32) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let Header { dictionary, length, rest } = header(packed)?;
        let Some(id) = dictionary else {
            return Ok(rest.to_vec());
        };
        let known = self.known.read().get(&id).cloned();
        let dictionary = match known {
            Some(dictionary) => dictionary,
            None => {
                let loaded = Arc::new(Dictionary::new(load(id)?));
                if loaded.id != id {
                    return Err(Fault::Damaged("a dictionary does not have the content that its id says"));
                }
                self.known.write().insert(id, Arc::clone(&loaded));
                loaded
            }
        };
        let context = self.contexts.lock().pop();
        let mut context = match context {
            Some(context) => context,
            None => DCtx::try_create().ok_or(Fault::Damaged("no memory to decompress"))?,
        };
        let plain = dictionary.unpack(&mut context, rest, length);
        let mut contexts = self.contexts.lock();
        if contexts.len() < MOST_CONTEXTS {
            contexts.push(context);
        }
        plain
    }
}

/// What precedes a packed body's bytes.
pub(crate) struct Header<'b> {
    /// The dictionary it needs; `None` for plain bytes.
    pub(crate) dictionary: Option<u32>,
    length: usize,
    rest: &'b [u8],
}

/// Reads a packed body's header.
pub(crate) fn header(packed: &[u8]) -> Result<Header<'_>> {
    match packed.split_first() {
        Some((&PLAIN, rest)) => Ok(Header { dictionary: None, length: rest.len(), rest }),
        Some((&ZSTD, rest)) => {
            let ((id, length), rest) = postcard::take_from_bytes::<(u32, u64)>(rest)?;
            let length = usize::try_from(length.min(MOST_BYTES)).unwrap_or(usize::MAX);
            Ok(Header { dictionary: Some(id), length, rest })
        }
        _ => Err(Fault::Damaged("a body has an unknown format")),
    }
}

/// Packs bodies one after the other, with one compression context for all of them.
pub(crate) struct Packer<'d> {
    compressor: Compressor<'d>,
    id: u32,
    squeezed: Vec<u8>,
}

impl<'d> Packer<'d> {
    pub(crate) fn new(dictionary: &'d Dictionary) -> Result<Self> {
        let mut compressor = Compressor::with_prepared_dictionary(dictionary.encoder())?;
        compressor.set_parameter(CParameter::ContentSizeFlag(false))?;
        compressor.set_parameter(CParameter::DictIdFlag(false))?;
        Ok(Self { compressor, id: dictionary.id, squeezed: Vec::new() })
    }

    /// Appends the packed form of `plain` to `out`.
    pub(crate) fn pack(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.squeezed.clear();
        self.squeezed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
        self.compressor.compress_to_buffer(plain, &mut self.squeezed)?;
        if self.squeezed.len() + 8 >= plain.len() {
            out.push(PLAIN);
            out.extend_from_slice(plain);
            return Ok(());
        }
        out.push(ZSTD);
        let head = postcard::to_stdvec(&(self.id, plain.len() as u64))?;
        out.extend_from_slice(&head);
        out.extend_from_slice(&self.squeezed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_any_size_come_back() {
        let dictionaries = Dictionaries::new(Arc::new(Dictionary::shipped()));
        let current = dictionaries.current();
        let mut packer = Packer::new(&current).unwrap();
        for length in [0_usize, 1, 7, 100, 5_000, 1 << 20] {
            let plain: Vec<u8> = (0..length).map(|at| (at % 7 * (at / 900)) as u8).collect();
            let mut packed = Vec::new();
            packer.pack(&plain, &mut packed).unwrap();
            assert!(packed.len() <= plain.len() + 1);
            assert_eq!(dictionaries.unpack(&packed, |_| Err(Fault::Damaged("none"))).unwrap(), plain);
        }
    }

    /// Bodies of the spans that real frameworks sent, recorded once.
    fn recorded() -> Vec<Vec<u8>> {
        let root =
            std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/recordings"));
        let now = quipu_core::Timestamp::from_nanos(1_795_000_000_000_000_000);
        let limits = quipu_core::Limits { future_seconds: 400_000_000, ..quipu_core::Limits::default() };
        let mut bodies = Vec::new();
        for folder in std::fs::read_dir(root).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                if path.to_str().unwrap().ends_with(".traces.pb") {
                    let bytes = std::fs::read(&path).unwrap();
                    let decoded =
                        quipu_otlp::decode_traces(&bytes, quipu_otlp::Encoding::Protobuf, &limits, now)
                            .unwrap();
                    for span in decoded.batch.spans {
                        let mut body = Vec::new();
                        crate::codec::encode_span(&span, &mut body).unwrap();
                        bodies.push(body);
                    }
                }
            }
        }
        bodies.sort();
        bodies
    }

    /// With `QUIPU_TRAIN=1` in the environment the shipped dictionary is trained anew from the recordings.
    #[test]
    fn the_shipped_dictionary_halves_recorded_spans() {
        let bodies = recorded();
        assert!(bodies.len() > 200, "{} recorded spans", bodies.len());
        if std::env::var("QUIPU_TRAIN").is_ok_and(|value| value == "1") {
            let trained = zstd::dict::from_samples(&bodies, 64 << 10).unwrap();
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/data/default.dict"), trained).unwrap();
            return;
        }
        let size = |dictionary: Dictionary| {
            let mut packer = Packer::new(&dictionary).unwrap();
            let mut packed = Vec::new();
            bodies.iter().for_each(|body| packer.pack(body, &mut packed).unwrap());
            packed.len()
        };
        let (bare, shipped) = (size(Dictionary::new(Vec::new())), size(Dictionary::shipped()));
        let plain: usize = bodies.iter().map(Vec::len).sum();
        println!(
            "{} spans: {plain} bytes plain, {bare} compressed, {shipped} with the dictionary",
            bodies.len()
        );
        assert!(shipped * 2 < bare, "{shipped} bytes with the dictionary, {bare} without");
    }

    #[test]
    fn damage_is_an_error_not_a_panic() {
        let dictionaries = Dictionaries::new(Arc::new(Dictionary::shipped()));
        for packed in [&[][..], &[9], &[1], &[1, 200], &[1, 1, 1, 1]] {
            assert!(dictionaries.unpack(packed, |_| Err(Fault::Damaged("none"))).is_err());
        }
    }
}
