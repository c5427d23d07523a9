//! Pages of ordered rows.

use quipu_core::AnswerMemory;

/// Takes one page of ordered rows; also returns whether there are more.
pub(crate) fn page<T>(rows: impl Iterator<Item = T>, limit: usize) -> (Vec<T>, bool) {
    let limit = limit.max(1);
    let mut rows: Vec<T> = rows.take(limit.saturating_add(1)).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}

/// The same; the page ends early once its rows take more bytes than the current request allows for a page.
pub(crate) fn page_of<T>(
    rows: impl Iterator<Item = T>,
    limit: usize,
    bytes: impl Fn(&T) -> usize,
) -> (Vec<T>, bool) {
    let most = AnswerMemory::current().page_bytes();
    let (mut rows, mut more) = page(rows, limit);
    let mut all = 0_usize;
    let mut fits = |row: &T| {
        let before = all;
        all = all.saturating_add(bytes(row));
        before < most
    };
    let fit = rows.iter().map_while(|row| Some(row).filter(|row| fits(row))).count();
    more |= fit < rows.len();
    rows.truncate(fit);
    (rows, more)
}
