//! The data behind the page.

use std::sync::Arc;

use axum::body::Bytes;
use prometheus::Registry;
use quipu_core::Clock;
use quipu_core::locks::Mutex;

use crate::page::{Format, page};
use crate::records::{Beside, Records};
use crate::sending::Sending;
use crate::sources::Sources;

/// The families of the page, and what they are made from.
pub(crate) struct Shown {
    pub(crate) registry: Registry,
    pub(crate) records: Arc<Mutex<Records>>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) exemplars: bool,
    pub(crate) sending: Sending,
}

impl Shown {
    /// The page for a reader; `None` while unfinished readers hold too much memory.
    pub(crate) fn sent(&self, format: Format) -> Option<Bytes> {
        self.sending.page(format, || self.text(format))
    }

    pub(crate) fn text(&self, format: Format) -> String {
        let families = self.registry.gather();
        let mut beside = match format {
            Format::Text => Beside::default(),
            Format::OpenMetrics => self.records.lock().beside(),
        };
        if !self.exemplars {
            beside.forget_exemplars();
        }
        page(&families, &beside, format)
    }
}
