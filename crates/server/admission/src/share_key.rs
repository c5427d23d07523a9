//! The key of a fair share.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::LazyLock;

/// The key of a fair share: hashes of a sender and of one part of it. The sender is a key or an address, the
/// part a service or an address. Senders share the capacity, and the parts of a sender share its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShareKey {
    pub(crate) sender: u64,
    pub(crate) part: u64,
}

/// Names are hashed with a seed of this process, so a caller cannot choose a name that collides with
/// another's.
static NUMBERS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl ShareKey {
    /// The share of the sender with this name, such as the id of a key, and of this part of it.
    pub fn new(sender: &impl Hash, part: &impl Hash) -> Self {
        Self { sender: NUMBERS.hash_one(sender), part: NUMBERS.hash_one(part) }
    }

    /// The same sender with another part.
    #[must_use]
    pub fn with_part(self, part: &impl Hash) -> Self {
        Self { part: NUMBERS.hash_one(part), ..self }
    }

    /// The number of the sender in this process.
    pub const fn sender(self) -> u64 {
        self.sender
    }

    /// The number of the part in this process.
    pub const fn part(self) -> u64 {
        self.part
    }

    /// The same sender with a part from an earlier [`ShareKey::part`].
    #[must_use]
    pub const fn with_known_part(self, part: u64) -> Self {
        Self { part, ..self }
    }
}
