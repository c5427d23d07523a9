//! A batch offered to all exporters, encoded for their spools once at most.

use std::cell::OnceCell;
use std::sync::Arc;

use quipu_core::{Batch, Result};

use super::frame::Packed;

pub(crate) struct Offered {
    batch: Arc<Batch>,
    packed: OnceCell<Result<Packed>>,
}

impl Offered {
    pub fn new(batch: Arc<Batch>) -> Self {
        Self { batch, packed: OnceCell::new() }
    }

    pub const fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    pub fn packed(&self) -> &Result<Packed> {
        self.packed.get_or_init(|| Packed::of(&*self.batch))
    }
}
