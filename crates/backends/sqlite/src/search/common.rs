//! Restriction of training samples to words of several owners, because a dictionary stays after an erasure.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Minimum number of owners of a word.
const OWNERS: usize = 3;
/// Minimum length of a word; shorter words occur in every text.
const FEWEST_BYTES: usize = 4;

/// The start of a body, with its owner.
pub(crate) struct Sample {
    pub(crate) body: Vec<u8>,
    /// A user and a session, as hashes, if the body has any.
    pub(crate) user: Option<u64>,
    pub(crate) session: Option<u64>,
    pub(crate) trace: u64,
}

/// A name as a hash.
pub(crate) fn number(name: impl Hash) -> u64 {
    let mut hash = DefaultHasher::new();
    name.hash(&mut hash);
    hash.finish()
}

/// Overwrites every word of fewer than three owners with zeros. An owner is a user, or a session if there are
/// fewer than three users, or a trace without either.
pub(crate) fn keep_common(samples: &mut [Sample]) {
    let users: HashSet<u64> = samples.iter().filter_map(|sample| sample.user).collect();
    let by_user = users.len() >= OWNERS;
    let owner = |sample: &Sample| {
        let user = sample.user.filter(|_| by_user);
        user.or(sample.session).unwrap_or(sample.trace)
    };
    let mut said: HashMap<u64, [Option<u64>; OWNERS]> = HashMap::new();
    for sample in samples.iter() {
        let owner = owner(sample);
        for (begin, end) in words(&sample.body) {
            let owners = said.entry(number(&sample.body[begin..end])).or_default();
            if !owners.contains(&Some(owner))
                && let Some(free) = owners.iter_mut().find(|known| known.is_none())
            {
                *free = Some(owner);
            }
        }
    }
    for sample in samples {
        let places: Vec<(usize, usize)> = words(&sample.body).collect();
        for (begin, end) in places {
            let owners = said.get(&number(&sample.body[begin..end]));
            if owners.is_none_or(|owners| owners.contains(&None)) {
                sample.body[begin..end].fill(0);
            }
        }
    }
}

/// The positions of words: letters, digits and all non-ASCII bytes.
fn words(body: &[u8]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let begin = at + body.get(at..)?.iter().position(|byte| is_letter(*byte))?;
            let length = body[begin..].iter().take_while(|byte| is_letter(**byte)).count();
            at = begin + length;
            if length >= FEWEST_BYTES {
                return Some((begin, at));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(body: &str, user: Option<u64>, session: Option<u64>, trace: u64) -> Sample {
        Sample { body: body.as_bytes().to_vec(), user, session, trace }
    }

    #[test]
    fn a_word_is_learned_once_three_owners_said_it() {
        let body = |user: u64| match user {
            1 => "tell of quaxolotl and the knots",
            _ => "tell of llama and the knots",
        };
        let mut samples: Vec<Sample> =
            (0..12).map(|at| sample(body(at % 4), Some(at % 4), Some(at), at)).collect();
        keep_common(&mut samples);
        let all: String =
            samples.iter().map(|sample| String::from_utf8_lossy(&sample.body).into_owned()).collect();
        assert!(all.contains("knots") && all.contains("llama") && !all.contains("quax"), "{all}");
        // With a single user, sessions are the owners.
        let mut samples: Vec<Sample> =
            (0..4).map(|at| sample("tell of knots", Some(7), Some(at), at)).collect();
        samples.push(sample("tell of quaxolotl", Some(7), Some(9), 9));
        keep_common(&mut samples);
        let all: String =
            samples.iter().map(|sample| String::from_utf8_lossy(&sample.body).into_owned()).collect();
        assert!(all.contains("knots") && !all.contains("quax"), "{all}");
    }
}
