//! Fuzz target: files of other tools.

use quipu_core::Limits;
use quipu_import::{Bounds, Format, Item, ItemError, KnownCalls, Sink, import};
use quipu_recordings::NOW;

use crate::choice;

const FORMATS: [Option<Format>; 6] = [
    None,
    Some(Format::ClaudeCode),
    Some(Format::Codex),
    Some(Format::Otlp),
    Some(Format::Phoenix),
    Some(Format::Langfuse),
];

struct Taken(u64);

impl Sink for Taken {
    fn take(&mut self, item: Item) -> Result<(u64, String), ItemError> {
        let (batch, refused, words) = item
            .into_batch(&Limits::of_any_age(), NOW)
            .map_err(|error| ItemError::Item(error.to_string()))?;
        assert_eq!(refused == 0, words.is_empty());
        self.0 += batch.len() as u64;
        Ok((batch.len() as u64, words))
    }
}

/// The first byte names the format, or none.
pub fn feed(bytes: &[u8]) {
    let Some((first, body)) = choice(bytes) else { return };
    let format = FORMATS[first % FORMATS.len()];
    let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    std::fs::write(file.path(), body).unwrap();
    let read = |sink: &mut Taken| {
        import(file.path(), format, &Bounds::default(), &mut KnownCalls::default(), sink).unwrap();
    };
    let (mut once, mut twice) = (Taken(0), Taken(0));
    read(&mut once);
    read(&mut twice);
    assert_eq!(once.0, twice.0, "importing again gives the same");
}
