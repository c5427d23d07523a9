//! Loop detection: the same tool with the same arguments, money per minute, too many turns.

use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::num::NonZeroUsize;

use compact_str::CompactString;
use lru::LruCache;
use quipu_core::{Counted, SpanId, Timestamp, TraceId, Usd};

use crate::asked::Purpose;
use crate::definition::{BudgetSet, Definition, nanos};
use crate::error::{LoopKind, Looped};
use crate::{Amount, LoopConfig, Subject};

/// Limit of watched sessions and traces, for each budget; the least recently checked ones are forgotten
/// first.
const WATCHED: usize = 4_096;
/// Limit of remembered tool runs; they deduplicate repeated records.
const RUNS: usize = 16_384;
/// Time window of money per minute.
const MINUTE: i64 = 60 * Timestamp::SECOND;

/// Owner of the work: a session or a trace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Session(CompactString),
    Trace(TraceId),
}

#[derive(Clone, Default)]
struct Track {
    /// The tool that ran last, with its arguments, and how often one after another.
    last: Option<(u64, CompactString)>,
    repeated: u64,
    turns: u64,
    spent: VecDeque<(Timestamp, i128)>,
    tripped: Option<Looped>,
}

/// State of work in progress.
pub(crate) struct Loops {
    tracks: LruCache<(CompactString, Whose), Track>,
    /// Arguments of tools by their spans, seen before they were masked; `None` once counted.
    runs: LruCache<(TraceId, SpanId), Option<u64>>,
}

impl Default for Loops {
    fn default() -> Self {
        let (mut tracks, mut runs) = (LruCache::unbounded(), LruCache::unbounded());
        tracks.resize(NonZeroUsize::new(WATCHED).unwrap_or(NonZeroUsize::MIN));
        runs.resize(NonZeroUsize::new(RUNS).unwrap_or(NonZeroUsize::MIN));
        Self { tracks, runs }
    }
}

/// A hash of a tool with its arguments: the text is not kept.
pub(crate) fn mark(tool: &str, arguments: &str) -> u64 {
    foldhash::fast::FixedState::default().hash_one((tool, arguments))
}

fn keys(subject: &Subject) -> impl Iterator<Item = Whose> {
    let session = subject.session.clone().map(Whose::Session);
    session.into_iter().chain(subject.trace_id.map(Whose::Trace))
}

impl Whose {
    fn scope(&self) -> BTreeMap<String, String> {
        let (name, value) = match self {
            Self::Session(session) => ("session", session.to_string()),
            Self::Trace(trace) => ("trace", trace.to_string()),
        };
        BTreeMap::from([(name.to_owned(), value)])
    }
}

impl Track {
    fn spend(&mut self, at: Timestamp, figure: i128) {
        self.spent.push_back((at, figure));
        let from = at.plus(-MINUTE);
        while self.spent.front().is_some_and(|(first, _)| *first <= from) {
            self.spent.pop_front();
        }
    }

    /// Whether it is a loop now; once it is, it stays one until its time is over, and all is counted anew.
    fn judge(
        &mut self,
        definition: &Definition,
        config: &LoopConfig,
        whose: &Whose,
        waiting: u64,
        now: Timestamp,
    ) -> Option<Looped> {
        match &self.tripped {
            Some(looped) if now < looped.until => return Some(looped.clone()),
            Some(_) => *self = Self::default(),
            None => {}
        }
        let (kind, count, bound) = self.over(config, waiting, now)?;
        let tool = self.last.as_ref().filter(|_| kind == LoopKind::Repeats).map(|(_, tool)| tool.to_string());
        let until = now.plus(nanos(config.reset_ms));
        let (name, scope) = (definition.name.to_string(), whose.scope());
        let looped = Looped { name, scope, kind, tool, count, bound, until };
        self.tripped = Some(looped.clone());
        Some(looped)
    }

    /// The exceeded bound: its kind, the figure, and the bound.
    fn over(&self, config: &LoopConfig, waiting: u64, now: Timestamp) -> Option<(LoopKind, Amount, Amount)> {
        if let Some(bound) = config.repeats.filter(|bound| self.repeated >= *bound) {
            return Some((LoopKind::Repeats, Amount::Calls(self.repeated), Amount::Calls(bound)));
        }
        let turns = self.turns.saturating_add(waiting);
        if let Some(bound) = config.turns.filter(|bound| turns >= *bound) {
            return Some((LoopKind::Turns, Amount::Calls(turns), Amount::Calls(bound)));
        }
        let bound = config.usd_per_minute?;
        let recent = self.spent.iter().filter(|(at, _)| *at > now.plus(-MINUTE));
        let spent = recent.fold(0, |sum: i128, (_, figure)| sum.saturating_add(*figure));
        let over = spent > bound.raw();
        over.then(|| (LoopKind::Rate, Amount::Usd(Usd::from_raw(spent)), Amount::Usd(bound)))
    }
}

impl Loops {
    /// The loop of a subject's work, if there is one. It lasts until its time is over; then all is counted
    /// anew. `waiting` is the number of admitted calls that are not counted yet; they are turns too.
    pub(crate) fn find(
        &mut self,
        definition: &Definition,
        subject: &Subject,
        waiting: u64,
        now: Timestamp,
        purpose: Purpose,
    ) -> Option<Looped> {
        let config = definition.config.r#loop.as_ref()?;
        keys(subject).find_map(|whose| {
            let key = (definition.name.clone(), whose);
            let mut looked;
            let track = match purpose {
                Purpose::Spend => self.tracks.get_or_insert_mut(key.clone(), Track::default),
                Purpose::Look => {
                    looked = self.tracks.peek(&key).cloned().unwrap_or_default();
                    &mut looked
                }
            };
            track.judge(definition, config, &key.1, waiting, now)
        })
    }

    /// Adds a counted call.
    pub(crate) fn turn(
        &mut self,
        known: &BudgetSet,
        subject: &Subject,
        call: &Counted,
        begins: bool,
        grown: i128,
    ) {
        self.each_track(known, subject, |track| {
            track.turns += u64::from(begins && call.calls > 0);
            track.spend(call.time, grown);
        });
    }

    /// Adds a tool run.
    pub(crate) fn ran(&mut self, known: &BudgetSet, subject: &Subject, tool: &str, mark: u64) {
        self.each_track(known, subject, |track| {
            let again = track.last.as_ref().is_some_and(|(last, _)| *last == mark);
            track.repeated = if again { track.repeated + 1 } else { 1 };
            track.last = Some((mark, tool.into()));
        });
    }

    fn each_track(&mut self, known: &BudgetSet, subject: &Subject, change: impl Fn(&mut Track)) {
        let watching = known.all.values().filter(|definition| definition.config.r#loop.is_some());
        for definition in watching.filter(|definition| !definition.scopes(subject).is_empty()) {
            for whose in keys(subject) {
                let key = (definition.name.clone(), whose);
                change(self.tracks.get_or_insert_mut(key, Track::default));
            }
        }
    }

    /// Remembers a tool's arguments before they are masked.
    pub(crate) fn saw(&mut self, of: (TraceId, SpanId), mark: u64) {
        if !self.runs.contains(&of) {
            self.runs.put(of, Some(mark));
        }
    }

    /// The arguments of a tool's span at its first use; else the result of `read`.
    pub(crate) fn first_run(
        &mut self,
        of: (TraceId, SpanId),
        read: impl FnOnce() -> Option<u64>,
    ) -> Option<u64> {
        if let Some(known) = self.runs.get_mut(&of) {
            return known.take();
        }
        let mark = read()?;
        self.runs.put(of, None);
        Some(mark)
    }
}
