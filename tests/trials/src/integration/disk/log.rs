//! Log of a watched disk: changes in order.

use std::ops::Range;

use anyhow::{Result, anyhow, bail};

/// Bytes of a record before its paths.
const HEAD: usize = 40;

/// One change. Paths are below the watched folder and begin with `/`; open files are identified by inode.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new file.
    Create { path: String, inode: u64 },
    /// Written bytes, at this position of the log.
    Write { inode: u64, offset: u64, bytes: Range<usize> },
    /// A file or folder was forced to the disk.
    Sync { inode: u64 },
    /// A new length.
    Truncate { inode: u64, length: u64 },
    /// A new name.
    Rename { from: String, to: String },
    /// A file or folder is gone.
    Remove { path: String },
    /// A new folder.
    Folder { path: String, inode: u64 },
    /// A second name.
    Link { from: String, to: String },
}

/// A change, and the length of the log after it.
pub struct Record {
    /// The change.
    pub change: Change,
    /// End of the record.
    pub end: u64,
}

/// Reads a whole log.
///
/// # Errors
/// It is cut short or holds something unknown.
pub fn read(log: &[u8]) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut at = 0;
    while at < log.len() {
        let head = log.get(at..at + HEAD).ok_or_else(|| anyhow!("the log ends within a record"))?;
        let short = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let long = |at: usize| (u64::from(short(at + 4)) << 32) | u64::from(short(at));
        let (op, first, second) = (short(0), short(4) as usize, short(8) as usize);
        let (inode, offset, length) = (long(16), long(24), long(32));
        at += HEAD;
        let mut text = |bytes: usize| {
            let path = log.get(at..at + bytes).ok_or_else(|| anyhow!("the log ends within a path"))?;
            at += bytes;
            anyhow::Ok(String::from_utf8_lossy(path).into_owned())
        };
        let (path, to) = (text(first)?, text(second)?);
        let change = match op {
            1 => Change::Create { path, inode },
            2 => {
                let bytes = at..at + usize::try_from(length)?;
                at = bytes.end;
                Change::Write { inode, offset, bytes }
            }
            3 => Change::Sync { inode },
            4 => Change::Truncate { inode, length: offset },
            5 => Change::Rename { from: path, to },
            6 | 8 => Change::Remove { path },
            7 => Change::Folder { path, inode },
            9 => Change::Link { from: path, to },
            other => bail!("the log holds an operation {other}"),
        };
        if at > log.len() {
            bail!("the log ends within a write");
        }
        records.push(Record { change, end: at as u64 });
    }
    Ok(records)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A record as the shim writes it.
    pub fn record(op: u32, paths: [&str; 2], inode: u64, offset: u64, bytes: &[u8]) -> Vec<u8> {
        let mut record = Vec::new();
        for number in [op, paths[0].len() as u32, paths[1].len() as u32, 0] {
            record.extend(number.to_le_bytes());
        }
        for number in [inode, offset, bytes.len() as u64] {
            record.extend(number.to_le_bytes());
        }
        record.extend(paths.concat().as_bytes());
        record.extend(bytes);
        record
    }

    #[test]
    fn records_are_read_with_where_they_end() {
        let log = [
            record(1, ["/a", ""], 7, 0, b""),
            record(2, ["", ""], 7, 5, b"word"),
            record(5, ["/a", "/b"], 0, 0, b""),
        ]
        .concat();
        let records = read(&log).unwrap();
        assert_eq!(records.last().unwrap().end, log.len() as u64);
        let Change::Write { inode: 7, offset: 5, bytes } = &records[1].change else { panic!("no write") };
        assert_eq!(&log[bytes.clone()], b"word");
        assert!(read(&log[..log.len() - 1]).is_err());
    }
}
