//! Memory accounting of an answer: code that works for a request reserves from the request's budget before it
//! grows.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::locks::Mutex;
use crate::{Error, ErrorKind, Result, Retry};

/// Memory budget of one request, in bytes.
pub trait MemoryBudget: Send + Sync {
    /// Reserves `bytes` more; `false` if the budget has less left. Never waits.
    fn take(&self, bytes: usize) -> bool;

    /// Returns `bytes` that were reserved.
    fn give_back(&self, bytes: usize);
}

/// The memory budget of the current request; unbounded outside a server. Clones share it.
#[derive(Clone)]
pub struct AnswerMemory {
    budget: Option<Arc<dyn MemoryBudget>>,
    page_bytes: usize,
    group_bytes: usize,
    missing: Option<Arc<MissingParts>>,
}

/// Names of the parts of a store that an answer lacks.
#[derive(Debug, Default)]
struct MissingParts {
    names: Mutex<BTreeSet<String>>,
    is_sealed: AtomicBool,
}

/// A budget of its own, not shared with requests.
struct FixedBudget {
    most: usize,
    held: AtomicUsize,
}

impl MemoryBudget for FixedBudget {
    fn take(&self, bytes: usize) -> bool {
        let taken = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.most);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Largest size of one page of rows under a budget, in bytes.
const PAGE_BYTES: usize = 4 << 20;

const UNBOUNDED: AnswerMemory =
    AnswerMemory { budget: None, page_bytes: usize::MAX, group_bytes: usize::MAX, missing: None };

impl Default for AnswerMemory {
    fn default() -> Self {
        UNBOUNDED
    }
}

impl fmt::Debug for AnswerMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerMemory")
            .field("bounded", &self.budget.is_some())
            .field("page_bytes", &self.page_bytes)
            .field("group_bytes", &self.group_bytes)
            .finish()
    }
}

thread_local! {
    static CURRENT: RefCell<AnswerMemory> = const { RefCell::new(UNBOUNDED) };
}

/// Restores the caller's budget, also after a panic.
struct Restore(AnswerMemory);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.with(|current| current.replace(std::mem::take(&mut self.0)));
    }
}

impl AnswerMemory {
    /// Memory that is reserved from `budget`; a page of rows ends at 4 MiB.
    pub fn of(budget: Arc<dyn MemoryBudget>) -> Self {
        Self { budget: Some(budget), page_bytes: PAGE_BYTES, ..UNBOUNDED }
    }

    /// Memory of at most `bytes` for work that belongs to no request, such as a background task.
    pub fn within(bytes: usize) -> Self {
        Self::of(Arc::new(FixedBudget { most: bytes, held: AtomicUsize::new(0) }))
    }

    /// Sets the size in bytes at which a page ends. A page has at least one row.
    #[must_use]
    pub fn with_pages(self, page_bytes: usize) -> Self {
        Self { page_bytes, ..self }
    }

    /// Sets the size in bytes at which a list of groups ends. A list has at least one group.
    #[must_use]
    pub fn with_groups(self, group_bytes: usize) -> Self {
        Self { group_bytes, ..self }
    }

    /// Accepts answers that lack the parts of a store that are away. Without it such a query fails.
    #[must_use]
    pub fn with_partial(self) -> Self {
        Self { missing: Some(Arc::default()), ..self }
    }

    /// Notes that the answer lacks a part of the store. Returns `false` if the request accepts no partial
    /// answer: the query must then fail.
    pub fn note_missing(&self, part: &str) -> bool {
        match &self.missing {
            Some(missing) if !missing.is_sealed.load(Ordering::Acquire) => {
                missing.names.lock().insert(part.to_owned());
                true
            }
            _ => false,
        }
    }

    /// Ends the time in which parts may be missing, because the answer has told its missing parts.
    pub fn seal_partial(&self) {
        if let Some(missing) = &self.missing {
            missing.is_sealed.store(true, Ordering::Release);
        }
    }

    /// The parts of the store that the answer lacks so far, sorted.
    pub fn missing(&self) -> Vec<String> {
        self.missing.iter().flat_map(|missing| missing.names.lock().clone()).collect()
    }

    /// Size in bytes at which a store ends a page of rows, even before the requested number of rows.
    pub const fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    /// Size in bytes at which a store merges further groups into [`crate::UsageKey::Rest`].
    pub const fn group_bytes(&self) -> usize {
        self.group_bytes
    }

    /// The budget of the request that this thread works for. Work that moves to another thread takes the
    /// budget along and enters it there.
    pub fn current() -> Self {
        CURRENT.with(|current| current.borrow().clone())
    }

    /// Runs `work` under this budget.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _restore = Restore(CURRENT.with(|current| current.replace(self.clone())));
        work()
    }

    /// Runs `future` under this budget, on every thread that polls it.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.enter(|| future.as_mut().poll(cx))).await
    }

    /// Reserves `bytes` until the hold is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Exhausted`] with [`Retry::Yes`]: the budget has less left.
    pub fn hold(&self, bytes: usize) -> Result<MemoryHold> {
        let mut hold = MemoryHold { memory: self.clone(), bytes: 0 };
        hold.grow(bytes)?;
        Ok(hold)
    }
}

