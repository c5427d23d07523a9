//! Memory that a JSON tree of a text would take.

use serde_json::Value;
use serde_json::value::RawValue;

/// Bytes of an object with a member: `serde_json` keeps members in a B-tree, whose smallest node has space
/// for eleven.
const OBJECT: usize = 640;
/// Bytes of an array with an element, and of each further member or element. Lists grow by doubling.
const ARRAY: usize = 128;
const NEXT: usize = 110;
/// Bytes of a string in addition to its characters.
const STRING: usize = 24;

/// Upper bound of heap bytes that [`serde_json::Value`] takes for a text. The text is scanned once and may
/// have any bytes.
pub fn tree_bytes(text: &[u8]) -> usize {
    let (mut bytes, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        if in_string {
            bytes += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        bytes += match byte {
            b'{' => OBJECT,
            b'[' => ARRAY,
            b',' => NEXT,
            b'"' => {
                in_string = true;
                STRING
            }
            _ => 0,
        };
    }
    bytes
}

/// The tree of a value whose text has at most `most` bytes; `None` for longer ones.
pub fn small(value: &RawValue, most: usize) -> Option<Value> {
    (value.get().len() <= most).then(|| serde_json::from_str(value.get()).ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_many_small_values_is_large() {
        assert_eq!(tree_bytes(br#""{[,\"[""#), STRING + 7);
        let objects = format!("[{}]", vec![r#"{"":0}"#; 1_000].join(","));
        assert!(tree_bytes(objects.as_bytes()) > 600 * 1_000, "{}", tree_bytes(objects.as_bytes()));
        let text = format!("\"{}\"", "x".repeat(10_000));
        assert!(tree_bytes(text.as_bytes()) < 10_100);
    }

    #[test]
    fn only_small_values_become_trees() {
        let value = crate::raw(r#"{"a":[1,2]}"#).unwrap();
        assert_eq!(small(value, 64).unwrap()["a"][1], 2);
        assert_eq!(small(value, 4), None);
    }
}
