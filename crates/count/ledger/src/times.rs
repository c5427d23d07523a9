//! Comparison of the times of two records.

use quipu_core::{Cost, Node, Signal};

/// Maximum distance between both ends of two records of one run, in nanoseconds, if handlers ran one after
/// the other.
const HANDLERS: i64 = 5_000_000;
/// Longest delay between two handlers on a busy machine, in nanoseconds.
const BUSY: i64 = 100_000_000;
/// Longest time from the end of a call to the log record of it, in nanoseconds.
const LOGGED: i64 = 1_000_000_000;
/// Share of the shorter of two runs that the longer one covers, in percent.
const MOST: i64 = 80;

/// Whether one of two records is a log record that a program wrote soon after the call of the other.
pub(crate) fn is_logged(one: &Cost, other: &Cost) -> bool {
    let is_log = |row: &Cost| row.signal != Signal::Span;
    let (log, call) = if is_log(one) { (one, other) } else { (other, one) };
    let [begins, ends] = Stretch::of_row(log).ends_from(Stretch::of_row(call));
    is_log(one) != is_log(other) && begins >= -HANDLERS && (-HANDLERS..=LOGGED).contains(&ends)
}

/// The time of a record in nanoseconds, its end included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    from: i64,
    until: i64,
}

impl Stretch {
    /// The time of a ledger row; a running one ends at its start.
    pub fn of_row(row: &Cost) -> Self {
        let from = row.time.nanos();
        Self { from, until: from.saturating_add(row.duration.unwrap_or(0)) }
    }

    /// The time of a span; `None` while it runs.
    pub fn of_node(node: &Node) -> Option<Self> {
        Some(Self { from: node.start.nanos(), until: node.start.plus(node.duration?).nanos() })
    }

    const fn length(self) -> i64 {
        self.until.saturating_sub(self.from)
    }

    /// Overlap in nanoseconds; negative if they are apart.
    pub fn common(self, other: Self) -> i64 {
        self.until.min(other.until).saturating_sub(self.from.max(other.from))
    }

    /// Whether two records of a tool run are of one run by their common time. One covers most of the other,
    /// or one handler was called after the other at the start and at the end. On a busy machine either delay
    /// can be longer than a short run.
    pub fn is_one_run(self, other: Self) -> bool {
        let common = self.common(other);
        let shorter = self.length().min(other.length());
        (shorter == 0 && common >= 0)
            || (common > 0 && common.saturating_mul(100) >= shorter.saturating_mul(MOST))
            || self.is_shifted(other)
    }

    /// Whether one begins and ends after the other, but both at once for some time. The handlers of a second
    /// instrumentation run second at both ends.
    pub fn is_shifted(self, other: Self) -> bool {
        let [starts, ends] = self.ends_from(other);
        self.common(other) > 0 && starts.signum() == ends.signum() && self.is_within(BUSY, other)
    }

    /// Whether two runs start and end together, even if the first ends before the second starts.
    pub fn is_at_once(self, other: Self) -> bool {
        self.is_within(HANDLERS, other)
    }

    /// Nanoseconds by which both ends are later than those of another.
    const fn ends_from(self, other: Self) -> [i64; 2] {
        [self.from.saturating_sub(other.from), self.until.saturating_sub(other.until)]
    }

    fn is_within(self, limit: i64, other: Self) -> bool {
        self.ends_from(other).iter().all(|by| by.saturating_abs() <= limit)
    }
}
