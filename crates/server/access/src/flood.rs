//! A limit of audit entries for each address, so one client cannot hide the acts of others. The audit log
//! itself limits the total.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use lru::LruCache;
use quipu_audit::Entry;
use quipu_core::Timestamp;
use quipu_core::locks::Mutex;

use crate::client::network;

/// Addresses with a count of their own.
const ADDRESSES: usize = 1_024;
/// Entries of one address within [`SPAN`].
const MOST: u32 = 10;
const SPAN: i64 = 60 * Timestamp::SECOND;

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    since: Timestamp,
    noted: u32,
    left_out: u64,
}

impl Count {
    /// Takes one entry. Returns the number of entries left out since the last one, or `None` if the limit is
    /// reached.
    fn take(&mut self, now: Timestamp) -> Option<u64> {
        if now.since(self.since) >= SPAN {
            (self.since, self.noted) = (now, 0);
        }
        if self.noted >= MOST {
            self.left_out += 1;
            return None;
        }
        self.noted += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

/// The recent entries by address.
pub struct Flood(Mutex<LruCache<Option<IpAddr>, Count>>);

impl Default for Flood {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(NonZeroUsize::new(ADDRESSES).unwrap_or(NonZeroUsize::MIN))))
    }
}

impl Flood {
    /// Returns the entry with the number of entries left out for its address since the last one; `None` at
    /// the limit.
    pub fn let_through(&self, entry: Entry, now: Timestamp) -> Option<Entry> {
        let left_out = self.with(entry.from, |count| count.take(now))?;
        Some(if left_out > 0 { entry.with("left_out", left_out.to_string()) } else { entry })
    }

    /// Counts an event that gets no entry, even if the limit is not reached.
    pub fn leave_out(&self, address: Option<IpAddr>) {
        self.with(address, |count| count.left_out += 1);
    }

    fn with<T>(&self, address: Option<IpAddr>, work: impl FnOnce(&mut Count) -> T) -> T {
        work(self.0.lock().get_or_insert_mut(address.map(network), Count::default))
    }
}

#[cfg(test)]
mod tests {
    use quipu_audit::Actor;

    use super::*;

    fn entry(address: IpAddr) -> Entry {
        Entry::new(Actor::system(), "login").from(Some(address))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_nanos((1_000 + seconds) * Timestamp::SECOND)
    }

    #[test]
    fn a_flood_from_one_address_is_noted_in_part_and_counted_in_full_and_hides_no_other() {
        let flood = Flood::default();
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let noted = (0..1_000).filter(|_| flood.let_through(entry(one), at(0)).is_some()).count();
        assert_eq!(noted, 10);
        flood.leave_out(Some(one));
        let next = flood.let_through(entry(one), at(61)).unwrap();
        assert_eq!(next.detail, [("left_out", "991".to_owned())]);
        assert_eq!(flood.let_through(entry(other), at(0)).unwrap().detail, []);
    }

    #[test]
    fn the_64_bits_behind_an_address_are_no_way_around_it() {
        let flood = Flood::default();
        let of = |host: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, host]);
        let noted = (0..1_000).filter(|host| flood.let_through(entry(of(*host)), at(0)).is_some()).count();
        assert_eq!(noted, 10);
    }
}
