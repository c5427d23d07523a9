//! Fast generation of trace and span ids.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use quipu_core::{SpanId, TraceId};

/// Id generator of a thread: two 64-bit generators (wyrand, <https://github.com/wangyi-fudan/wyhash>). The
/// operating system's randomness seeds them, so two processes with the same history create different ids.
#[derive(Debug)]
pub(crate) struct Ids(Cell<Option<(u64, u64)>>);

impl Ids {
    pub const fn new() -> Self {
        Self(Cell::new(None))
    }

    #[inline]
    fn state(&self) -> (u64, u64) {
        match self.0.get() {
            Some(state) => state,
            None => seed(),
        }
    }

    #[inline]
    pub fn span(&self) -> SpanId {
        let (mut one, other) = self.state();
        loop {
            if let Ok(id) = SpanId::from_bytes(next(&mut one).to_be_bytes()) {
                self.0.set(Some((one, other)));
                return id;
            }
        }
    }

    #[inline]
    pub fn trace(&self) -> TraceId {
        let (mut one, mut other) = self.state();
        loop {
            let bits = u128::from(next(&mut one)) << 64 | u128::from(next(&mut other));
            if let Ok(id) = TraceId::from_bytes(bits.to_be_bytes()) {
                self.0.set(Some((one, other)));
                return id;
            }
        }
    }
}

#[cold]
fn seed() -> (u64, u64) {
    let random = RandomState::new();
    (random.hash_one(1), random.hash_one(2))
}

#[inline]
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x2d35_8dcc_aa6c_78a5);
    let product = u128::from(*state) * u128::from(*state ^ 0x8bb8_4b93_962e_acc9);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_within_a_thread_and_between_threads() {
        let made = || {
            let ids = Ids::new();
            (0..10_000).map(|_| (ids.trace(), ids.span())).collect::<Vec<_>>()
        };
        let all: Vec<_> = [std::thread::spawn(made), std::thread::spawn(made)]
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(all.iter().map(|(trace, _)| trace).collect::<HashSet<_>>().len(), 20_000);
        assert_eq!(all.iter().map(|(_, span)| span).collect::<HashSet<_>>().len(), 20_000);
    }
}
