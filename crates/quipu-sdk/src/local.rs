//! What each thread keeps: its context, its lanes, memory to use again, and its source of ids.

use std::cell::RefCell;

use crate::at::At;
use crate::ids::Ids;
use crate::lane::Lane;
use crate::open::Open;
use crate::recorder::Recorder;

/// Records in the making whose memory a thread keeps.
const KEPT: usize = 64;
/// Bytes of one that is still kept.
const KEPT_BYTES: usize = 64 << 10;

pub(crate) struct Local {
    pub current: RefCell<At>,
    lanes: RefCell<Vec<Lane>>,
    #[expect(clippy::vec_box, reason = "guards hold boxes: that is what makes them cheap to move")]
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

/// Gives what the thread keeps; `None` while the thread ends.
#[inline]
pub(crate) fn with<T>(work: impl FnOnce(&Local) -> T) -> Option<T> {
    LOCAL.try_with(work).ok()
}

impl Local {
    /// Memory for a record.
    #[inline]
    pub fn take(&self) -> Option<Box<Open>> {
        self.pool.try_borrow_mut().ok()?.pop()
    }

    /// Keeps a record's memory for the next one.
    #[inline]
    pub fn keep(&self, open: Box<Open>) {
        if let Ok(mut pool) = self.pool.try_borrow_mut()
            && pool.len() < KEPT
            && open.writer.capacity() <= KEPT_BYTES
        {
            pool.push(open);
        }
    }

    /// Gives the thread's lane to a recorder's drain.
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
