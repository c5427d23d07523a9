//! Groups under construction, and their answer.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::iter::Peekable;

use compact_str::CompactString;
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

/// Key, start of the step, figures.
pub(super) type Row = (Key, Option<Timestamp>, Figures);

/// Groups in the making.
pub(super) struct Table {
    keys: Vec<CompactString>,
    /// One row or more for each group and step. A tree by group and step would need a node of eleven entries
    /// for each group.
    rows: Vec<Row>,
    total: Steps,
    truncated: bool,
    hold: MemoryHold,
}

impl Table {
    pub(super) fn new(keys: Vec<CompactString>) -> Result<Self> {
        let hold = AnswerMemory::current().hold(0)?;
        Ok(Self { keys, rows: Vec::new(), total: Steps::new(), truncated: false, hold })
    }

    pub(super) fn set_keys(&mut self, keys: Vec<CompactString>) {
        self.keys = keys;
    }

    /// Adds to the groups, and to the total where these are all of it.
    pub(super) fn take(&mut self, groups: Rows, and_total: bool) -> Result<()> {
        self.truncated |= groups.truncated;
        if and_total {
            groups.rows.iter().for_each(|(_, at, figures)| self.add_total(*at, figures));
        }
        self.hold.append(groups.hold);
        if self.rows.is_empty() {
            self.rows = groups.rows;
            return Ok(());
        }
        self.hold.grow(groups.rows.len() * size_of::<Row>())?;
        self.rows.reserve_exact(groups.rows.len());
        self.rows.extend(groups.rows);
        Ok(())
    }

    pub(super) fn add_group(&mut self, key: Key, at: Option<Timestamp>, figures: &Figures) -> Result<()> {
        self.hold.grow(2 * size_of::<Row>() + bytes_of(&key))?;
        self.rows.push((key, at, figures.clone()));
        Ok(())
    }

    pub(super) fn add_total(&mut self, at: Option<Timestamp>, figures: &Figures) {
        put(&mut self.total, at, figures);
    }

    pub(super) fn answer(mut self, ask: &FigureAsk, times: &Times) -> Answer {
        let grouped = !self.keys.is_empty();
        let rows = if grouped { std::mem::take(&mut self.rows) } else { Vec::new() };
        let (mut groups, all) = first_of(rows, ask);
        let total = total_of(self.total);
        if !grouped {
            groups.push(total.clone());
        }
        Answer {
            since: times.since,
            until: times.until,
            step: times.step,
            keys: self.keys,
            left_out: all.saturating_sub(ask.top),
            groups,
            total,
            truncated: self.truncated,
        }
    }
}

/// Bytes of a key on the heap.
fn bytes_of(key: &Key) -> usize {
    size_of_val(key.as_slice()) + key.iter().flatten().map(|name| name.len()).sum::<usize>()
}

/// The first groups in the requested order, and the number of all groups.
fn first_of(mut rows: Vec<Row>, ask: &FigureAsk) -> (Vec<Group>, usize) {
    rows.sort_by(|(one, from, _), (other, to, _)| (one, from).cmp(&(other, to)));
    let (mut groups, mut all) = (Vec::<Group>::new(), 0);
    // The list never has more than twice the requested groups: each group left out is dropped soon.
    let most = ask.top.saturating_mul(2).max(64);
    let mut rows = rows.into_iter().peekable();
    while let Some(row) = rows.next() {
        groups.push(group_of(row, &mut rows));
        all += 1;
        if groups.len() >= most {
            cut(&mut groups, ask);
        }
    }
    cut(&mut groups, ask);
    (groups, all)
}

/// The group of this row and of all next rows with its key. A group without own totals gets those of all
/// steps together.
fn group_of((key, at, figures): Row, rows: &mut Peekable<impl Iterator<Item = Row>>) -> Group {
    let mut group = Group { key, ..Group::default() };
    let mut whole: Option<Figures> = None;
    let mut add = |group: &mut Group, at: Option<Timestamp>, figures: Figures| match (at, &mut whole) {
        (None, Some(whole)) => whole.merge(&figures),
        (None, none) => *none = Some(figures),
        (Some(at), _) => match group.points.last_mut() {
            Some((last, of_step)) if *last == at => of_step.merge(&figures),
            _ => group.points.push((at, figures)),
        },
    };
    add(&mut group, at, figures);
    while let Some((_, at, figures)) = rows.next_if(|(key, ..)| *key == group.key) {
        add(&mut group, at, figures);
    }
    group.figures = whole.unwrap_or_else(|| sum_of(group.points.iter().map(|(_, figures)| figures)));
    group
}

/// Values of a metric do not add up.
fn sum_of<'f>(all: impl Iterator<Item = &'f Figures>) -> Figures {
    let mut sum = Figures::default();
    all.for_each(|figures| sum.merge(figures));
    sum
}

/// Sorts groups and drops those beyond the requested number.
fn cut(groups: &mut Vec<Group>, ask: &FigureAsk) {
    groups.sort_by(|one, other| {
        let by_rank = rank(ask.rank, &other.figures).total_cmp(&rank(ask.rank, &one.figures));
        by_rank.then_with(|| named(&one.key).cmp(&named(&other.key)))
    });
    groups.truncate(ask.top);
}

fn put(steps: &mut Steps, at: Option<Timestamp>, figures: &Figures) {
    match steps.entry(at) {
        std::collections::btree_map::Entry::Occupied(mut have) => have.get_mut().merge(figures),
        std::collections::btree_map::Entry::Vacant(none) => {
            none.insert(figures.clone());
        }
    }
}

/// The total of all groups, by the same rule as a group.
fn total_of(mut steps: Steps) -> Group {
    let figures = steps.remove(&None).unwrap_or_else(|| sum_of(steps.values()));
    let points = steps.into_iter().filter_map(|(at, figures)| Some((at?, figures))).collect();
    Group { key: Vec::new(), figures, points }
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
