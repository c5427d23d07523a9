//! Merging of pages that are each in the same order.

/// A page of one shard: its rows, and whether there are more.
pub(crate) struct Part<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) more: bool,
}

/// Merges pages into one of at most `limit` rows, and returns whether there are more. Rows behind the end of
/// an unfinished page are left out, because that shard may have earlier ones.
pub(crate) fn merged<T, K: Ord>(
    parts: impl IntoIterator<Item = Part<T>>,
    limit: usize,
    key: impl Fn(&T) -> K,
) -> (Vec<T>, bool) {
    let (mut rows, mut more, mut bound) = (Vec::new(), false, None);
    for part in parts {
        if part.more {
            more = true;
            let end = part.rows.last().map(&key);
            bound = match (bound, end) {
                (Some(bound), Some(end)) => Some(std::cmp::min::<K>(bound, end)),
                (bound, end) => bound.or(end),
            };
        }
        rows.extend(part.rows);
    }
    rows.sort_by_cached_key(&key);
    let fit = rows.partition_point(|row| bound.as_ref().is_none_or(|bound| key(row) <= *bound));
    let page = fit.min(limit.max(1));
    more |= page < rows.len();
    rows.truncate(page);
    (rows, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_behind_an_unfinished_page_wait_for_the_next_one() {
        let part = |rows: &[u32], more| Part { rows: rows.to_vec(), more };
        let of = |parts, limit| merged::<u32, u32>(parts, limit, |row| *row);
        assert_eq!(of(vec![part(&[1, 4], true), part(&[2, 5, 9], false)], 9), (vec![1, 2, 4], true));
        assert_eq!(of(vec![part(&[1, 4], false), part(&[2], false)], 9), (vec![1, 2, 4], false));
        assert_eq!(of(vec![part(&[1, 4], false), part(&[2], false)], 2), (vec![1, 2], true));
        assert_eq!(of(vec![part(&[3, 7], true), part(&[], false)], 1), (vec![3], true));
    }
}
