//! Pages of rows in storage order: days newest first, the rows of a day until the page is full.

use quipu_core::{AnswerMemory, MemoryHold, Result, ScanCursor, TraceId};

use crate::folder::Day;
use crate::shared::Shared;

/// Remaining capacity of a page, with the memory of the rows that it has.
pub(super) struct Room {
    rows: usize,
    bytes: usize,
    hold: MemoryHold,
}

impl Room {
    /// An empty page of at least one row.
    pub(super) fn of(limit: usize) -> Result<Self> {
        let memory = AnswerMemory::current();
        Ok(Self { rows: limit.max(1), bytes: memory.page_bytes(), hold: memory.hold(0)? })
    }

    /// Maximum number of further rows.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) const fn is_full(&self) -> bool {
        self.rows == 0 || self.bytes == 0
    }

    /// Takes the place of a row.
    pub(super) fn take(&mut self, bytes: usize) -> Result<()> {
        self.hold.grow(bytes)?;
        self.rows = self.rows.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        Ok(())
    }
}

/// Keeps the days that may hold the trace and that the cursor has not passed.
pub(super) fn keep_days<D>(
    shared: &Shared,
    days: &mut Vec<D>,
    day_of: impl Fn(&D) -> Day,
    trace: Option<TraceId>,
    cursor: Option<ScanCursor>,
) -> Result<()> {
    if let Some(trace) = trace {
        let held = shared.days_that_may_hold(trace)?;
        days.retain(|day| held.contains(&day_of(day)));
    }
    if let Some(cursor) = cursor {
        days.retain(|day| day_of(day).0 <= cursor.day);
    }
    Ok(())
}
