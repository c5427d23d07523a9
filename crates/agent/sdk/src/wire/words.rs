//! Growable buffer of words for a record.

/// Bytes of a word.
pub(super) const WORD: usize = 8;
/// First capacity in words: enough for an LLM call with its usual fields.
const FIRST: usize = 96;

/// Buffer of words for a record. All of its memory is initialised, so a write only checks the capacity.
#[derive(Debug, Default)]
pub(super) struct Words {
    memory: Vec<u64>,
    used: usize,
}

impl Words {
    #[inline]
    pub fn clear(&mut self) {
        self.used = 0;
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.used
    }

    #[inline]
    pub fn capacity(&self) -> usize {
        self.memory.len()
    }

    #[inline]
    pub fn used(&self) -> &[u64] {
        self.memory.get(..self.used).unwrap_or_default()
    }

    #[inline]
    pub fn used_mut(&mut self) -> &mut [u64] {
        self.memory.get_mut(..self.used).unwrap_or_default()
    }

    /// Reserves space for `count` words.
    #[cold]
    pub fn grow(&mut self, count: usize) {
        if self.memory.len() - self.used < count {
            let wanted = (self.used + count).max(self.memory.len() * 2).max(FIRST);
            self.memory.resize(wanted, 0);
        }
    }

    /// Appends two words, unless there is no space.
    #[inline]
    pub fn try_put_two(&mut self, one: u64, other: u64) -> bool {
        let Some([first, second, ..]) = self.memory.get_mut(self.used..) else { return false };
        *first = one;
        *second = other;
        self.used += 2;
        true
    }

    /// Appends a word and bytes after it, unless there is no space.
    #[inline]
    pub fn try_put_with_bytes(&mut self, first: u64, bytes: &[u8]) -> bool {
        let after = self.used + 1 + bytes.len().div_ceil(WORD);
        let room = self.memory.get_mut(self.used..after).and_then(<[u64]>::split_first_mut);
        let Some((head, room)) = room else { return false };
        *head = first;
        fill(room, bytes);
        self.used = after;
        true
    }

    #[inline]
    pub fn put<const N: usize>(&mut self, words: [u64; N]) {
        if self.memory.len() - self.used < N {
            self.grow(N);
        }
        // The array is written once, at the end. A second write path would move the words through the stack.
        if let Some(room) = self.memory.get_mut(self.used..).and_then(<[u64]>::first_chunk_mut::<N>) {
            *room = words;
            self.used += N;
        }
    }

    pub fn put_with_bytes(&mut self, first: u64, bytes: &[u8]) {
        if !self.try_put_with_bytes(first, bytes) {
            self.grow(1 + bytes.len().div_ceil(WORD));
            self.try_put_with_bytes(first, bytes);
        }
    }

    pub fn put_bytes(&mut self, bytes: &[u8]) {
        let count = bytes.len().div_ceil(WORD);
        self.grow(count);
        if let Some(room) = self.memory.get_mut(self.used..self.used + count) {
            fill(room, bytes);
            self.used += count;
        }
    }

    #[inline]
    pub fn extend(&mut self, words: &[u64]) {
        if self.memory.len() - self.used < words.len() {
            self.grow(words.len());
        }
        if let Some(room) = self.memory.get_mut(self.used..self.used + words.len()) {
            room.copy_from_slice(words);
            self.used += words.len();
        }
    }
}

/// Copies bytes into words, eight bytes per load; the last load overlaps the one before. It is a plain loop,
/// because most texts are a few words long, and a call or a loop for long texts would cost more.
#[inline]
fn fill(mut room: &mut [u64], bytes: &[u8]) {
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<WORD>() {
        let Some((word, more)) = room.split_first_mut() else { return };
        *word = u64::from_le_bytes(*chunk);
        (rest, room) = (after, more);
    }
    if let (false, Some(word)) = (rest.is_empty(), room.first_mut()) {
        *word = match bytes.last_chunk::<WORD>() {
            Some(tail) => u64::from_le_bytes(*tail) >> (8 * (WORD - rest.len())),
            None => short(rest),
        };
    }
}

/// Loads one to seven bytes.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let shift = 8 * (bytes.len() - 4);
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << shift;
    }
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_any_length_come_out_as_they_went_in() {
        let text: Vec<u8> = (1..=100).collect();
        for len in 0..=text.len() {
            let mut words = Words::default();
            words.put_with_bytes(7, &text[..len]);
            words.put([9]);
            let bytes: Vec<u8> = words.used().iter().flat_map(|word| word.to_le_bytes()).collect();
            assert_eq!(bytes[8..8 + len], text[..len]);
            assert!(bytes[8 + len..bytes.len() - 8].iter().all(|byte| *byte == 0));
            assert_eq!(words.used().last(), Some(&9));
        }
    }
}
