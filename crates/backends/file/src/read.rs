//! Reads the records of a file.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result};
use quipu_jsonl::Record;

use crate::fault::{NAME, failed};

/// Longest line in bytes that is read.
const LONGEST: u64 = 1 << 30;

/// The records of a file, in their order. A line that is not a record gives an error that names it; reading
/// continues after it.
pub struct Records {
    path: PathBuf,
    from: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    number: u64,
    ended: bool,
}

/// Reads a file of lines. Its first bytes tell whether it is compressed.
///
/// # Errors
/// The file cannot be opened.
pub fn read(path: impl AsRef<Path>) -> Result<Records> {
    let path = path.as_ref();
    let open = || -> io::Result<Box<dyn BufRead + Send>> {
        let mut file = BufReader::new(fs::File::open(path)?);
        Ok(match file.fill_buf()? {
            [0x1f, 0x8b, ..] => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(file))),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(BufReader::new(zstd::Decoder::with_buffer(file)?)),
            _ => Box::new(file),
        })
    };
    let from = open().map_err(|cause| failed("read file", path, cause))?;
    Ok(Records { path: path.to_owned(), from, line: Vec::new(), number: 0, ended: false })
}

impl Records {
    /// The next non-blank line; `None` at the end.
    fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            self.line.clear();
            self.number += 1;
            if Read::take(&mut self.from, LONGEST).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(self.line.trim_ascii()));
            }
        }
    }

    fn damaged(&self, error: &Error) -> Error {
        let context = format!("{} line {}: {}", self.path.display(), self.number, error.context());
        Error::new(ErrorKind::Damaged, "read file", context).of_backend(NAME)
    }
}

impl Iterator for Records {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.next_line().map(|line| line.map(quipu_jsonl::read));
        self.ended = !matches!(read, Ok(Some(_)));
        match read {
            Ok(record) => record.map(|record| record.map_err(|error| self.damaged(&error))),
            Err(cause) => Some(Err(failed("read file", &self.path, cause))),
        }
    }
}
