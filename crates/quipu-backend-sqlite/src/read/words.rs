//! Words of a question, and the spans of one day that are tested by them.

use parking_lot::Mutex;
use rusqlite::Error;

use crate::fault::{Fault, Result};
use crate::readers::Idle;
use crate::search::{Postings, Term};

/// Entries of the index that cost as much as to begin reading somewhere in it.
const SEEK: u64 = 32;

/// What spans have the words of a search.
pub(crate) enum Found {
    /// These.
    Few(Vec<i64>),
    /// More; `has_words` tests a span by this number.
    Many(usize),
}

/// The words of one question on one day, which its connection's function `has_words` tests spans by. Until the question ends the index is
/// read as it was at first.
#[derive(Default)]
pub(crate) struct Words(Mutex<State>);

#[derive(Default)]
struct State {
    /// The connection to the index.
    index: Option<Idle>,
    all: Vec<Postings>,
    /// Tests and entries of the index that may still be spent, where there is a bound.
    left: Option<u64>,
    gave_up: bool,
    failed: bool,
    spent: u64,
}

impl Words {
    /// Looks for spans that have all the words; `None` where the index cannot be read just now, which is said in the log.
    pub(crate) fn find(
        &self,
        open: impl FnOnce() -> Result<Idle>,
        terms: Vec<Term>,
        few: usize,
    ) -> Option<Found> {
        let mut state = self.0.lock();
        let found = state.begin(open).and_then(|()| state.find(terms, few));
        found.map_err(|fault| state.fail(&fault)).ok()
    }

    /// Allows so many tests and entries of the index from now on; no bound for `None`.
    pub(crate) fn allow(&self, work: Option<u64>) {
        let mut state = self.0.lock();
        (state.left, state.gave_up) = (work, false);
    }

    /// Whether a test failed because there was more to do than was allowed.
    pub(crate) fn gave_up(&self) -> bool {
        self.0.lock().gave_up
    }

    /// Tests and entries of the index that the question took so far.
    #[cfg(test)]
    pub(crate) fn spent(&self) -> u64 {
        self.0.lock().spent
    }

    /// Whether a span has the words of this number. A span of which the index cannot tell has none.
    pub(crate) fn test(&self, number: usize, span: i64) -> rusqlite::Result<bool> {
        let mut state = self.0.lock();
        let State { index: Some(index), all, failed: false, .. } = &mut *state else { return Ok(false) };
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

    /// Ends the question, and gives the connection to the index back if it is sound.
    pub(crate) fn end(&self) -> Option<Idle> {
        let state = std::mem::take(&mut *self.0.lock());
        state.index.filter(|index| !state.failed && index.conn.execute_batch("COMMIT").is_ok())
    }
}

impl State {
    fn begin(&mut self, open: impl FnOnce() -> Result<Idle>) -> Result<()> {
        if self.index.is_none() {
            let index = open()?;
            index.conn.execute_batch("BEGIN")?;
            self.index = Some(index);
        }
        Ok(())
    }

    fn find(&mut self, terms: Vec<Term>, few: usize) -> Result<Found> {
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
        Ok(spans.map_or(Found::Many(number), Found::Few))
    }

    fn spend(&mut self, work: u64) -> rusqlite::Result<()> {
        self.spent += work;
        let Some(left) = &mut self.left else { return Ok(()) };
        match left.checked_sub(work) {
            Some(less) => *left = less,
            None => {
                self.gave_up = true;
                return Err(Error::UserFunctionError("more to test than is worth it".into()));
            }
        }
        Ok(())
    }

    /// The indexer builds a damaged index anew; until then its words are not found.
    fn fail(&mut self, fault: &Fault) {
        self.failed = true;
        if !matches!(fault, Fault::Unborn) {
            tracing::warn!(kind = ?fault.kind(), "the full text of a day cannot be read");
        }
    }
}
