//! Ids of answers: how certainly one names a single answer.

use quipu_core::answer_id_is_unique;

/// Least length of a random id after its prefix, in bytes.
const RANDOM: usize = 20;
/// Least number of different letters and digits in a random id.
const DIFFERENT: u32 = 10;

/// Maximum distance between two spans with one random id, or between records of two signals with any one id,
/// in nanoseconds. The clocks of a client and of a server differ.
pub(crate) const FAR: i64 = 300_000_000_000;

/// The longest time between two records with this id by two instrumentations; `None` if other answers of the
/// time may have it too. Some servers number their answers, also with many digits.
pub(crate) fn reach(id: &str) -> Option<i64> {
    answer_id_is_unique(id).then(|| if is_random(id) { FAR } else { 0 })
}

fn is_random(id: &str) -> bool {
    let end = id.split_once(['-', '_']).map_or(id, |(_, end)| end);
    let set = end.bytes().filter(u8::is_ascii_alphanumeric).fold(0_u128, |set, byte| set | 1 << byte);
    end.len() >= RANDOM && set.count_ones() >= DIFFERENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_reach_far_and_numbered_ones_do_not() {
        let far = [
            "msg_01XFDUDYJgAACzvnptvVoYEL",
            "chatcmpl-9f8e7d6c-5b4a-4c3d-8e2f-1a0b9c8d7e6f",
            "resp_68a1f0c2b5d48190a7e3b6c9d2f1e4a5",
            "c0ffee12-3456-789a-bcde-f0123456789a",
        ];
        let near = ["msg_mock0004J5", "chatcmpl-000000000000000000000017", "chatcmpl-9f8e7d6c"];
        assert!(far.iter().all(|id| reach(id) == Some(FAR)));
        assert!(near.iter().all(|id| reach(id) == Some(0)));
        assert_eq!(reach("chatcmpl-123"), None);
    }
}
