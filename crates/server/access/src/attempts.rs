//! Rate limits of failed logins: each failure makes the next wait longer.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroUsize;

use lru::LruCache;
use quipu_core::Timestamp;

use crate::client::network;
use crate::secret::Hashed;

/// Users remembered at most, and as many addresses.
pub const MOST: usize = 10_000;
/// Nanoseconds without a failure after which the failures of a user or an address are forgotten.
const FORGOTTEN: i64 = Timestamp::HOUR;

/// A rate limit: some failures are free, then the wait doubles from one second up to `longest`.
#[derive(Debug, Clone, Copy)]
struct Rule {
    free: u32,
    longest: i64,
}

/// The limit of a user: at most 70 attempts an hour (ASVS 4.0.3, 2.2.1 requires at most 100). `longest` is
/// low, because strangers can make a user wait.
const USER: Rule = Rule { free: 5, longest: 60 * Timestamp::SECOND };
/// The limit of an address, which many people may share.
const ADDRESS: Rule = Rule { free: 20, longest: 900 * Timestamp::SECOND };

/// The failures of one user or address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub failures: u32,
    pub last: Timestamp,
    pub until: Timestamp,
}

/// The kind of subject that failures are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    User,
    Address,
}

/// A user or an address, as the first bytes of a hash. A typed name may be a password, so the stored value
/// has to match many texts. Two users with the same value wait for each other, which is short and rare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Who([u8; Self::BYTES]);

impl Who {
    /// The number of stored bytes.
    pub const BYTES: usize = 4;

    fn of(text: &str) -> Self {
        let [a, b, c, d, ..] = *Hashed::of(text).as_bytes();
        Self([a, b, c, d])
    }

    /// Reads the bytes of [`Who::as_bytes`]; `None` if the length is wrong.
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

/// The present count of one user or address, to be stored for a restart.
#[derive(Debug, Clone, Copy)]
pub struct SavedAttempts {
    pub side: Side,
    pub who: Who,
    pub count: Count,
}

/// The number of failures from which a count is stored. A right password at the first try costs no write.
const KEPT: u32 = 2;

/// The time before which failures are forgotten.
pub fn forgotten_before(now: Timestamp) -> Timestamp {
    now.plus(-FORGOTTEN)
}

impl Count {
    fn wait(self, now: Timestamp) -> Option<i64> {
        let left = self.until.since(now);
        (left > 0).then_some(left)
    }

    /// Counts the attempt as failed until it is known to have succeeded, so parallel attempts do not evade
    /// the limit.
    fn begin(&mut self, rule: Rule, now: Timestamp) {
        if now.since(self.last) >= FORGOTTEN {
            *self = Self::default();
        }
        self.failures = self.failures.saturating_add(1);
        self.last = now;
        let over = self.failures.saturating_sub(rule.free);
        if over > 0 {
            let wait = Timestamp::SECOND.saturating_mul(1 << (over - 1).min(30));
            self.until = now.plus(wait.min(rule.longest));
        }
    }
}

/// The failures of all users and addresses.
pub struct Attempts {
    users: LruCache<Who, Count>,
    addresses: LruCache<Who, Count>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { users: bounded(), addresses: bounded() }
    }
}

impl Attempts {
    /// Restores stored counts, given with the oldest first. No wait is longer than one that begins now could
    /// be, even if the clock was changed.
    pub fn restored(kept: Vec<SavedAttempts>, now: Timestamp) -> Self {
        let mut all = Self::default();
        for SavedAttempts { side, who, count } in kept {
            let (of, rule) = match side {
                Side::User => (&mut all.users, USER),
                Side::Address => (&mut all.addresses, ADDRESS),
            };
            let until = count.until.min(now.plus(rule.longest));
            of.put(who, Count { until, last: count.last.min(now), ..count });
        }
        all
    }

