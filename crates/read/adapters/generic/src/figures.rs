//! Usage from single figures whose keys differ only in the named figure.

use compact_str::CompactString;
use quipu_core::{Reading, Usage};

use crate::units::Unit;
use crate::words::Role;

/// A figure and its location.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub role: Role,
    pub count: u64,
    /// How clearly its key says that it counts tokens.
    pub unit: Unit,
    /// Whether reasoning tokens are not part of it.
    pub excludes_reasoning: bool,
    /// The common words of the keys of one call.
    pub stem: CompactString,
    /// Indices of the lists on the path.
    pub at: Vec<usize>,
    pub key: CompactString,
}

/// The figures of one call, or the reason why they are none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Group {
    Whole(Box<Usage>, u64),
    /// One figure, which may be the input of an embedding.
    Alone(u64),
    /// Input or output is missing.
    Piece,
    /// The figures contradict each other.
    Wrong,
}

/// Groups figures by their common words. Each group has the key and location of its first figure.
/// `other_unit` says that the span names a unit that is not tokens.
pub(crate) fn groups(figures: &[Figure], other_unit: bool) -> Vec<(Group, &Figure)> {
    let mut groups: Vec<Vec<&Figure>> = Vec::new();
    for figure in figures {
        let same = |group: &&mut Vec<&Figure>| group[0].stem == figure.stem && group[0].at == figure.at;
        match groups.iter_mut().find(same) {
            Some(group) => group.push(figure),
            None => groups.push(vec![figure]),
        }
    }
    groups
        .iter()
        .filter(|group| says_tokens(group, other_unit))
        .map(|group| (whole(group), group[0]))
        .collect()
}

/// Whether figures are tokens: a key says so, or they add up to their total.
fn says_tokens(group: &[&Figure], other_unit: bool) -> bool {
    let of = |role: Role| group.iter().find(|figure| figure.role == role).map(|figure| figure.count);
    let adds_up =
        || of(Role::Input)?.checked_add(of(Role::Output)?).filter(|sum| Some(*sum) == of(Role::Total));
    match group.iter().map(|figure| figure.unit).max() {
        Some(Unit::Tokens) => true,
        Some(Unit::Likely) => !other_unit,
        _ => !other_unit && adds_up().is_some_and(|sum| sum > 0),
    }
}

fn whole(group: &[&Figure]) -> Group {
    let mut told = GroupFigures::default();
    for figure in group {
        let slot = told.slot(figure.role);
        if slot.is_some_and(|count| count != figure.count) {
            return Group::Wrong;
        }
        *slot = Some(figure.count);
        told.excludes_reasoning |= figure.excludes_reasoning;
    }
    told.add_uncached();
    match (told.input, told.output) {
        (Some(input), Some(output)) => told.usage(input, output),
        (Some(input), None) if told.total == Some(input) => told.usage(input, 0),
        _ => told.alone().map_or(Group::Piece, Group::Alone),
    }
}

/// The figures of a group by bucket.
#[derive(Default)]
struct GroupFigures {
    input: Option<u64>,
    uncached: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    reasoning: Option<u64>,
    /// Whether reasoning tokens are not part of the output.
    excludes_reasoning: bool,
}

impl GroupFigures {
    fn slot(&mut self, role: Role) -> &mut Option<u64> {
        match role {
            Role::Input => &mut self.input,
            Role::Uncached => &mut self.uncached,
            Role::Output => &mut self.output,
            Role::Total => &mut self.total,
            Role::CacheRead => &mut self.cache_read,
            Role::CacheWrite => &mut self.cache_write,
            Role::Reasoning => &mut self.reasoning,
        }
    }

    /// Takes the input as the sum of its parts, if only these are known.
    fn add_uncached(&mut self) {
        let cached = self.cache_read.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        let whole = || self.uncached.map(|rest| rest.saturating_add(cached));
        self.input = self.input.or_else(whole);
    }

    /// The only figure, if it is input or a total.
    fn alone(&self) -> Option<u64> {
        let others = [self.output, self.cache_read, self.cache_write, self.reasoning];
        let is_alone = others.iter().all(Option::is_none);
        match (self.input, self.total) {
            (Some(count), None) | (None, Some(count)) if is_alone => Some(count),
            _ => None,
        }
    }

