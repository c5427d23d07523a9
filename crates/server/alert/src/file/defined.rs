//! A marker next to the alert file, `alerts.defined`: a lost alert file is then damage and no new start.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::AlertError;

fn marker(path: &Path) -> PathBuf {
    path.with_extension("defined")
}

/// Notes that the file has content. The content and the name of its file are on the disk before the marker.
pub(super) fn note(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent().filter(|_| !marker(path).exists()) else { return Ok(()) };
    File::open(folder)?.sync_all()?;
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.write(true).create_new(true).open(marker(path)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Rejects a missing or empty file that had content, and anything that is not a file.
pub(super) fn is_whole(path: &Path) -> Result<(), AlertError> {
    let is_missing = match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => return Err(AlertError::NoFile(path.to_owned())),
        Ok(meta) => meta.len() == 0 && !path.with_extension("db-wal").exists(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_missing && marker(path).exists() {
        return Err(AlertError::Lost(path.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use quipu_core::Timestamp;

    use super::super::{AlertFile, FILE};
    use super::*;

    #[test]
    fn a_folder_in_the_place_of_the_file_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FILE)).unwrap();
        let error = AlertFile::open(Some(folder.path())).err().expect("it is a folder");
        assert!(error.is_damage() && error.to_string().contains("not a file"), "{error}");
    }

    #[test]
    fn a_lost_or_empty_file_is_damage_once_something_was_stored_in_it() {
        for content in [None, Some("")] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(FILE);
            drop(AlertFile::open(Some(folder.path())).unwrap());
            fs::remove_file(&path).unwrap();
            let mut file = AlertFile::open(Some(folder.path())).expect("nothing was stored");
            file.expire(Timestamp::from_nanos(0), Timestamp::from_nanos(0)).unwrap();
            drop(file);
            fs::remove_file(&path).unwrap();
            if let Some(content) = content {
                fs::write(&path, content).unwrap();
            }
            let error = AlertFile::open(Some(folder.path())).err().expect("the file is lost");
            assert!(error.is_damage() && error.to_string().contains("check store --repair"), "{error}");
            fs::remove_file(marker(&path)).unwrap();
            assert!(AlertFile::open(Some(folder.path())).is_ok(), "an operator began anew");
        }
    }
}