    /// Begins an attempt, whether or not the user exists. Returns the counts to store.
    ///
    /// # Errors
    /// The nanoseconds that are left to wait; the attempt is not counted.
    pub fn begin(
        &mut self,
        user: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Vec<SavedAttempts>, i64> {
        let (user, address) = (key(user), place(address));
        let waits = [self.users.peek(&user), self.addresses.peek(&address)];
        if let Some(wait) = waits.into_iter().flatten().filter_map(|count| count.wait(now)).max() {
            return Err(wait);
        }
        let of_user = self.users.get_or_insert_mut(user, Count::default);
        of_user.begin(USER, now);
        let of_address = self.addresses.get_or_insert_mut(address, Count::default);
        of_address.begin(ADDRESS, now);
        let kept = [
            SavedAttempts { side: Side::User, who: user, count: *of_user },
            SavedAttempts { side: Side::Address, who: address, count: *of_address },
        ];
        Ok(kept.into_iter().filter(|kept| kept.count.failures >= KEPT).collect())
    }

    /// Records that the attempt succeeded, and returns the counts to store. The user's count is cleared. The
    /// address loses this attempt only, so the owner of one account cannot go on guessing the passwords of
    /// others.
    pub fn succeeded(&mut self, user: &str, address: Option<IpAddr>) -> Vec<SavedAttempts> {
        let (user, address) = (key(user), place(address));
        let mut kept = Vec::new();
        let before = self.users.pop(&user).unwrap_or_default();
        if before.failures >= KEPT {
            kept.push(SavedAttempts { side: Side::User, who: user, count: Count::default() });
        }
        if let Some(count) = self.addresses.get_mut(&address) {
            let was_kept = count.failures >= KEPT;
            count.failures = count.failures.saturating_sub(1);
            count.until = Timestamp::default();
            if was_kept {
                kept.push(SavedAttempts { side: Side::Address, who: address, count: *count });
            }
        }
        kept
    }
}

fn key(user: &str) -> Who {
    Who::of(&user.to_lowercase())
}

fn place(address: Option<IpAddr>) -> Who {
    Who::of(&address.map(|address| network(address).to_string()).unwrap_or_default())
}

fn bounded<K: Hash + Eq, V>() -> LruCache<K, V> {
    let mut cache = LruCache::unbounded();
    cache.resize(NonZeroUsize::new(MOST).unwrap_or(NonZeroUsize::MIN));
    cache
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = Timestamp::SECOND;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn the_sixth_failure_of_a_user_waits_a_second_and_each_further_one_twice_as_long() {
        let mut attempts = Attempts::default();
        let mut now = Timestamp::from_nanos(1_000 * S);
        let mut waits = Vec::new();
        for at in 0..14 {
            assert!(attempts.begin("ada", address(at), now).is_ok());
            let wait = attempts.users.peek(&key("ada")).unwrap().wait(now).unwrap_or_default();
            if wait > 0 {
                // Another spelling from another address is the same user, and a rejected attempt adds no
                // wait.
                assert_eq!(attempts.begin("ADA", address(at + 100), now).err(), Some(wait));
                assert_eq!(attempts.begin("ada", address(at), now.plus(wait - 1)).err(), Some(1));
            }
            waits.push(wait / S);
            now = now.plus(wait);
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn guessing_is_bounded_to_seventy_an_hour_for_a_user_whatever_addresses_it_comes_from() {
        let mut attempts = Attempts::default();
        let start = Timestamp::from_nanos(1_000 * S);
        let tried = (0..3_600_u32)
            .filter(|second| {
                let from = IpAddr::from(second.to_be_bytes());
                attempts.begin("ada", Some(from), start.plus(i64::from(*second) * S)).is_ok()
            })
            .count();
        assert!(tried <= 70, "{tried}");
    }

    #[test]
    fn an_address_waits_for_what_it_did_to_many_users_and_its_neighbours_of_the_same_network_with_it() {
        let mut attempts = Attempts::default();
        let now = Timestamp::from_nanos(1_000 * S);
        let at = |host: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, host]));
        for user in 0..21 {
            assert!(attempts.begin(&format!("user{user}"), at(user), now).is_ok());
        }
        assert_eq!(attempts.begin("another", at(99), now).err(), Some(S));
        assert!(attempts.begin("another", address(1), now).is_ok());
    }

    #[test]
    fn success_clears_the_user_and_only_itself_of_the_address() {
        let mut attempts = Attempts::default();
        let now = Timestamp::from_nanos(1_000 * S);
        for _ in 0..30 {
            attempts.begin("mallory", address(1), now).unwrap();
            attempts.succeeded("mallory", address(1));
        }
        for user in 0..20 {
            attempts.begin(&format!("user{user}"), address(1), now).unwrap();
        }
        attempts.begin("mallory", address(1), now).unwrap();
        attempts.succeeded("mallory", address(1));
        attempts.begin("user20", address(1), now).unwrap();
        assert!(attempts.begin("user21", address(1), now).is_err());
    }

    #[test]
    fn a_wait_that_was_written_down_is_never_longer_than_the_longest() {
        let now = Timestamp::from_nanos(1_000 * S);
        let count = Count { failures: 40, last: now.plus(900 * S), until: now.plus(i64::MAX / 2) };
        let mut attempts =
            Attempts::restored(vec![SavedAttempts { side: Side::User, who: key("ada"), count }], now);
        assert_eq!(attempts.begin("Ada", address(1), now).err(), Some(USER.longest));
    }

    #[test]
    fn an_hour_without_failure_is_forgiven_and_memory_is_bounded() {
        let mut attempts = Attempts::default();
        let now = Timestamp::from_nanos(1_000 * S);
        while attempts.begin("ada", None, now).is_ok() {}
        let later = now.plus(FORGOTTEN);
        for _ in 0..5 {
            attempts.begin("ada", None, later).unwrap();
        }
        for user in 0..2 * MOST {
            let _ = attempts.begin(&user.to_string(), None, now.plus(user as i64 * FORGOTTEN));
        }
        assert_eq!(attempts.users.len(), MOST);
    }
}
