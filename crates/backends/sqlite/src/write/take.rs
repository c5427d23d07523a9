//! Access of the writer thread to a day's file: opened, created, or created again next to a damaged one.

use crate::fault;
use crate::folder::{Day, Part};
use crate::listed;
use crate::shared::Proof;
use crate::write::day::DayFile;
use crate::write::writer::Writer;

impl Writer {
    /// The day's file. A missing file is created for an initial number of records.
    pub(super) fn take_file(&mut self, day: Day, records: usize) -> fault::Result<DayFile> {
        self.look_for_file(day)?;
        if self.is_damaged(day)? {
            // New records need a file. The damaged one is kept for a repair.
            self.files.pop(&day);
            self.shared.readers.forget(day, None);
            if !self.shared.folder.file(Part::Data, day).exists() {
                self.planner.lose(day)?;
            }
            let aside = self.shared.folder.set_aside(day)?;
            tracing::error!(%day, file = %aside.display(), "a damaged day is set aside and a new file is \
                created");
            self.shared.days.remove(day);
        }
        match self.files.pop(&day) {
            Some(file) => Ok(file),
            None => DayFile::open(&self.shared, day, records),
        }
    }

    /// Whether the file of a day is damaged. A file that was unreadable when the store was opened is checked
    /// again first.
    fn is_damaged(&self, day: Day) -> fault::Result<bool> {
        let Some(state) = self.shared.days.get(day).filter(|state| state.damage().is_some()) else {
            return Ok(false);
        };
        if !state.is_unread() {
            return Ok(true);
        }
        match self.shared.prove(day) {
            Proof::Sound => state.is_sound(),
            Proof::Damaged(found) => state.quarantine(found),
            Proof::Unread(error) => return Err(error.into()),
        }
        Ok(state.damage().is_some())
    }

    /// Detects that the file of a day was removed, emptied or replaced, before it is written or created.
    fn look_for_file(&self, day: Day) -> fault::Result<()> {
        let shared = &self.shared;
        if shared.days.get(day).is_some_and(|state| state.damage().is_some()) {
            return Ok(());
        }
        let why = match (self.files.peek(&day), listed::why_missing(&shared.folder, day)) {
            (Some(file), None) if file.is_in_place(shared) => return Ok(()),
            (Some(_), None) => "another file replaced the open one",
            (Some(_), Some(why)) => why,
            (None, Some(why)) if self.planner.has_listed(day)? => why,
            (None, _) => return Ok(()),
        };
        shared.leave_out(day, why);
        Ok(())
    }
}
