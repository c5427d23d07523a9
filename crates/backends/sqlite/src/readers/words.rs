//! Words of a query, and the test of one day's spans for them.

use quipu_core::locks::Mutex;
use rusqlite::Error;

use crate::fault::{Fault, Result};
use crate::readers::Idle;
use crate::readers::attribute::AttributeTest;
use crate::words::{Postings, Term};

/// Number of index entries that cost as much as one seek in the index.
const SEEK: u64 = 32;

/// Spans with the words of a search.
pub(crate) enum WordMatches {
    /// These spans.
    Few(Vec<i64>),
    /// More spans; `has_words` tests a span by this number.
    Many(usize),
}

/// The words of one query on one day, which its connection's function `has_words` tests, and the attributes
/// for `has_attribute`. The index is read from one snapshot until the query ends.
#[derive(Default)]
pub(crate) struct Words(Mutex<WordScan>, Mutex<Vec<AttributeTest>>);

#[derive(Default)]
struct WordScan {
    /// The connection to the index.
    index: Option<Idle>,
    all: Vec<Postings>,
    /// Remaining budget of tests and index entries, if there is a limit.
    left: Option<u64>,
    gave_up: bool,
    failed: bool,
    spent: u64,
}

impl Words {
    /// Searches spans with all the words; `None` if the index is temporarily unreadable, which is logged.
    pub(crate) fn find(
        &self,
        open: impl FnOnce() -> Result<Idle>,
        terms: Vec<Term>,
        few: usize,
    ) -> Option<WordMatches> {
        let mut state = self.0.lock();
        let found = state.begin(open).and_then(|()| state.find(terms, few));
        found.map_err(|fault| state.fail(&fault)).ok()
    }

    /// Adds the test of an attribute, and returns its number.
    pub(super) fn attribute(&self, test: AttributeTest) -> usize {
        let mut tests = self.1.lock();
        tests.push(test);
        tests.len() - 1
    }

    /// Whether a packed body has the attribute of this number.
    pub(super) fn has_attribute(&self, number: usize, packed: &[u8]) -> bool {
        self.1.lock().get(number).is_some_and(|test| test.has(packed))
    }

    /// Sets the budget of tests and index entries; `None` for no limit.
    pub(crate) fn allow(&self, work: Option<u64>) {
        let mut state = self.0.lock();
        (state.left, state.gave_up) = (work, false);
    }

    /// Whether a test was aborted because the budget was used up.
    pub(crate) fn gave_up(&self) -> bool {
        self.0.lock().gave_up
    }

    /// Tests and index entries that the query used so far.
    #[cfg(test)]
    pub(crate) fn spent(&self) -> u64 {
        self.0.lock().spent
    }

    /// Whether a span has the words of this number; `false` if the index cannot tell.
    pub(crate) fn test(&self, number: usize, span: i64) -> rusqlite::Result<bool> {
        let mut state = self.0.lock();
        let WordScan { index: Some(index), all, failed: false, .. } = &mut *state else { return Ok(false) };
        let Some(postings) = all.get_mut(number) else { return Ok(false) };
        match postings.has(&index.conn, span) {
            Ok((has, entries)) => {
                state.spend(1 + entries + if entries > 0 { SEEK } else { 0 })?;
                Ok(has)
            }
            Err(fault) => {
                state.fail(&fault);
                Ok(false)
            }
        }
    }

    /// Ends the query, and returns the connection to the index if it is intact.
    pub(crate) fn end(&self) -> Option<Idle> {
        self.1.lock().clear();
        let state = std::mem::take(&mut *self.0.lock());
        state.index.filter(|index| !state.failed && index.conn.execute_batch("COMMIT").is_ok())
    }
}

impl WordScan {
    fn begin(&mut self, open: impl FnOnce() -> Result<Idle>) -> Result<()> {
        if self.index.is_none() {
            let index = open()?;
            index.conn.execute_batch("BEGIN")?;
            self.index = Some(index);
        }
        Ok(())
    }

    fn find(&mut self, terms: Vec<Term>, few: usize) -> Result<WordMatches> {
        let index = self.index.as_ref().ok_or(Fault::Unborn)?;
        let number = match self.all.iter().position(|known| known.terms() == terms) {
            Some(number) => number,
            None => {
                self.all.push(Postings::of(&index.conn, terms)?);
                self.all.len() - 1
            }
        };
        let spans = self.all[number].if_few(&index.conn, few)?;
        self.spent += spans.as_ref().map_or(few, Vec::len) as u64;
        Ok(spans.map_or(WordMatches::Many(number), WordMatches::Few))
    }

    fn spend(&mut self, work: u64) -> rusqlite::Result<()> {
        self.spent += work;
        let Some(left) = &mut self.left else { return Ok(()) };
        match left.checked_sub(work) {
            Some(less) => *left = less,
            None => {
                self.gave_up = true;
                return Err(Error::UserFunctionError("too many candidates for a test of each".into()));
            }
        }
        Ok(())
    }

    /// The indexer rebuilds a damaged index. Until then its words are not found.
    fn fail(&mut self, fault: &Fault) {
        self.failed = true;
        if !matches!(fault, Fault::Unborn) {
            tracing::warn!(kind = ?fault.kind(), "the full text of a day cannot be read");
        }
    }
}
