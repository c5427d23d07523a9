//! Changes of shares: between versions of a source, and within a version from day to day.

use std::collections::{BTreeMap, HashMap};

use compact_str::CompactString;
use quipu_core::{Kind, Signal, Timestamp};

use crate::counts::{Shape, Tally};
use crate::field::{ERROR_TYPE, FIELDS, KIND, is_by_model};
use crate::known::SourceVersion;
use crate::rule::{Count, Day, Step, Verdict, compare};

/// Maximum number of compared days before a change.
const DAYS_BEFORE: usize = 14;
/// Maximum number of compared days after a change.
const DAYS_AFTER: usize = 7;

/// A field whose share of spans changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Name of the source.
    pub source: CompactString,
    /// Its version since the change.
    pub version: CompactString,
    /// Its version before; the same if the change is within a version.
    pub version_before: CompactString,
    /// Kind of the spans; `None` if the kind itself changed.
    pub kind: Option<Kind>,
    /// Name of the field.
    pub field: &'static str,
    /// First span of the version, or start of the day of the change.
    pub since: Timestamp,
    /// Share of spans with the field before the change, 0 to 1.
    pub share_before: f64,
    /// Share of spans with the field since the change, 0 to 1.
    pub share_after: f64,
    /// Number of compared spans before the change.
    pub spans_before: u64,
    /// Number of compared spans since the change.
    pub spans_after: u64,
}

/// Key of the spans that are judged together.
type Group = (Option<Kind>, Signal, bool);
/// Key of the spans of a group that are compared only with each other.
type Stratum<'k> = (&'k str, &'k str, Option<bool>);
/// The tallies of a version by group and day.
type Table = BTreeMap<Group, BTreeMap<i32, BTreeMap<usize, Tally>>>;

/// A version of a source with its tallies.
struct Version<'k> {
    name: &'k CompactString,
    first_seen: Timestamp,
    table: Table,
}

/// The properties that separate spans when a field is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Apart {
    Models,
    Kinds,
    Nothing,
}

impl Apart {
    const ALL: [Self; 3] = [Self::Models, Self::Kinds, Self::Nothing];

    fn of(field: usize) -> Self {
        match field {
            KIND => Self::Nothing,
            field if is_by_model(field) => Self::Models,
            _ => Self::Kinds,
        }
    }

    fn group(self, shape: &Shape) -> Group {
        ((self != Self::Nothing).then_some(shape.kind), shape.signal, shape.failed)
    }

    fn stratum(self, shape: &Shape) -> Stratum<'_> {
        match self {
            Self::Models => (&shape.service, &shape.model, shape.stream),
            Self::Kinds => (&shape.service, "", shape.stream),
            Self::Nothing => (&shape.service, "", None),
        }
    }
}

/// The changes of a source, over all its versions.
pub(crate) fn of(source: &CompactString, versions: &[(&CompactString, &SourceVersion)]) -> Vec<Change> {
    let mut found = Vec::new();
    for apart in Apart::ALL {
        let mut strata = HashMap::new();
        let mut tables: Vec<Version<'_>> = versions
            .iter()
            .map(|(name, known)| Version {
                name,
                first_seen: known.first_seen,
                table: table(known, apart, &mut strata),
            })
            .collect();
        sort(&mut tables);
        for field in (0..FIELDS.len()).filter(|field| Apart::of(*field) == apart) {
            for (at, version) in tables.iter().enumerate() {
                for group in version.table.keys().filter(|(_, _, failed)| *failed == (field == ERROR_TYPE)) {
                    let looked = Looked { source, field, group };
                    found.extend(looked.between(&tables[..at], version));
                    found.extend(looked.within(version));
                }
            }
        }
    }
    found
}

fn table<'k>(known: &'k SourceVersion, apart: Apart, strata: &mut HashMap<Stratum<'k>, usize>) -> Table {
    let mut table = Table::new();
    for ((day, shape), tally) in &known.tallies {
        let next = strata.len();
        let stratum = *strata.entry(apart.stratum(shape)).or_insert(next);
        let days = table.entry(apart.group(shape)).or_default();
        days.entry(*day).or_default().entry(stratum).or_default().add(tally);
    }
    table
}

