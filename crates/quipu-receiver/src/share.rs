//! Fair shares of something that runs short: who may have how much, as arithmetic alone.
//!
//! Half of what there is goes to whoever asks. The other half is divided evenly among those who were active of late: senders, and the
//! parts of one sender among themselves. Once the first half is used up, only those are given more who then hold no more than their
//! share; those who hold it already are refused, and those who would come above it only by what they ask for may wait. As the shares add up to no more than the second half, all who are under theirs find room, as long as nobody new appears;
//! when somebody does, shares shrink at once, and what was given before comes back as it is used up.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long somebody who holds nothing still counts as active.
const ACTIVE: Duration = Duration::from_secs(10);
/// Senders told apart. Those beyond are one together.
const MOST_SENDERS: usize = 1_024;
/// Parts of one sender told apart. Those beyond are one together.
const MOST_PARTS: usize = 64;
/// Who is not told apart.
const OTHERS: u64 = 0;

/// Who holds something: a part of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Leaf {
    pub(crate) sender: u64,
    pub(crate) part: u64,
}

/// Why nothing is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It runs short, and the asker holds its share already, without this.
    Over,
    /// Nothing is free for it now, but without this it holds less than its share: it may wait.
    Full,
}

/// A capacity and who holds what of it.
pub(crate) struct Shares {
    capacity: usize,
    held: usize,
    senders: HashMap<u64, HashMap<u64, Part>>,
}

struct Part {
    held: usize,
    /// Requests that wait to hold something, or more.
    waiting: usize,
    last: Instant,
}

impl Part {
    fn is_active(&self, now: Instant) -> bool {
        self.held > 0 || self.waiting > 0 || now.saturating_duration_since(self.last) < ACTIVE
    }
}

