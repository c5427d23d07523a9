//! Groups under construction, and their answer.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use foldhash::HashMap;
use quipu_core::{AnswerMemory, MemoryHold, Result, Timestamp};
use quipu_query::{FigureAsk, Rank};

use super::times::Times;
use super::{Figures, Rows};

/// One name for each key; `None` if the records have none.
pub(super) type Key = Vec<Option<CompactString>>;
/// Figures by step; `None` for figures without a step.
type Steps = BTreeMap<Option<Timestamp>, Figures>;

/// One group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// One name for each key of the answer; `None` if the records have none.
    pub key: Vec<Option<CompactString>>,
    /// Figures of the whole time.
    pub figures: Figures,
    /// Start and figures of every step that has any, in order.
    pub points: Vec<(Timestamp, Figures)>,
}

/// Figures by group and over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Start of the time; `None` for all that is stored.
    pub since: Option<Timestamp>,
    /// Its end.
    pub until: Timestamp,
    /// Nanoseconds of a step; `None` when there are no points.
    pub step: Option<i64>,
    /// Words of the keys.
    pub keys: Vec<CompactString>,
    /// The first groups in the requested order.
    pub groups: Vec<Group>,
    /// Over all groups, those that are left out too.
    pub total: Group,
    /// Groups beyond those, as far as the store gave them.
    pub left_out: usize,
    /// The store left groups out because all of them would have taken too much memory.
    pub truncated: bool,
}

/// Groups in the making.
pub(super) struct Table {
    keys: Vec<CompactString>,
    groups: HashMap<Key, Steps>,
    total: Steps,
    truncated: bool,
    hold: MemoryHold,
}

/// Memory of a group's figures with its key and its place in the table.
const ROW: usize = size_of::<Figures>() + 256;

impl Table {
    pub(super) fn new(keys: Vec<CompactString>) -> Self {
        Self {
            keys,
            groups: HashMap::default(),
            total: Steps::new(),
            truncated: false,
            hold: MemoryHold::default(),
        }
    }

    pub(super) fn set_keys(&mut self, keys: Vec<CompactString>) {
        self.keys = keys;
    }

    /// Adds to the groups, and to the total where these are all of it.
    pub(super) fn take(&mut self, groups: Rows, and_total: bool) -> Result<()> {
        self.truncated |= groups.truncated;
        let bytes = self.hold.bytes() + groups.rows.len() * ROW;
        self.hold = AnswerMemory::current().hold(bytes)?;
        for (key, at, figures) in groups.rows {
            if and_total {
                self.add_total(at, &figures);
            }
            self.add_group(key, at, &figures);
        }
        Ok(())
    }

    pub(super) fn add_group(&mut self, key: Key, at: Option<Timestamp>, figures: &Figures) {
        put(self.groups.entry(key).or_default(), at, figures);
    }

    pub(super) fn add_total(&mut self, at: Option<Timestamp>, figures: &Figures) {
        put(&mut self.total, at, figures);
    }

    pub(super) fn answer(self, ask: &FigureAsk, times: &Times) -> Answer {
        let grouped = !self.keys.is_empty();
        let total = group(Vec::new(), self.total);
        let mut groups: Vec<Group> = if grouped {
            self.groups.into_iter().map(|(key, steps)| group(key, steps)).collect()
        } else {
            Vec::new()
        };
        groups.sort_by(|one, other| {
            let by_rank = rank(ask.rank, &other.figures).total_cmp(&rank(ask.rank, &one.figures));
            by_rank.then_with(|| named(&one.key).cmp(&named(&other.key)))
        });
        let left_out = groups.len().saturating_sub(ask.top);
        groups.truncate(ask.top);
        if !grouped {
            groups.push(total.clone());
        }
        Answer {
            since: times.since,
            until: times.until,
            step: times.step,
            keys: self.keys,
            groups,
            total,
            left_out,
            truncated: self.truncated,
        }
    }
}

fn put(steps: &mut Steps, at: Option<Timestamp>, figures: &Figures) {
    match steps.entry(at) {
        std::collections::btree_map::Entry::Occupied(mut have) => have.get_mut().merge(figures),
        std::collections::btree_map::Entry::Vacant(none) => {
            none.insert(figures.clone());
        }
    }
}

/// A group without own totals gets those of all steps together: values of a metric, which do not add up.
fn group(key: Key, mut steps: Steps) -> Group {
    let figures = steps.remove(&None).unwrap_or_else(|| {
        let mut figures = Figures::default();
        steps.values().for_each(|of_step| figures.merge(of_step));
        figures
    });
    let points = steps.into_iter().filter_map(|(at, figures)| Some((at?, figures))).collect();
    Group { key, figures, points }
}

/// Those without a name come last among equals.
fn named(key: &Key) -> Vec<(Reverse<bool>, Option<&CompactString>)> {
    key.iter().map(|name| (Reverse(name.is_some()), name.as_ref())).collect()
}

fn rank(rank: Rank, figures: &Figures) -> f64 {
    match rank {
        Rank::Count => figures.count as f64,
        Rank::Errors => figures.errors as f64,
        Rank::Latency => figures.latency.quantile(0.95).unwrap_or(-1.0),
        Rank::Tokens => figures.tokens.map_or(-1.0, |tokens| tokens.total() as f64),
        Rank::Cost => figures.cost.map_or(-1.0, |cost| cost.raw() as f64),
        Rank::Value => figures.value.unwrap_or(f64::NEG_INFINITY),
    }
}
