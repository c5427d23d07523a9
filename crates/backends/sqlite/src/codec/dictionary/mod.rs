//! Compression with dictionaries. Spans are small and similar, so a dictionary has most of a body.
//!
//! A packed body starts with a format byte: 0 plain, 1 zstd, 2 words and zstd. For zstd, the dictionary's id
//! and the length before zstd follow as varints. The bytes come last. With words, the four bytes that start
//! every zstd frame are omitted. A dictionary's id is derived from its content, so one id never names two
//! dictionaries.
//!
//! A stored dictionary is that of zstd alone, or one with a [`Vocabulary`]. The latter starts with a mark of
//! four bytes. The rest is compressed: the length of the vocabulary, the vocabulary, and zstd's dictionary,
//! which was trained on worded bodies.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use quipu_core::locks::{Mutex, RwLock};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{self, CCtx, CParameter, DCtx};

use crate::codec::Vocabulary;
use crate::codec::onto::write_onto;
use crate::fault::{Fault, Result};

const LEVEL: i32 = 3;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
const WORDS: u8 = 2;
/// The start of every zstd frame (RFC 8878, 3.1.1).
const FRAME: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
/// The start of a stored dictionary with words.
const MARK: [u8; 4] = *b"QuW1";
/// Compression level of a dictionary, which is compressed once and rarely read.
const STORED_LEVEL: i32 = 12;
/// Maximum plain length of a body; a larger value is damage.
const MOST_BYTES: u64 = 1 << 30;
/// Maximum size of a stored dictionary with its words.
const MOST_STORED: usize = 4 << 20;
static SHIPPED: &[u8] = include_bytes!("../../../data/default.dict");

/// One trained dictionary.
pub(crate) struct Dictionary {
    /// Id derived from its content.
    pub(crate) id: u32,
    /// Stored form.
    pub(crate) bytes: Vec<u8>,
    words: Vocabulary,
    /// zstd's dictionary, if it differs from the stored form.
    inner: Option<Vec<u8>>,
    encoder: OnceLock<EncoderDictionary<'static>>,
    decoder: OnceLock<DecoderDictionary<'static>>,
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dictionary({})", self.id)
    }
}

impl Dictionary {
    /// Parses a stored dictionary.
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self> {
        let Some(packed) = bytes.strip_prefix(&MARK) else {
            return Ok(Self::of(bytes, Vocabulary::default(), None));
        };
        let broken = || Fault::Damaged("a dictionary cannot be read");
        let parts = zstd::bulk::decompress(packed, MOST_STORED).map_err(|_| broken())?;
        let (words, rest) = postcard::take_from_bytes::<u32>(&parts)?;
        let (words, inner) = rest.split_at_checked(words as usize).ok_or_else(broken)?;
        let (words, inner) = (Vocabulary::read(words)?, inner.to_vec());
        Ok(Self::of(bytes, words, Some(inner)))
    }

    /// Trains a dictionary on the first bytes of bodies.
    pub(crate) fn train(bodies: &[Vec<u8>], size: usize) -> Result<Self> {
        let words = Vocabulary::train(bodies);
        if words.is_empty() {
            return Self::read(zstd::dict::from_samples(bodies, size)?);
        }
        let worded = |body: &Vec<u8>| {
            let mut worded = Vec::new();
            words.write(body, &mut worded);
            worded
        };
        let inner = zstd::dict::from_samples(&bodies.iter().map(worded).collect::<Vec<_>>(), size)?;
        let stored = words.stored();
        let mut parts = postcard::to_stdvec(&u32::try_from(stored.len()).unwrap_or(u32::MAX))?;
        parts.extend_from_slice(&stored);
        parts.extend_from_slice(&inner);
        let bytes = [&MARK[..], &zstd::bulk::compress(&parts, STORED_LEVEL)?].concat();
        Ok(Self::of(bytes, words, Some(inner)))
    }

    fn of(bytes: Vec<u8>, words: Vocabulary, inner: Option<Vec<u8>>) -> Self {
        let hash = quipu_core::sha256(&bytes);
        let id = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) & 0x7fff_ffff;
        Self { id: id.max(1), bytes, words, inner, encoder: OnceLock::new(), decoder: OnceLock::new() }
    }

    fn inner(&self) -> &[u8] {
        self.inner.as_deref().unwrap_or(&self.bytes)
    }

    /// The dictionary of every new store.
    pub(crate) fn shipped() -> Self {
        Self::of(SHIPPED.to_vec(), Vocabulary::default(), None)
    }

    fn encoder(&self) -> Result<&EncoderDictionary<'static>> {
        prepared(&self.encoder, || EncoderDictionary::try_copy(self.inner(), LEVEL))
    }

    /// Decompresses one body that was packed with it.
    fn unpack(&self, context: &mut DCtx<'static>, packed: &[u8], length: usize) -> Result<Vec<u8>> {
        let decoder = prepared(&self.decoder, || DecoderDictionary::try_copy(self.inner()))?;
        let mut plain = Vec::with_capacity(length);
        context
            .decompress_using_ddict(&mut plain, packed, decoder.as_ddict())
            .map_err(|_| Fault::Damaged("a body cannot be decompressed"))?;
        Ok(plain)
    }
}

/// zstd's form of a dictionary, made once. The id of a dictionary proves its content, so only a lack of
/// memory prevents this.
fn prepared<T>(form: &OnceLock<T>, make: impl FnOnce() -> io::Result<T>) -> Result<&T> {
    match form.get() {
        Some(made) => Ok(made),
        None => {
            let made = make().map_err(|_| no_memory())?;
            Ok(form.get_or_init(|| made))
        }
    }
}

