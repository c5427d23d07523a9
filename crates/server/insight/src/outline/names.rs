//! Interned texts: each once, by number.

use compact_str::CompactString;
use foldhash::HashMap;

/// Texts that occur again and again.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<CompactString, u32>,
    list: Vec<CompactString>,
    /// Memory of the texts, in both collections.
    bytes: usize,
}

/// Memory of a text without its characters, in both collections.
const TEXT: usize = 2 * size_of::<CompactString>() + 8;

impl Names {
    /// The number of a text.
    pub(crate) fn number(&mut self, name: &CompactString) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.bytes += TEXT + 2 * name.len();
        self.list.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    /// Memory of the texts, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The texts in the order of their numbers.
    pub(crate) fn into_list(self) -> Vec<CompactString> {
        self.list
    }
}