impl Shares {
    /// Nobody holds anything of `capacity`.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, held: 0, senders: HashMap::new() }
    }

    /// What there is in all.
    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// What is given out.
    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    /// Gives `more` to `leaf`, which becomes the one that it is counted under. Whoever is alone, with `own` in its hands, is given
    /// what it asks for up to the capacity; it may not ask for more than that.
    pub(crate) fn take(
        &mut self,
        leaf: &mut Leaf,
        own: usize,
        more: usize,
        now: Instant,
    ) -> Result<(), Refusal> {
        if own == 0 {
            *leaf = self.enlisted(*leaf, now);
        }
        self.check(*leaf, own, more, now)?;
        self.put(*leaf, more, now);
        Ok(())
    }

    /// What [`Shares::take`] would say to somebody who has nothing in its hands, who counts as active from now on.
    pub(crate) fn look(&mut self, leaf: Leaf, more: usize, now: Instant) -> Result<(), Refusal> {
        let leaf = self.enlisted(leaf, now);
        self.check(leaf, 0, more, now)
    }

    fn check(&self, leaf: Leaf, own: usize, more: usize, now: Instant) -> Result<(), Refusal> {
        let after = self.held.saturating_add(more);
        let alone = self.held == own;
        if alone || after <= self.capacity / 2 {
            return Ok(());
        }
        let holds = self.part(leaf).map_or(0, |part| part.held);
        let share = self.share(leaf, now);
        if holds.saturating_add(more) > share {
            let satisfied = holds.saturating_sub(own) >= share;
            return Err(if satisfied { Refusal::Over } else { Refusal::Full });
        }
        if after > self.capacity { Err(Refusal::Full) } else { Ok(()) }
    }

    /// One more of `leaf` waits, unless `most` do. Without that bound, what it holds and what waits for one each come to its share at
    /// most. Whether it may.
    pub(crate) fn queue(&mut self, leaf: Leaf, most: Option<usize>, now: Instant) -> bool {
        let (holds, waiting) = self.part(leaf).map_or((0, 0), |part| (part.held, part.waiting));
        let may = match most {
            Some(most) => waiting < most,
            None => holds.saturating_add(waiting) < self.share(leaf, now),
        };
        if may {
            self.put(leaf, 0, now).waiting += 1;
        }
        may
    }

    /// One of `leaf` does not wait any more.
    pub(crate) fn leave(&mut self, leaf: Leaf, now: Instant) {
        let part = self.put(leaf, 0, now);
        part.waiting = part.waiting.saturating_sub(1);
    }

    /// Takes back what `leaf` had.
    pub(crate) fn give_back(&mut self, leaf: Leaf, less: usize, now: Instant) {
        self.held = self.held.saturating_sub(less);
        if let Some(part) = self.senders.get_mut(&leaf.sender).and_then(|parts| parts.get_mut(&leaf.part)) {
            part.held = part.held.saturating_sub(less);
            part.last = now;
        }
    }

    /// What was counted under one leaf is counted under another from now on: it turned out whose it is.
    pub(crate) fn pass_on(&mut self, from: Leaf, to: Leaf, held: usize, now: Instant) -> Leaf {
        let to = self.enlisted(to, now);
        self.give_back(from, held, now);
        self.put(to, held, now);
        to
    }

    /// What a leaf may hold when it runs short: one at least, however many there are.
    fn share(&self, leaf: Leaf, now: Instant) -> usize {
        let active = |parts: &HashMap<u64, Part>| parts.values().filter(|part| part.is_active(now)).count();
        let senders = self.senders.values().filter(|parts| active(parts) > 0).count();
        let parts = self.senders.get(&leaf.sender).map_or(0, active);
        (self.capacity / 2 / senders.max(1) / parts.max(1)).max(1)
    }

    fn part(&self, leaf: Leaf) -> Option<&Part> {
        self.senders.get(&leaf.sender)?.get(&leaf.part)
    }

    fn put(&mut self, leaf: Leaf, more: usize, now: Instant) -> &mut Part {
        self.held = self.held.saturating_add(more);
        let parts = self.senders.entry(leaf.sender).or_default();
        let part = parts.entry(leaf.part).or_insert(Part { held: 0, waiting: 0, last: now });
        part.held = part.held.saturating_add(more);
        part.last = now;
        part
    }

    /// The leaf that a newcomer counts as, noted down as active.
    fn enlisted(&mut self, mut leaf: Leaf, now: Instant) -> Leaf {
        if self.part(leaf).is_none() {
            self.forget(now);
            if self.senders.len() >= MOST_SENDERS && !self.senders.contains_key(&leaf.sender) {
                leaf = Leaf { sender: OTHERS, part: OTHERS };
            }
            let parts = self.senders.get(&leaf.sender).map_or(0, HashMap::len);
            if parts >= MOST_PARTS {
                leaf.part = OTHERS;
            }
        }
        self.put(leaf, 0, now);
        leaf
    }

    /// Forgets who is not active any more.
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

    fn leaf(sender: u64, part: u64) -> Leaf {
        Leaf { sender, part }
    }

    #[test]
    fn who_is_alone_may_have_all_and_who_comes_beside_half() {
        let (mut shares, now) = (Shares::new(100), Instant::now());
        let (mut a, mut b) = (leaf(1, 1), leaf(2, 1));
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
        let (mut loud, mut quiet, mut other) = (leaf(1, 1), leaf(1, 2), leaf(2, 1));
        shares.take(&mut other, 0, 1, now).unwrap();
        shares.take(&mut quiet, 0, 1, now).unwrap();
        while shares.take(&mut loud, 0, 1, now).is_ok() {}
        assert_eq!(shares.held(), 50);
        // Half of the half for each sender, and half of that for each part of the first.
        shares.take(&mut quiet, 1, 11, now).unwrap();
        assert_eq!(shares.take(&mut quiet, 0, 1, now), Err(Refusal::Over));
        shares.take(&mut other, 1, 24, now).unwrap();
    }

    #[test]
    fn who_was_not_seen_for_a_while_has_no_share_any_more() {
        let (mut shares, now) = (Shares::new(100), Instant::now());
        let (mut a, mut b) = (leaf(1, 1), leaf(2, 1));
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
            shares.take(&mut leaf(sender, 1), 0, 1, now).unwrap();
            shares.take(&mut leaf(1, sender), 0, 1, now).unwrap();
        }
        assert!(shares.senders.len() <= MOST_SENDERS + 1);
        assert!(shares.senders.values().all(|parts| parts.len() <= MOST_PARTS + 1));
    }

    #[test]
    fn what_waits_of_a_sender_is_bounded_and_one_always_may() {
        let (mut shares, now) = (Shares::new(100), Instant::now());
        let (a, b) = (leaf(1, 1), leaf(2, 1));
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
        shares.take(&mut leaf(1, 1), 0, 60, now).unwrap();
        assert_eq!(shares.look(leaf(1, 1), 1, now), Err(Refusal::Over));
        assert_eq!(shares.look(leaf(2, 1), 50, now), Err(Refusal::Full));
        assert_eq!(shares.look(leaf(2, 1), 20, now), Ok(()));
        assert_eq!(shares.held(), 60);
    }

    /// One step of a sender: asks for so much, or gives back its oldest.
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
        /// While the same ones stay active, nobody is refused or has to wait who stays within its share, whatever the others do; nothing
        /// is given out twice; whoever is refused holds its share while more than half is out, and whoever waits would come above it.
        #[test]
        fn nobody_under_its_share_is_refused(steps in steps()) {
            let now = Instant::now();
            let mut shares = Shares::new(1_000);
            for (sender, part) in (1..5).flat_map(|sender| (1..4).map(move |part| (sender, part))) {
                shares.take(&mut leaf(sender, part), 0, 0, now).unwrap();
            }
            let mut held: Vec<(Leaf, usize)> = Vec::new();
            for step in steps {
                match step {
                    Step::Ask(sender, part, more) => {
                        let mut who = leaf(sender, part);
                        let before: usize = held.iter().filter(|(leaf, _)| *leaf == who).map(|(_, n)| n).sum();
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
                        let (leaf, less) = held.swap_remove(index % held.len());
                        shares.give_back(leaf, less, now);
                    }
                    Step::Return(_) => {}
                }
                prop_assert_eq!(shares.held(), held.iter().map(|(_, n)| n).sum::<usize>());
                prop_assert!(shares.held() <= 1_000);
            }
        }
    }
}
