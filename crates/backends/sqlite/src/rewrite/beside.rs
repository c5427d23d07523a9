//! New file that replaces a day's file.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::fault::{Fault, Result};
use crate::folder::Folder;
use crate::schema;

/// Removes such a file with its companion files.
pub(crate) fn remove(path: &Path) {
    for path in Folder::with_companions(path) {
        // A missing file is no error.
        let _ = std::fs::remove_file(path);
    }
}

/// Closes a new file and syncs it. It replaces another file alone, so it must be complete by then.
pub(crate) fn finish(to: Connection, path: &Path) -> Result<()> {
    schema::fold(&to);
    drop(to);
    if let Some(log) = filled_log(path) {
        let what = "cannot move the write-ahead log into the file";
        return Err(Fault::Io(std::io::Error::other(format!("{}: {what}", log.display()))));
    }
    Ok(File::open(path)?.sync_all()?)
}

/// The write-ahead log of a closed file, if it has data that the file may lack.
pub(crate) fn filled_log(path: &Path) -> Option<PathBuf> {
    let [_, log, _] = Folder::with_companions(path);
    std::fs::metadata(&log).is_ok_and(|log| log.len() > 0).then_some(log)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::schema::{Access, DAY};

    #[test]
    fn a_file_whose_log_could_not_be_emptied_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.db.thinned");
        let access = Access::Write { cache_kib: 256, durability: crate::Durability::default() };
        let to = schema::open(&DAY, &path, access).unwrap();
        let reader = schema::open(&DAY, &path, Access::Read { cache_kib: 256 }).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM removed").unwrap();
        to.execute("INSERT INTO dims(kind, text) VALUES (0, 'kept')", []).unwrap();
        let refused = finish(to, &path).unwrap_err();
        assert!(refused.at("thin a day", &path).source().unwrap().to_string().contains("-wal"));
        drop(reader);
        let to = schema::open(&DAY, &path, access).unwrap();
        finish(to, &path).unwrap();
        assert_eq!(filled_log(&path), None);
    }
}
