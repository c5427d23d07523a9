//! Postings: the spans with given words, read lazily from a day's index.
//!
//! A word's list in the index is sorted by span. Starting at a span within it costs a seek, and reading on
//! costs a step for each span. So a list is read in blocks of spans, and a block is cached as bits.

use foldhash::{HashMap, HashMapExt};
use rusqlite::{Connection, OptionalExtension};

use crate::fault::Result;
use crate::words::Term;

/// Number of spans in a block.
pub(crate) const BLOCK: i64 = 2_048;
/// Maximum number of words with a common prefix that are searched one by one. For a prefix query, FTS5 merges
/// the lists of all its words before it returns the first span, even if few are needed.
const MOST_ENDINGS: usize = 32;

/// One bit for each span of a block.
type Bits = [u64; BLOCK as usize / 64];

/// Source of the spans with one of the words.
enum Source {
    /// The index, by this expression.
    Index(String),
    /// Cached bits of all matches of this expression, once they were read.
    Whole(String, Option<HashMap<i64, Bits>>),
}

impl Source {
    fn expression(&self) -> &str {
        match self {
            Self::Index(expression) | Self::Whole(expression, _) => expression,
        }
    }
}

/// The spans with all words of a search.
pub(crate) struct Postings {
    terms: Vec<Term>,
    sources: Vec<Source>,
    /// The last span of the index. Blocks nearer to it are read from the end.
    last: i64,
    blocks: HashMap<i64, Bits>,
}

impl Postings {
    /// Opens postings on an index with a stable snapshot.
    pub(crate) fn of(index: &Connection, terms: Vec<Term>) -> Result<Self> {
        let last = index.prepare_cached("SELECT upto FROM state")?.query_row([], |row| row.get(0))?;
        let sources = terms.iter().map(|term| source(index, term)).collect::<Result<_>>()?;
        Ok(Self { terms, sources, last, blocks: HashMap::new() })
    }

    pub(crate) fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// All of the spans, if they are at most `most`.
    pub(crate) fn if_few(&self, index: &Connection, most: usize) -> Result<Option<Vec<i64>>> {
        let all: Vec<String> =
            self.sources.iter().map(|source| format!("({})", source.expression())).collect();
        let mut look = index.prepare_cached("SELECT rowid FROM words WHERE words MATCH ?1 LIMIT ?2")?;
        let found = look.query_map((all.join(" AND "), most + 1), |row| row.get(0))?;
        let spans = found.collect::<rusqlite::Result<Vec<i64>>>()?;
        Ok((spans.len() <= most).then_some(spans))
    }

    /// Whether a span has all the words, and the number of index entries that were read.
    pub(crate) fn has(&mut self, index: &Connection, span: i64) -> Result<(bool, u64)> {
        let block = span.div_euclid(BLOCK);
        let (bits, read) = match self.blocks.get(&block) {
            Some(bits) => (*bits, 0),
            None => {
                let (bits, read) = self.block(index, block)?;
                self.blocks.insert(block, bits);
                (bits, read)
            }
        };
        let (at, bit) = place(span);
        Ok((bits[at] & bit != 0, read))
    }

    /// Each word's list is read separately. A joint query would start at the first span with all words,
    /// wherever that is.
    fn block(&mut self, index: &Connection, block: i64) -> Result<(Bits, u64)> {
        let (mut bits, mut read) = ([u64::MAX; BLOCK as usize / 64], 0);
        for source in &mut self.sources {
            let (more, entries) = source.block(index, block, block * BLOCK > self.last / 2)?;
            read += entries;
            bits.iter_mut().zip(more).for_each(|(bits, more)| *bits &= more);
            if bits.iter().all(|bits| *bits == 0) {
                break;
            }
        }
        Ok((bits, read))
    }
}

impl Source {
    fn block(&mut self, index: &Connection, block: i64, from_the_end: bool) -> Result<(Bits, u64)> {
        match self {
            Self::Index(expression) => {
                let order = if from_the_end { "DESC" } else { "ASC" };
                let sql = format!(
                    "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid {order}"
                );
                let mut look = index.prepare_cached(&sql)?;
                let mut found = look.query((&*expression, block * BLOCK, block * BLOCK + BLOCK - 1))?;
                let (mut bits, mut read) = (Bits::default(), 0);
                while let Some(row) = found.next()? {
                    let (at, bit) = place(row.get(0)?);
                    bits[at] |= bit;
                    read += 1;
                }
                Ok((bits, read))
            }
            Self::Whole(expression, blocks) => {
                let mut read = 0;
                let known = match blocks {
                    Some(known) => known,
                    None => {
                        let (all, entries) = whole(index, expression)?;
                        read = entries;
                        blocks.insert(all)
                    }
                };
                Ok((known.get(&block).copied().unwrap_or_default(), read))
            }
        }
    }
}

/// The position of a span's bit in its block.
fn place(span: i64) -> (usize, u64) {
    let bit = usize::try_from(span.rem_euclid(BLOCK)).unwrap_or(0);
    (bit / 64, 1 << (bit % 64))
}

/// All spans that match an expression.
fn whole(index: &Connection, expression: &str) -> Result<(HashMap<i64, Bits>, u64)> {
    let (mut blocks, mut read) = (HashMap::<i64, Bits>::new(), 0);
    let mut look = index.prepare_cached("SELECT rowid FROM words WHERE words MATCH ?1")?;
    let mut found = look.query([expression])?;
    while let Some(row) = found.next()? {
        let span: i64 = row.get(0)?;
        let (at, bit) = place(span);
        blocks.entry(span.div_euclid(BLOCK)).or_default()[at] |= bit;
        read += 1;
    }
    Ok((blocks, read))
}

fn source(index: &Connection, term: &Term) -> Result<Source> {
    let word = |token: &str| format!("\"{token}\"");
    if !term.open_ended {
        return Ok(Source::Index(word(&term.token)));
    }
    Ok(match endings(index, &term.token)? {
        Some(words) if !words.is_empty() => {
            let words: Vec<String> = words.iter().map(|token| word(token)).collect();
            Source::Index(words.join(" OR "))
        }
        // Without any words this is the fastest way to find nothing.
        Some(_) => Source::Index(word(&term.token)),
        None => Source::Whole(format!("{}*", word(&term.token)), None),
    })
}

/// The words of the index with this prefix; `None` if they are too many.
fn endings(index: &Connection, beginning: &str) -> Result<Option<Vec<String>>> {
    index.execute_batch(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.seen USING fts5vocab(main, words, instance)",
    )?;
    // Reads one row, and then the next from after its word. Stepping from word to word would step through
    // their lists.
    let mut look = index.prepare_cached("SELECT term FROM temp.seen WHERE term >= ?1 LIMIT 1")?;
    let (mut words, mut from) = (Vec::new(), beginning.to_owned());
    loop {
        let next: Option<String> = look.query_row([&from], |row| row.get(0)).optional()?;
        let Some(next) = next.filter(|next| next.starts_with(beginning)) else { return Ok(Some(words)) };
        if words.len() == MOST_ENDINGS {
            return Ok(None);
        }
        from = format!("{next}\u{1}");
        words.push(next);
    }
}
