//! A marker file that says that accounts have definitions of budgets or amounts. A lost file of accounts is
//! then damage.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::folder::Folder;
use crate::private;

/// The marker next to a file of accounts: `budgets.defined`.
fn marker(path: &Path) -> PathBuf {
    path.with_extension("defined")
}

/// Whether the accounts had definitions or amounts.
pub(super) fn is_noted(path: &Path) -> bool {
    marker(path).exists()
}

/// Notes that the accounts have definitions or amounts. Their file and its name are on the disk before the
/// marker.
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

/// Removes the note, because the accounts are lost and an operator knows it.
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

/// Why the accounts are lost; `None` for accounts that are there or never were.
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
        "it is missing or empty, and budgets were counted in it: restore it, or run `quipu check store \
         --repair`",
    )
}

#[cfg(test)]
mod tests {
    use quipu_core::{AccountId, AccountUnit, Accounts, ErrorKind, Posting, Timestamp};
    use std::sync::Arc;

    use super::super::{Checked, check, open, repair};
    use super::*;

    fn define(accounts: &Arc<dyn Accounts>) {
        accounts.transact(&mut |sheet| sheet.define("b", Some("x"))).unwrap();
    }

    fn post(accounts: &Arc<dyn Accounts>) {
        let account = AccountId { budget: "b".into(), scope: "".into(), unit: AccountUnit::Usd };
        let posting = Posting { account, bucket: Timestamp::from_nanos(0), figure: 1 };
        accounts.transact(&mut |sheet| sheet.post(&posting)).unwrap();
    }

    #[test]
    fn lost_definitions_and_amounts_of_budgets_are_damage_and_no_new_start() {
        let harms = [|path: &Path| fs::remove_file(path), |path: &Path| fs::write(path, "")];
        let uses = [define, post];
        for (harm, used) in harms.into_iter().flat_map(|harm| uses.map(|used| (harm, used))) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("budgets.db");
            used(&open(&path).unwrap());
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
    fn a_folder_or_a_broken_link_is_damage_and_unused_accounts_begin_anew() {
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
        assert!(open(&path).is_ok(), "nothing was counted");
    }
}