/// Sorts by version number if every version begins with a number, otherwise by the first span.
fn sort(versions: &mut [Version<'_>]) {
    let numbers = |name: &str| -> Vec<u64> {
        let parts = name.trim_start_matches('v').split(['.', '-', '+', '_']);
        parts.map_while(|part| part.parse().ok()).collect()
    };
    if versions.iter().all(|version| !numbers(version.name).is_empty()) {
        versions.sort_by_cached_key(|version| (numbers(version.name), version.first_seen));
    } else {
        versions.sort_by_key(|version| version.first_seen);
    }
}

/// A field of the spans of one group.
struct Looked<'l> {
    source: &'l CompactString,
    field: usize,
    group: &'l Group,
}

impl Looked<'_> {
    fn days(&self, version: &Version<'_>) -> Vec<(i32, Day)> {
        let count = |tally: &Tally| Count { spans: tally.spans, with: u64::from(tally.with[self.field]) };
        let day =
            |strata: &BTreeMap<usize, Tally>| strata.iter().map(|(at, tally)| (*at, count(tally))).collect();
        let days = version.table.get(self.group).into_iter().flatten();
        days.map(|(at, strata)| (*at, day(strata))).collect()
    }

    /// The change since the latest comparable earlier version.
    fn between(&self, earlier: &[Version<'_>], version: &Version<'_>) -> Option<Change> {
        let after = bare(self.days(version));
        for before in earlier.iter().rev() {
            let days = bare(self.days(before));
            let last = &days[days.len().saturating_sub(DAYS_BEFORE)..];
            match self.step(last, &after) {
                Verdict::TooFew => {}
                Verdict::Same => return None,
                Verdict::Changed(step) => {
                    return Some(self.change(before, version, version.first_seen, step));
                }
            }
        }
        None
    }

    /// The changes within a version. Each is compared with the days since the previous change.
    fn within(&self, version: &Version<'_>) -> Vec<Change> {
        let (numbers, days): (Vec<i32>, Vec<Day>) = self.days(version).into_iter().unzip();
        let (mut found, mut begin) = (Vec::new(), 0);
        for at in 1..days.len() {
            let before = &days[begin.max(at.saturating_sub(DAYS_BEFORE))..at];
            if let Verdict::Changed(step) = self.step(before, &days[at..]) {
                let since = Timestamp::from_nanos(i64::from(numbers[at]) * Timestamp::DAY);
                found.push(self.change(version, version, since, step));
                begin = at;
            }
        }
        found
    }

    /// Compares `before` with the first week of `after`. If that shows no change, fewer days are compared,
    /// because the share may change again within the week.
    fn step(&self, before: &[Day], after: &[Day]) -> Verdict {
        let presence = FIELDS[self.field].presence;
        let most = after.len().min(DAYS_AFTER);
        let whole = compare(before, &after[..most], presence);
        if whole != Verdict::Same {
            return whole;
        }
        let fewer = (1..most).rev().map(|days| compare(before, &after[..days], presence));
        fewer.into_iter().find(|verdict| matches!(verdict, Verdict::Changed(_))).unwrap_or(whole)
    }

    fn change(&self, before: &Version<'_>, version: &Version<'_>, since: Timestamp, step: Step) -> Change {
        Change {
            source: self.source.clone(),
            version: version.name.clone(),
            version_before: before.name.clone(),
            kind: self.group.0,
            field: FIELDS[self.field].name,
            since,
            share_before: step.shares.0,
            share_after: step.shares.1,
            spans_before: step.spans.0,
            spans_after: step.spans.1,
        }
    }
}

fn bare(days: Vec<(i32, Day)>) -> Vec<Day> {
    days.into_iter().map(|(_, day)| day).collect()
}
