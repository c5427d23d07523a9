//! Fair-share arithmetic: how much of a capacity each caller may hold.
//!
//! The first half of the capacity goes to any caller that asks. The second half is divided evenly among the
//! senders active in the last seconds, and each share among the active parts of its sender. When the first
//! half is used up, only a caller below its share gets more. A caller at its share is rejected. A caller that
//! only this request would bring above its share may wait. All shares together fit into the second half.
//! Every caller below its share therefore gets a permit while the set of senders stays the same. A new sender
//! shrinks the shares at once; it waits until larger permits are returned.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::ShareKey;

/// How long a caller without permits counts as active after its last request.
const ACTIVE: Duration = Duration::from_secs(10);
/// Senders with shares of their own; all others share one.
const MOST_SENDERS: usize = 1_024;
/// Parts of one sender with shares of their own; all others share one.
const MOST_PARTS: usize = 64;
/// The number that stands for all others.
const OTHERS: u64 = 0;

/// The reason for a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The pool is short, and the caller already holds its share.
    Over,
    /// The pool is short, and the caller is below its share: it may wait.
    Full,
}

/// A capacity and the units that each caller holds.
pub(crate) struct Shares {
    capacity: usize,
    held: usize,
    senders: HashMap<u64, HashMap<u64, SenderShare>>,
}

struct SenderShare {
    held: usize,
    /// Requests that wait for units.
    waiting: usize,
    last: Instant,
}

impl SenderShare {
    fn is_active(&self, now: Instant) -> bool {
        self.held > 0 || self.waiting > 0 || now.saturating_duration_since(self.last) < ACTIVE
    }
}

