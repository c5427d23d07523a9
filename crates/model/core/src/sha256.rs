//! SHA-256 of bytes, for ids and checksums.

/// SHA-256 of the bytes.
///
/// The feature `fast-hash` uses the processor's instructions and is about ten times as fast. A server hashes
/// every record. An agent hashes few, so its build omits the nine crates of that implementation.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    #[cfg(feature = "fast-hash")]
    return <sha2::Sha256 as sha2::Digest>::digest(bytes).into();
    #[cfg(not(feature = "fast-hash"))]
    hmac_sha256::Hash::hash(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        let hex = |bytes: &[u8]| sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        // FIPS 180-2, appendix B, and the hash of nothing.
        assert_eq!(hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let long = vec![b'a'; 1_000_000];
        assert_eq!(hex(&long), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    #[test]
    fn both_implementations_agree() {
        for length in 0..200_u8 {
            let bytes: Vec<u8> = (0..length).collect();
            let other: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&bytes).into();
            assert!(sha256(&bytes) == other && hmac_sha256::Hash::hash(&bytes) == other, "{length}");
        }
    }
}
