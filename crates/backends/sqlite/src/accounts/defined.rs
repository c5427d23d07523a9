//! A marker file that says that accounts or alerts are in use: a lost file of them is then damage.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::folder::Folder;
use crate::private;

/// The marker next to a file: `budgets.defined` or `alerts.defined`.
fn marker(path: &Path) -> PathBuf {
    path.with_extension("defined")
}

/// Whether the file had content that must not be lost.
pub(super) fn is_noted(path: &Path) -> bool {
    marker(path).exists()
}

/// Notes that the accounts have definitions or amounts. Their file is on the disk before the marker.
pub(super) fn note(path: &Path) -> io::Result<()> {
    let marker = marker(path);
    if marker.exists() {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()?;
    private::make(&marker)
}

/// Removes the note, because the content is lost and an operator knows it.
pub(super) fn forget(path: &Path) -> io::Result<()> {
    match fs::remove_file(marker(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Rejects accounts that cannot be those of the budgets that were defined.
pub(super) fn is_whole(path: &Path) -> Result<(), Fault> {
    lost(path).map_or(Ok(()), |why| Err(Fault::Damaged(why)))
}

/// Why a file of accounts or alerts is lost; `None` for one that is there or never was.
pub(super) fn lost(path: &Path) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(file) if !file.is_file() => return Some("it is not a file"),
        Ok(file) if file.len() > 0 || Folder::with_companions(path)[1].exists() => return None,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return None,
        _ if fs::symlink_metadata(path).is_ok_and(|link| link.is_symlink()) => {
            return Some("the link points to nothing");
        }
        _ => {}
    }
    is_noted(path).then_some(
        "it is missing or empty, and budgets were defined or charged, or alerts stored in it: restore it, or \
         run `quipu check store --repair`",
    )
}

#[cfg(test)]
mod tests {
    use quipu_core::{AccountId, AccountUnit, Accounts, ErrorKind, Posting, Timestamp};
    use std::sync::Arc;

    use super::super::{Checked, check, exist, open, repair};
    use super::*;

    fn define(accounts: &Arc<dyn Accounts>) {
        accounts.transact(&mut |sheet| sheet.define("b", Some("x"))).unwrap();
    }

    #[test]
    fn lost_definitions_of_budgets_are_damage_and_no_new_start() {
        for harm in [|path: &Path| fs::remove_file(path), |path: &Path| fs::write(path, "")] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("budgets.db");
            define(&open(&path).unwrap());
            for companion in &Folder::with_companions(&path)[1..] {
                let _ = fs::remove_file(companion);
            }
            harm(&path).unwrap();
            assert_eq!(open(&path).err().map(|error| error.kind()), Some(ErrorKind::Damaged));
            assert_eq!(check(&path, Checked::Accounts).unwrap().len(), 1);
            let mended = repair(&path, Checked::Accounts).unwrap();
            assert_eq!((mended.done.len(), mended.lost.len()), (1, 1), "{mended:?}");
            assert!(open(&path).is_ok() && check(&path, Checked::Accounts).unwrap().is_empty());
        }
    }

    #[test]
    fn lost_amounts_of_budgets_are_damage_without_a_stored_definition_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("budgets.db");
        let accounts = open(&path).unwrap();
        assert!(!is_noted(&path), "nothing was charged");
        let account = AccountId { budget: "b".into(), scope: "".into(), unit: AccountUnit::ALL[0] };
        let posting = Posting { account, bucket: Timestamp::from_nanos(0), figure: 7 };
        accounts.transact(&mut |sheet| sheet.post(&posting)).unwrap();
        assert!(is_noted(&path));
        drop(accounts);
        Folder::with_companions(&path).iter().for_each(|file| drop(fs::remove_file(file)));
        assert!(exist(&path), "so that it is opened and reported");
        assert_eq!(open(&path).err().map(|error| error.kind()), Some(ErrorKind::Damaged));
    }

    #[test]
    fn lost_alerts_are_damage_and_a_repair_lets_them_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.db");
        assert!(check(&path, Checked::Alerts(7)).unwrap().is_empty(), "there never was one");
        fs::write(folder.path().join("alerts.defined"), "").unwrap();
        assert_eq!(check(&path, Checked::Alerts(7)).unwrap().len(), 1);
        let mended = repair(&path, Checked::Alerts(7)).unwrap();
        assert_eq!((mended.done.len(), mended.lost.len()), (1, 1), "{mended:?}");
        assert!(check(&path, Checked::Alerts(7)).unwrap().is_empty());
    }

    #[test]
    fn a_folder_or_a_broken_link_is_damage_and_accounts_without_definitions_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("budgets.db");
        fs::create_dir(&path).unwrap();
        assert_eq!(open(&path).err().map(|error| error.kind()), Some(ErrorKind::Damaged));
        fs::remove_dir(&path).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nothing", &path).unwrap();
            assert_eq!(open(&path).err().map(|error| error.kind()), Some(ErrorKind::Damaged));
            fs::remove_file(&path).unwrap();
        }
        drop(open(&path).unwrap());
        Folder::with_companions(&path).iter().for_each(|file| drop(fs::remove_file(file)));
        assert!(open(&path).is_ok(), "nothing was defined");
    }
}