fn no_memory() -> Fault {
    Fault::Io(io::ErrorKind::OutOfMemory.into())
}

/// Maximum number of idle decompression contexts. Creating one costs more than decompressing most bodies.
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

    /// The dictionary for new bodies.
    pub(crate) fn current(&self) -> Arc<Dictionary> {
        Arc::clone(&self.current.read())
    }

    /// Sets the dictionary for new bodies.
    pub(crate) fn change(&self, next: Arc<Dictionary>) {
        self.known.write().insert(next.id, Arc::clone(&next));
        *self.current.write() = next;
    }

    /// Keeps a dictionary of a file in memory; `load` reads it if memory lacks it.
    pub(crate) fn keep(&self, id: u32, load: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
        if !self.known.read().contains_key(&id) {
            let loaded = Arc::new(Dictionary::read(load()?)?);
            self.known.write().insert(loaded.id, loaded);
        }
        Ok(())
    }

    /// Decompresses a body. `load` reads a dictionary that is not in memory from the body's file.
    pub(crate) fn unpack(&self, packed: &[u8], load: impl FnOnce(u32) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let Header { dictionary, length, worded, rest } = header(packed)?;
        let Some(id) = dictionary else {
            return Ok(rest.to_vec());
        };
        let known = self.known.read().get(&id).cloned();
        let dictionary = match known {
            Some(dictionary) => dictionary,
            None => {
                let loaded = Arc::new(Dictionary::read(load(id)?)?);
                if loaded.id != id {
                    return Err(Fault::Damaged("a dictionary does not match its id"));
                }
                self.known.write().insert(id, Arc::clone(&loaded));
                loaded
            }
        };
        let context = self.contexts.lock().pop();
        let mut context = match context {
            Some(context) => context,
            None => DCtx::try_create().ok_or_else(no_memory)?,
        };
        let plain = if worded {
            dictionary.unpack(&mut context, &[&FRAME[..], rest].concat(), length)
        } else {
            dictionary.unpack(&mut context, rest, length)
        };
        let mut contexts = self.contexts.lock();
        if contexts.len() < MOST_CONTEXTS {
            contexts.push(context);
        }
        drop(contexts);
        if worded { dictionary.words.plain(&plain?) } else { plain }
    }
}

/// Header of a packed body.
pub(crate) struct Header<'b> {
    /// The required dictionary; `None` for plain bytes.
    pub(crate) dictionary: Option<u32>,
    length: usize,
    worded: bool,
    rest: &'b [u8],
}

/// Reads a packed body's header.
pub(crate) fn header(packed: &[u8]) -> Result<Header<'_>> {
    match packed.split_first() {
        Some((&PLAIN, rest)) => Ok(Header { dictionary: None, length: rest.len(), worded: false, rest }),
        Some((format @ &(ZSTD | WORDS), rest)) => {
            let ((id, length), rest) = postcard::take_from_bytes::<(u32, u64)>(rest)?;
            let length = usize::try_from(length.min(MOST_BYTES)).unwrap_or(usize::MAX);
            Ok(Header { dictionary: Some(id), length, worded: *format == WORDS, rest })
        }
        _ => Err(Fault::Damaged("a body has an unknown format")),
    }
}

/// Length of a body after decompression, from its header.
pub(crate) fn unpacked_len(packed: &[u8]) -> Result<usize> {
    Ok(header(packed)?.length)
}

/// A packed body without a dictionary.
pub(crate) fn plain(bytes: &[u8]) -> Vec<u8> {
    [&[PLAIN], bytes].concat()
}

/// An error of zstd, by its code.
fn failed(code: usize) -> Fault {
    Fault::Io(io::Error::other(zstd_safe::get_error_name(code)))
}

/// Packs bodies in sequence, with one compression context for all of them.
pub(crate) struct Packer<'d> {
    context: CCtx<'d>,
    dictionary: &'d Dictionary,
    worded: Vec<u8>,
    squeezed: Vec<u8>,
}

impl<'d> Packer<'d> {
    pub(crate) fn new(dictionary: &'d Dictionary) -> Result<Self> {
        let mut context = CCtx::try_create().ok_or_else(no_memory)?;
        context.ref_cdict(dictionary.encoder()?.as_cdict()).map_err(failed)?;
        context.set_parameter(CParameter::ContentSizeFlag(false)).map_err(failed)?;
        context.set_parameter(CParameter::DictIdFlag(false)).map_err(failed)?;
        Ok(Self { context, dictionary, worded: Vec::new(), squeezed: Vec::new() })
    }

    /// Appends the packed form of `plain` to `out`.
    pub(crate) fn pack(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let Self { context, dictionary, worded, squeezed } = self;
        let with_words = !dictionary.words.is_empty();
        let text = if with_words {
            worded.clear();
            dictionary.words.write(plain, worded);
            worded.as_slice()
        } else {
            plain
        };
        squeezed.clear();
        squeezed.reserve(zstd_safe::compress_bound(text.len()));
        context.compress2(squeezed, text).map_err(failed)?;
        let (format, frame) = match squeezed.strip_prefix(&FRAME) {
            Some(frame) if with_words => (WORDS, frame),
            _ => (ZSTD, squeezed.as_slice()),
        };
        if frame.len() + 8 >= plain.len() || (with_words && format != WORDS) {
            out.push(PLAIN);
            out.extend_from_slice(plain);
            return Ok(());
        }
        out.push(format);
        write_onto(&(dictionary.id, text.len() as u64), out)?;
        out.extend_from_slice(frame);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
