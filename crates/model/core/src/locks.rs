//! Locks without poisoning: a lock can be taken again after a panic of the thread that held it.
//!
//! They wrap the locks of the standard library, so an agent's build needs no crate for them.

use std::sync::{self, MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard, TryLockError};

/// Mutual exclusion.
#[derive(Debug, Default)]
pub struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    /// An unlocked mutex.
    pub const fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock; `None` while another thread has it.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        unless_held(self.0.try_lock())
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unless_held<G>(tried: Result<G, TryLockError<G>>) -> Option<G> {
    match tried {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// A lock of one writer or many readers.
#[derive(Debug, Default)]
pub struct RwLock<T>(sync::RwLock<T>);

impl<T> RwLock<T> {
    /// An unlocked lock.
    pub const fn new(value: T) -> Self {
        Self(sync::RwLock::new(value))
    }

    /// Waits for the lock of a reader.
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the lock of the writer.
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock of the writer; `None` while another thread reads or writes.
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        unless_held(self.0.try_write())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_lock_can_be_taken_after_a_panic_of_its_holder() {
        let (mutex, lock) = (Mutex::new(1), RwLock::new(1));
        let panicked = thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let (mut number, mut other) = (mutex.lock(), lock.write());
                (*number, *other) = (2, 2);
                panic!("on purpose");
            });
            holder.join().is_err()
        });
        assert!(panicked);
        let held = mutex.lock();
        assert_eq!((*held, mutex.try_lock().map(|number| *number)), (2, None));
        drop(held);
        assert_eq!((*lock.read(), mutex.try_lock().map(|number| *number)), (2, Some(2)));
        let read = lock.read();
        assert!(lock.try_write().is_none());
        drop(read);
        assert_eq!(lock.try_write().map(|number| *number), Some(2));
        *lock.write() = 3;
        assert_eq!((*lock.read(), mutex.into_inner()), (3, 2));
    }
}
