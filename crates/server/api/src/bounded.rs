//! Lists of groups in an answer, bounded in bytes.

use quipu_core::{AnswerMemory, MemoryHold, Result};

/// The first rows of a list that fit into [`AnswerMemory::group_bytes`].
pub(crate) struct Bounded<T> {
    pub(crate) rows: Vec<T>,
    /// Whether rows were left out.
    pub(crate) truncated: bool,
    /// Memory of the rows, until the answer is written.
    _hold: MemoryHold,
}

/// Bounds a list within the current request. `bytes` returns the memory of a row and of its JSON shape. The
/// first row always stays.
///
/// # Errors
/// No memory is left for the request.
pub(crate) fn bounded<T>(mut rows: Vec<T>, bytes: impl Fn(&T) -> usize) -> Result<Bounded<T>> {
    let memory = AnswerMemory::current();
    let (mut taken, mut kept) = (0_usize, 0);
    for row in &rows {
        let with = taken.saturating_add(bytes(row));
        if kept > 0 && with > memory.group_bytes() {
            break;
        }
        (taken, kept) = (with, kept + 1);
    }
    let truncated = kept < rows.len();
    rows.truncate(kept);
    Ok(Bounded { rows, truncated, _hold: memory.hold(taken)? })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_stay_and_one_at_least() {
        let within = |most: usize| {
            let bounded = AnswerMemory::default()
                .with_groups(most)
                .enter(|| bounded(vec![3, 3, 9, 1], |row| *row))
                .unwrap();
            (bounded.rows, bounded.truncated)
        };
        assert_eq!(within(16), (vec![3, 3, 9, 1], false));
        assert_eq!(within(15), (vec![3, 3, 9], true));
        assert_eq!(within(7), (vec![3, 3], true));
        assert_eq!(within(0), (vec![3], true));
        let none = AnswerMemory::default()
            .with_groups(0)
            .enter(|| bounded(Vec::<usize>::new(), |row| *row))
            .unwrap();
        assert!(none.rows.is_empty() && !none.truncated);
    }
}
