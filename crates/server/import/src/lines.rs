//! Lines of a file, each with a length limit.

use std::io::{self, BufRead, Read};

/// Result of an attempt to read a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LineRead {
    /// A whole line; the text excludes the line end.
    Line,
    /// Text without a line end: the file may still be written.
    Half,
    /// A line over the limit; its text was skipped. The flag tells whether it had a line end.
    TooLong { ended: bool },
    /// End of the file.
    End,
}

/// Reads lines of at most `most` bytes.
pub(crate) struct Lines<R> {
    from: R,
    most: usize,
    /// Offset after the last line end.
    offset: u64,
    /// Number of bytes read.
    read: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(from: R, most: usize, offset: u64) -> Self {
        Self { from, most, offset, read: offset }
    }

    /// The offset after the last line end.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads the next line's text into `line`.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<LineRead> {
        line.clear();
        let bound = u64::try_from(self.most).unwrap_or(u64::MAX).saturating_add(1);
        let read = (&mut self.from).take(bound).read_until(b'\n', line)?;
        self.read += u64::try_from(read).unwrap_or_default();
        if read == 0 {
            return Ok(LineRead::End);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            self.offset = self.read;
            return Ok(LineRead::Line);
        }
        if line.len() <= self.most {
            return Ok(LineRead::Half);
        }
        line.clear();
        line.shrink_to(1 << 20);
        self.pass_over()
    }

    fn pass_over(&mut self) -> io::Result<LineRead> {
        loop {
            let buffer = self.from.fill_buf()?;
            let (used, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            };
            self.from.consume(used);
            self.read += u64::try_from(used).unwrap_or_default();
            if ended {
                self.offset = self.read;
            }
            if ended || used == 0 {
                return Ok(LineRead::TooLong { ended });
            }
        }
    }
}

/// Whether a line has only white space.
pub(crate) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn lines_halves_and_what_is_too_long() {
        let mut lines = Lines::new(&b"one\r\n\nmuch too long\nfour\nhal"[..], 5, 0);
        let mut line = Vec::new();
        let mut found =
            || (lines.next(&mut line).unwrap(), String::from_utf8(line.clone()).unwrap(), lines.offset());
        assert_eq!(found(), (LineRead::Line, "one".into(), 5));
        assert_eq!(found(), (LineRead::Line, String::new(), 6));
        assert_eq!(found(), (LineRead::TooLong { ended: true }, String::new(), 20));
        assert_eq!(found(), (LineRead::Line, "four".into(), 25));
        assert_eq!(found(), (LineRead::Half, "hal".into(), 25));
        assert_eq!(found(), (LineRead::End, String::new(), 25));
    }
}