/// Reserved bytes of a budget; returned on drop.
#[derive(Debug, Default)]
pub struct MemoryHold {
    memory: AnswerMemory,
    bytes: usize,
}

impl MemoryHold {
    /// Number of reserved bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Reserves `more` bytes.
    ///
    /// # Errors
    /// The error of [`AnswerMemory::hold`]; the earlier reservation stays.
    pub fn grow(&mut self, more: usize) -> Result<()> {
        let taken = more == 0 || self.memory.budget.as_ref().is_none_or(|budget| budget.take(more));
        if !taken {
            return Err(exhausted());
        }
        self.bytes = self.bytes.saturating_add(more);
        Ok(())
    }

    /// Adds the reservation of another hold of the same budget.
    pub fn append(&mut self, mut other: Self) {
        self.bytes = self.bytes.saturating_add(std::mem::take(&mut other.bytes));
    }

    /// Sets the reservation to `bytes`: reserves more, or returns the excess.
    ///
    /// # Errors
    /// The error of [`MemoryHold::grow`].
    pub fn set(&mut self, bytes: usize) -> Result<()> {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.grow(more),
            None => {
                if let Some(budget) = &self.memory.budget {
                    budget.give_back(self.bytes - bytes);
                }
                self.bytes = bytes;
                Ok(())
            }
        }
    }
}

impl Drop for MemoryHold {
    fn drop(&mut self) {
        if let Some(budget) = self.memory.budget.as_ref().filter(|_| self.bytes > 0) {
            budget.give_back(self.bytes);
        }
    }
}

/// Operation name in errors about exhausted memory.
pub const MEMORY: &str = "reserve memory";

fn exhausted() -> Error {
    let text = "running answers use all their memory (limit answer_bytes)";
    Error::new(ErrorKind::Exhausted, MEMORY, text).with_retry(Retry::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ten(AtomicUsize);

    impl MemoryBudget for Ten {
        fn take(&self, bytes: usize) -> bool {
            let taken = |held: usize| Some(held + bytes).filter(|held| *held <= 10);
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
        }

        fn give_back(&self, bytes: usize) {
            self.0.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    #[test]
    fn missing_parts_are_told_until_the_answer_is_sealed() {
        assert!(!AnswerMemory::default().note_missing("a"), "a request must accept them");
        let memory = AnswerMemory::within(10).with_partial();
        let noted = memory
            .enter(|| ["b", "a", "b"].into_iter().all(|part| AnswerMemory::current().note_missing(part)));
        assert!(noted);
        memory.seal_partial();
        assert!(!memory.note_missing("c"));
        assert_eq!(memory.missing(), ["a", "b"]);
        assert_eq!(AnswerMemory::within(10).with_partial().missing(), Vec::<String>::new());
    }

    #[test]
    fn a_budget_of_its_own_has_no_more_than_its_bytes() {
        let memory = AnswerMemory::within(10);
        let hold = memory.hold(10).unwrap();
        memory.hold(1).unwrap_err();
        drop(hold);
        memory.hold(usize::MAX).unwrap_err();
        memory.hold(10).unwrap();
    }

    #[test]
    fn holds_are_charged_to_the_budget_that_was_entered_and_given_back() {
        let ten = Arc::new(Ten(AtomicUsize::new(0)));
        let memory = AnswerMemory::of(Arc::clone(&ten) as _);
        AnswerMemory::current().hold(usize::MAX).unwrap();
        memory.enter(|| {
            let mut hold = AnswerMemory::current().hold(6).unwrap();
            let error = AnswerMemory::current().hold(5).unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Exhausted, Retry::Yes));
            hold.grow(4).unwrap();
            hold.grow(1).unwrap_err();
            hold.set(2).unwrap();
            assert_eq!((hold.bytes(), ten.0.load(Ordering::Relaxed)), (2, 2));
        });
        assert_eq!(ten.0.load(Ordering::Relaxed), 0);
        AnswerMemory::current().hold(11).unwrap();
    }

    #[test]
    fn a_future_keeps_its_budget_between_polls_and_a_panic_does_not_leave_it_behind() {
        let memory = AnswerMemory::of(Arc::new(Ten(AtomicUsize::new(0))));
        let mut future = pin!(memory.clone().scope(async {
            AnswerMemory::current().hold(11).unwrap_err();
            let mut polled = false;
            poll_fn(|_| match std::mem::replace(&mut polled, true) {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            })
            .await;
            AnswerMemory::current().hold(11).unwrap_err();
        }));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        AnswerMemory::current().hold(11).unwrap();
        assert!(future.as_mut().poll(&mut context).is_ready());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            memory.enter(|| panic!("a test"));
        }));
        assert!(panicked.is_err());
        AnswerMemory::current().hold(11).unwrap();
    }
}
