//! Thread-local state: context, lanes, reusable memory, and id generator.

use std::cell::RefCell;

use crate::at::At;
use crate::ids::Ids;
use crate::lane::Lane;
use crate::open::Open;
use crate::recorder::Recorder;

/// Most record buffers that a thread keeps.
const KEPT: usize = 64;
/// Most bytes of a kept buffer.
const KEPT_BYTES: usize = 64 << 10;

pub(crate) struct Local {
    pub current: RefCell<At>,
    lanes: RefCell<Vec<Lane>>,
    #[expect(clippy::vec_box, reason = "guards hold boxes, so they are cheap to move")]
    pool: RefCell<Vec<Box<Open>>>,
    pub ids: Ids,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            current: RefCell::new(At::NOWHERE),
            lanes: RefCell::new(Vec::new()),
            pool: RefCell::new(Vec::new()),
            ids: Ids::new(),
        }
    };
}

/// Passes the thread-local state to `work`; `None` during thread exit.
#[inline]
pub(crate) fn with<T>(work: impl FnOnce(&Local) -> T) -> Option<T> {
    LOCAL.try_with(work).ok()
}

impl Local {
    /// Takes a record buffer.
    #[inline]
    pub fn take(&self) -> Option<Box<Open>> {
        self.pool.try_borrow_mut().ok()?.pop()
    }

    /// Keeps a record's buffer for the next one.
    #[inline]
    pub fn keep(&self, open: Box<Open>) {
        if let Ok(mut pool) = self.pool.try_borrow_mut()
            && pool.len() < KEPT
            && open.writer.capacity() <= KEPT_BYTES
        {
            pool.push(open);
        }
    }

    /// Passes the thread's lane for a recorder to `work`.
    #[inline]
    pub fn lane<T>(&self, recorder: Recorder, work: impl FnOnce(&mut Lane) -> T) -> Option<T> {
        let mut lanes = self.lanes.try_borrow_mut().ok()?;
        let at = match lanes.iter().position(|lane| lane.leads_to(recorder)) {
            Some(at) => at,
            None => {
                lanes.push(Lane::open(recorder));
                lanes.len() - 1
            }
        };
        lanes.get_mut(at).map(work)
    }
}
