//! Counts of findings by kind.

/// Counts by the number of a kind.
#[derive(Debug, Default)]
pub(super) struct FindingCounts(Vec<(usize, u64)>);

impl FindingCounts {
    pub fn add(&mut self, kind: usize, times: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += times,
            None => self.0.push((kind, times)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.0.iter().copied()
    }

    pub fn append(&mut self, other: &Self) {
        other.iter().for_each(|(kind, times)| self.add(kind, times));
    }
}
