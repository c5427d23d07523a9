//! Digests of closed days, written by the writer thread.

use std::time::Instant;

use quipu_core::Result;

use crate::bounds::Bounds;
use crate::codec::trace_id;
use crate::digest;
use crate::folder::Day;
use crate::shared::Shared;

impl Shared {
    /// Writes missing digests of closed days, newest first, and begins none after `until`. Only the writer
    /// thread may call this, between two transactions.
    pub(crate) fn write_digests(&self, until: Instant) {
        for day in self.days.sound() {
            if Instant::now() >= until {
                return;
            }
            if digest::is_closed(&self.folder, day)
                && !digest::is_current(&self.folder, day)
                && let Err(error) = self.write_digest(day)
            {
                tracing::debug!(%day, %error, "the day has no digest, so readers open its file");
            }
        }
    }

    fn write_digest(&self, day: Day) -> Result<()> {
        digest::write(&self.folder, day, || {
            self.ask(day, |reader| {
                let bounds = Bounds::load(reader.conn)?;
                let mut look = reader.conn.prepare_cached("SELECT trace FROM traces")?;
                let mut rows = look.query([])?;
                let mut traces = Vec::new();
                while let Some(row) = rows.next()? {
                    traces.push(trace_id(row, 0)?);
                }
                Ok((bounds, traces))
            })
        })
    }
}
