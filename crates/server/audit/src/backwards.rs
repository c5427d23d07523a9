//! A reader that returns the lines of a file from its end.

use std::io::{self, Read, Seek, SeekFrom};

use crate::limits;

/// Bytes read at once.
const CHUNK: u64 = 64 << 10;

/// Returns whole lines, the last first. Bytes after the last newline are not a line.
pub(crate) struct Backwards<R> {
    from: R,
    /// The offset of `held` in the file.
    at: u64,
    /// Bytes that were read but not returned; they end after the newline of the next line.
    held: Vec<u8>,
}

impl<R: Read + Seek> Backwards<R> {
    /// Reads the lines within the first `length` bytes.
    pub(crate) fn new(from: R, length: u64) -> io::Result<Self> {
        let mut lines = Self { from, at: length, held: Vec::new() };
        // Bytes after the last newline are skipped: they are a line that was cut off.
        while lines.newline(lines.held.len()).is_none() {
            lines.held.clear();
            if !lines.more()? {
                break;
            }
        }
        let end = lines.newline(lines.held.len()).map_or(0, |newline| newline + 1);
        lines.held.truncate(end);
        Ok(lines)
    }

    /// The end of the next line, including its newline: the file's length without a line that was cut off.
    pub(crate) fn end(&self) -> u64 {
        self.at + self.held.len() as u64
    }

    /// Returns the previous line without its newline; `None` at the beginning.
    pub(crate) fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.held.is_empty() && !self.more()? {
            return Ok(None);
        }
        let start = loop {
            match self.newline(self.held.len().saturating_sub(1)) {
                Some(newline) => break newline + 1,
                None if self.held.len() > limits::LINE => return Err(too_long()),
                None if self.more()? => {}
                None => break 0,
            }
        };
        let mut line = self.held.split_off(start);
        line.pop();
        Ok(Some(line))
    }

    /// The position of the last newline among the first `end` held bytes.
    fn newline(&self, end: usize) -> Option<usize> {
        self.held.get(..end)?.iter().rposition(|byte| *byte == b'\n')
    }

    /// Reads the chunk before the held bytes; `false` at the beginning.
    fn more(&mut self) -> io::Result<bool> {
        let step = self.at.min(CHUNK);
        self.at -= step;
        self.from.seek(SeekFrom::Start(self.at))?;
        let mut chunk = Vec::with_capacity(CHUNK as usize + self.held.len());
        (&mut self.from).take(step).read_to_end(&mut chunk)?;
        if chunk.len() as u64 != step {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        chunk.append(&mut self.held);
        self.held = chunk;
        Ok(step > 0)
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a line is longer than {} bytes", limits::LINE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::Cursor;

    use super::*;
    use proptest::prelude::*;

    fn all(text: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Backwards::new(Cursor::new(text), text.len() as u64).unwrap();
        let mut all = Vec::new();
        while let Some(line) = lines.line().unwrap() {
            all.push(line);
        }
        all
    }

    proptest! {
        #[test]
        fn lines_backwards_are_lines_forwards_reversed(
            sizes in prop::collection::vec(prop_oneof![0usize..200, 60_000usize..70_000], 0..8), torn in 0usize..100_000,
        ) {
            let lines: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(n, size)| vec![b'a' + n as u8; *size]).collect();
            let whole = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect::<Vec<_>>();
            let text = [whole.as_slice(), &vec![b'!'; torn]].concat();
            prop_assert_eq!(all(&text), lines.into_iter().rev().collect::<Vec<_>>());
            let end = Backwards::new(Cursor::new(&text), text.len() as u64).unwrap().end();
            prop_assert_eq!(end, whole.len() as u64);
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let text = [vec![b'x'; 3 * limits::LINE], b"\n".to_vec()].concat();
        let mut lines = Backwards::new(Cursor::new(&text), text.len() as u64).unwrap();
        assert!(lines.line().is_err());
    }
}