impl Shares {
    /// A capacity with no units held.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, held: 0, senders: HashMap::new() }
    }

    /// The whole capacity.
    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// The units that are held.
    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    /// Gives `more` units to `caller`, and sets `caller` to the one that they are counted under. `own` is
    /// what this permit already holds. If no other permit holds units, the request is granted. `more` and
    /// `own` together must not exceed the capacity.
    pub(crate) fn take(
        &mut self,
        caller: &mut ShareKey,
        own: usize,
        more: usize,
        now: Instant,
    ) -> Result<(), Refusal> {
        if own == 0 {
            *caller = self.enlisted(*caller, now);
        }
        self.check(*caller, own, more, now)?;
        self.put(*caller, more, now);
        Ok(())
    }

    /// Returns the result of [`Shares::take`] for an empty permit. The caller counts as active from now on.
    pub(crate) fn look(&mut self, caller: ShareKey, more: usize, now: Instant) -> Result<(), Refusal> {
        let caller = self.enlisted(caller, now);
        self.check(caller, 0, more, now)
    }

    fn check(&self, caller: ShareKey, own: usize, more: usize, now: Instant) -> Result<(), Refusal> {
        let after = self.held.saturating_add(more);
        let alone = self.held == own;
        if alone || after <= self.capacity / 2 {
            return Ok(());
        }
        let holds = self.part(caller).map_or(0, |part| part.held);
        let share = self.share(caller, now);
        if holds.saturating_add(more) > share {
            let satisfied = holds.saturating_sub(own) >= share;
            return Err(if satisfied { Refusal::Over } else { Refusal::Full });
        }
        if after > self.capacity { Err(Refusal::Full) } else { Ok(()) }
    }

    /// Adds a waiting request of `caller` unless `most` are waiting; returns whether it was added. Without
    /// `most`, held units and waiting requests together stay within the caller's share.
    pub(crate) fn queue(&mut self, caller: ShareKey, most: Option<usize>, now: Instant) -> bool {
        let (holds, waiting) = self.part(caller).map_or((0, 0), |part| (part.held, part.waiting));
        let may = match most {
            Some(most) => waiting < most,
            None => holds.saturating_add(waiting) < self.share(caller, now),
        };
        if may {
            self.put(caller, 0, now).waiting += 1;
        }
        may
    }

    /// Removes a waiting request of `caller`.
    pub(crate) fn leave(&mut self, caller: ShareKey, now: Instant) {
        let part = self.put(caller, 0, now);
        part.waiting = part.waiting.saturating_sub(1);
    }

    /// Returns `less` units of `caller`.
    pub(crate) fn give_back(&mut self, caller: ShareKey, less: usize, now: Instant) {
        self.held = self.held.saturating_sub(less);
        if let Some(part) = self.senders.get_mut(&caller.sender).and_then(|parts| parts.get_mut(&caller.part))
        {
            part.held = part.held.saturating_sub(less);
            part.last = now;
        }
    }

    /// Moves held units from one caller to another.
    pub(crate) fn pass_on(&mut self, from: ShareKey, to: ShareKey, held: usize, now: Instant) -> ShareKey {
        let to = self.enlisted(to, now);
        self.give_back(from, held, now);
        self.put(to, held, now);
        to
    }

    /// The share of a caller, at least 1.
    fn share(&self, caller: ShareKey, now: Instant) -> usize {
        let active =
            |parts: &HashMap<u64, SenderShare>| parts.values().filter(|part| part.is_active(now)).count();
        let senders = self.senders.values().filter(|parts| active(parts) > 0).count();
        let parts = self.senders.get(&caller.sender).map_or(0, active);
        (self.capacity / 2 / senders.max(1) / parts.max(1)).max(1)
    }

    fn part(&self, caller: ShareKey) -> Option<&SenderShare> {
        self.senders.get(&caller.sender)?.get(&caller.part)
    }

    fn put(&mut self, caller: ShareKey, more: usize, now: Instant) -> &mut SenderShare {
        self.held = self.held.saturating_add(more);
        let parts = self.senders.entry(caller.sender).or_default();
        let part = parts.entry(caller.part).or_insert(SenderShare { held: 0, waiting: 0, last: now });
        part.held = part.held.saturating_add(more);
        part.last = now;
        part
    }

    /// Returns the caller that a new one is counted as, and marks it active.
    fn enlisted(&mut self, mut caller: ShareKey, now: Instant) -> ShareKey {
        if self.part(caller).is_none() {
            self.forget(now);
            if self.senders.len() >= MOST_SENDERS && !self.senders.contains_key(&caller.sender) {
                caller = ShareKey { sender: OTHERS, part: OTHERS };
            }
            let parts = self.senders.get(&caller.sender).map_or(0, HashMap::len);
            if parts >= MOST_PARTS {
                caller.part = OTHERS;
            }
        }
        self.put(caller, 0, now);
        caller
    }

    /// Drops inactive callers.
    fn forget(&mut self, now: Instant) {
        self.senders.retain(|_, parts| {
            parts.retain(|_, part| part.is_active(now));
            !parts.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(sender: u64, part: u64) -> ShareKey {
        ShareKey { sender, part }
    }

    #[test]
    fn who_is_alone_may_have_all_and_who_comes_beside_half() {
        let (mut shares, now) = (Shares::new(100), Instant::now());
        let (mut a, mut b) = (of(1, 1), of(2, 1));
        shares.take(&mut a, 0, 60, now).unwrap();
        shares.take(&mut a, 60, 40, now).unwrap();
        assert_eq!(shares.take(&mut b, 0, 10, now), Err(Refusal::Full));
        shares.give_back(a, 50, now);
        assert_eq!(shares.take(&mut a, 0, 1, now), Err(Refusal::Over));
        shares.take(&mut b, 0, 25, now).unwrap();
        assert_eq!(shares.take(&mut b, 25, 1, now), Err(Refusal::Full), "it has nothing but this");
        assert_eq!(shares.take(&mut b, 0, 1, now), Err(Refusal::Over));
        assert_eq!(shares.held(), 75);
    }

    #[test]
    fn parts_of_a_sender_take_from_each_other_only() {
        let (mut shares, now) = (Shares::new(100), Instant::now());
        let (mut loud, mut quiet, mut other) = (of(1, 1), of(1, 2), of(2, 1));
        shares.take(&mut other, 0, 1, now).unwrap();
        shares.take(&mut quiet, 0, 1, now).unwrap();
        while shares.take(&mut loud, 0, 1, now).is_ok() {}
        assert_eq!(shares.held(), 50);
        // Each sender's share is half of the second half. Each part of the first sender gets half of that.
        shares.take(&mut quiet, 1, 11, now).unwrap();
        assert_eq!(shares.take(&mut quiet, 0, 1, now), Err(Refusal::Over));
        shares.take(&mut other, 1, 24, now).unwrap();
    }

    #[test]
    fn who_was_not_seen_for_a_while_has_no_share_any_more() {
        let (mut shares, now) = (Shares::new(100), Instant::now());
        let (mut a, mut b) = (of(1, 1), of(2, 1));
        shares.take(&mut b, 0, 1, now).unwrap();
        shares.give_back(b, 1, now);
        shares.take(&mut a, 0, 30, now).unwrap();
        assert_eq!(shares.take(&mut a, 0, 25, now), Err(Refusal::Over));
        let later = now + ACTIVE;
        assert_eq!(shares.share(a, later), 50);
        assert_eq!(shares.share(a, now), 25);
    }

    #[test]
    fn the_table_is_bounded_whoever_asks() {
        let (mut shares, now) = (Shares::new(1 << 30), Instant::now());
        for sender in 1..5_000 {
            shares.take(&mut of(sender, 1), 0, 1, now).unwrap();
            shares.take(&mut of(1, sender), 0, 1, now).unwrap();
        }
        assert!(shares.senders.len() <= MOST_SENDERS + 1);
        assert!(shares.senders.values().all(|parts| parts.len() <= MOST_PARTS + 1));
    }

    #[test]
    fn what_waits_of_a_sender_is_bounded_and_one_always_may() {
        let (mut shares, now) = (Shares::new(100), Instant::now());
        let (a, b) = (of(1, 1), of(2, 1));
        shares.take(&mut a.clone(), 0, 20, now).unwrap();
        shares.take(&mut b.clone(), 0, 1, now).unwrap();
        // A share is 25.
        assert_eq!((0..50).filter(|_| shares.queue(a, None, now)).count(), 5);
        assert_eq!((0..50).filter(|_| shares.queue(b, Some(3), now)).count(), 3);
        shares.leave(a, now);
        assert!(shares.queue(a, None, now) && !shares.queue(a, None, now));
        let mut small = Shares::new(1);
        assert_eq!((0..50).filter(|_| small.queue(a, None, now)).count(), 1, "a share is never nothing");
    }

    #[test]
    fn a_look_takes_nothing() {
        let (mut shares, now) = (Shares::new(100), Instant::now());
        shares.take(&mut of(1, 1), 0, 60, now).unwrap();
        assert_eq!(shares.look(of(1, 1), 1, now), Err(Refusal::Over));
        assert_eq!(shares.look(of(2, 1), 50, now), Err(Refusal::Full));
        assert_eq!(shares.look(of(2, 1), 20, now), Ok(()));
        assert_eq!(shares.held(), 60);
    }

    /// One step of a sender: take units, or return the oldest permit.
    #[derive(Debug, Clone)]
    enum Step {
        Ask(u64, u64, usize),
        Return(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let ask = (1..5_u64, 1..4_u64, 1..400_usize).prop_map(|(a, b, more)| Step::Ask(a, b, more));
        prop::collection::vec(prop_oneof![3 => ask, 1 => (0..50_usize).prop_map(Step::Return)], 1..300)
    }

    proptest! {
        /// With a fixed set of active callers, a caller within its share is never rejected or made to wait.
        /// No unit is granted twice. A rejected caller holds its share while more than half is held, and a
        /// waiting caller would exceed it.
        #[test]
        fn nobody_under_its_share_is_refused(steps in steps()) {
            let now = Instant::now();
            let mut shares = Shares::new(1_000);
            for (sender, part) in (1..5).flat_map(|sender| (1..4).map(move |part| (sender, part))) {
                shares.take(&mut of(sender, part), 0, 0, now).unwrap();
            }
            let mut held: Vec<(ShareKey, usize)> = Vec::new();
            for step in steps {
                match step {
                    Step::Ask(sender, part, more) => {
                        let mut who = of(sender, part);
                        let before: usize = held.iter().filter(|(caller, _)| *caller == who).map(|(_, n)| n).sum();
                        let total: usize = held.iter().map(|(_, n)| n).sum();
                        let share = 1_000 / 2 / 4 / 3;
                        match shares.take(&mut who, 0, more, now) {
                            Ok(()) => held.push((who, more)),
                            Err(Refusal::Over) => prop_assert!(before >= share && total + more > 500),
                            Err(Refusal::Full) => {
                                prop_assert!(before < share && before + more > share && total + more > 500);
                            }
                        }
                    }
                    Step::Return(index) if !held.is_empty() => {
                        let (caller, less) = held.swap_remove(index % held.len());
                        shares.give_back(caller, less, now);
                    }
                    Step::Return(_) => {}
                }
                prop_assert_eq!(shares.held(), held.iter().map(|(_, n)| n).sum::<usize>());
                prop_assert!(shares.held() <= 1_000);
            }
        }
    }
}
