//! Bloom filters of 64-bit hashes. All bits of an entry are in one cache line.

/// Bits per entry; about one look-up in 150 is a false positive.
pub(crate) const BITS: usize = 12;
/// Bits set per entry.
const PROBES: u32 = 6;
const BLOCK_BITS: usize = 512;

/// A Bloom filter for a limited number of entries, or a part of a larger one.
#[derive(Debug)]
pub(crate) struct Segment {
    blocks: Vec<[u64; BLOCK_BITS / 64]>,
    room: usize,
}

impl Segment {
    pub(crate) fn new(entries: usize) -> Self {
        let blocks = (entries * BITS).div_ceil(BLOCK_BITS).max(1);
        Self { blocks: vec![[0; BLOCK_BITS / 64]; blocks], room: entries }
    }

    fn block(&self, hash: u64) -> usize {
        let wide = u128::from(hash >> 32) * self.blocks.len() as u128;
        usize::try_from(wide >> 32).unwrap_or(0)
    }

    pub(crate) fn insert(&mut self, hash: u64) {
        let at = self.block(hash);
        bits(hash).for_each(|(word, bit)| self.blocks[at][word] |= bit);
        self.room = self.room.saturating_sub(1);
    }

    /// A segment for twice as many.
    pub(crate) fn twice(&self) -> Self {
        Self::new(2 * self.blocks.len() * BLOCK_BITS / BITS)
    }

    /// Whether more entries make false positives more frequent.
    pub(crate) const fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Its memory in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.blocks.len() * (BLOCK_BITS / 8)
    }

    /// The filter as bytes, for a file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.blocks.iter().flatten().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// The filter from these bytes; `None` if their number is wrong.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (blocks, rest) = bytes.as_chunks::<{ BLOCK_BITS / 8 }>();
        let block = |bytes: &[u8; BLOCK_BITS / 8]| {
            let mut words = [0; BLOCK_BITS / 64];
            for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *word = u64::from_le_bytes(*bytes);
            }
            words
        };
        let blocks: Vec<_> = blocks.iter().map(block).collect();
        (rest.is_empty() && !blocks.is_empty()).then_some(Self { blocks, room: 0 })
    }

    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        let block = &self.blocks[self.block(hash)];
        bits(hash).all(|(word, bit)| block[word] & bit != 0)
    }
}

/// The bits of a hash within its block: the word, and the bit in it.
fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..PROBES).map(move |probe| {
        let bit = (mixed >> (10 + 9 * probe)) & 511;
        (usize::try_from(bit / 64).unwrap_or(0), 1 << (bit % 64))
    })
}