    /// The usage, if the buckets fit into the totals in exactly one way.
    fn usage(&self, input: u64, output: u64) -> Group {
        let cached = self.cache_read.unwrap_or(0) + self.cache_write.unwrap_or(0);
        let reasoning = self.reasoning.unwrap_or(0);
        let sum = input + output;
        let (reading, on_top) = match self.total {
            // The parts tell the whole.
            None if self.uncached.is_some_and(|rest| rest.checked_add(cached) == Some(input)) => {
                (Reading::ProvenInclusive, 0)
            }
            _ if cached == 0 && reasoning == 0 => (Reading::Inferred, 0),
            Some(total) if total == sum => {
                (if cached > 0 { Reading::ProvenInclusive } else { Reading::Inferred }, 0)
            }
            Some(total) if cached != reasoning && total == sum + cached => (Reading::ProvenExclusive, 0),
            Some(total) if cached != reasoning && total == sum + reasoning => (Reading::Inferred, reasoning),
            Some(total) if total == sum + cached + reasoning => (Reading::ProvenExclusive, reasoning),
            Some(_) => return Group::Wrong,
            None => {
                let on_top = if self.excludes_reasoning { reasoning } else { 0 };
                (if cached > input { Reading::ProvenExclusive } else { Reading::Inferred }, on_top)
            }
        };
        let whole = if reading == Reading::ProvenExclusive { input + cached } else { input };
        let output = output + on_top;
        let adds_up = self.total.is_none_or(|total| total == whole + output);
        if !adds_up || cached > whole || reasoning > output {
            return Group::Wrong;
        }
        let usage = Usage {
            input: Some(whole),
            // A usage without output is that of an embedding.
            output: self.output.map(|_| output),
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            reasoning: self.reasoning,
            reading,
            ..Usage::default()
        };
        Group::Whole(Box::new(usage), input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(told: &[(Role, u64)]) -> Group {
        let figures: Vec<Figure> = told
            .iter()
            .map(|(role, count)| Figure {
                role: *role,
                count: *count,
                unit: Unit::Tokens,
                excludes_reasoning: false,
                stem: CompactString::default(),
                at: Vec::new(),
                key: CompactString::default(),
            })
            .collect();
        groups(&figures, false)[0].0.clone()
    }

    fn totals(told: &[(Role, u64)]) -> Option<(u64, u64, Reading)> {
        match group(told) {
            Group::Whole(usage, _) => Some((usage.input?, usage.output?, usage.reading)),
            _ => None,
        }
    }

    #[test]
    fn the_total_decides() {
        use Role::{CacheRead, Input, Output, Reasoning, Total};
        let whole = |extra: &[(Role, u64)]| {
            let mut told = vec![(Input, 100), (Output, 20)];
            told.extend_from_slice(extra);
            totals(&told)
        };
        assert_eq!(whole(&[]), Some((100, 20, Reading::Inferred)));
        assert_eq!(whole(&[(CacheRead, 60), (Total, 120)]), Some((100, 20, Reading::ProvenInclusive)));
        assert_eq!(whole(&[(CacheRead, 60), (Total, 180)]), Some((160, 20, Reading::ProvenExclusive)));
        let parts = [(Role::Uncached, 40), (CacheRead, 60), (Output, 20)];
        assert_eq!(totals(&parts), Some((100, 20, Reading::ProvenInclusive)));
        assert_eq!(whole(&[(CacheRead, 160)]), Some((260, 20, Reading::ProvenExclusive)));
        assert_eq!(whole(&[(Reasoning, 50), (Total, 170)]), Some((100, 70, Reading::Inferred)));
        assert_eq!(
            whole(&[(CacheRead, 60), (Reasoning, 50), (Total, 230)]),
            Some((160, 70, Reading::ProvenExclusive))
        );
    }

    #[test]
    fn contradictions_are_no_usage() {
        use Role::{CacheRead, Input, Output, Reasoning, Total};
        for wrong in [
            &[(Input, 100), (Output, 20), (Total, 121)][..],
            &[(Input, 100), (Input, 101), (Output, 20)],
            &[(Input, 100), (Output, 20), (Reasoning, 30)],
            &[(Input, 100), (Output, 20), (CacheRead, 60), (Reasoning, 60), (Total, 180)],
        ] {
            assert_eq!(group(wrong), Group::Wrong, "{wrong:?}");
        }
        assert_eq!(group(&[(Input, 100), (Total, 120)]), Group::Piece);
        assert_eq!(group(&[(Output, 20)]), Group::Piece);
        assert_eq!((group(&[(Input, 9)]), group(&[(Total, 9)])), (Group::Alone(9), Group::Alone(9)));
    }
}
