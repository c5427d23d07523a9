//! Check and repair of the databases next to a store: `budgets.db`, `alerts.db` and `access.db`.

use std::path::{Path, PathBuf};

use quipu_core::Result;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::{MARK, connect_once, defined};
use crate::fault::{self, Fault};
use crate::folder::Folder;

/// Tables of accounts, the most valuable first.
const TABLES: [&str; 9] = ["definition", "spent", "mark", "held", "share", "fired", "call", "trace", "meta"];
/// Columns with a figure of 16 bytes.
const FIGURES: [(&str, &str); 3] = [("spent", "figure"), ("share", "figure"), ("fired", "share_of")];

/// Kind of a database next to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Books of accounts, `budgets.db`.
    Accounts,
    /// Rules, silences and incidents, `alerts.db`, with its `PRAGMA application_id`.
    Alerts(i32),
    /// Keys, users and sessions, `access.db`, with its `PRAGMA application_id`.
    Register(i32),
}

impl Checked {
    const fn mark(self) -> i32 {
        match self {
            Self::Accounts => MARK,
            Self::Alerts(mark) | Self::Register(mark) => mark,
        }
    }
}

/// Checks every page and index of a file, and every figure of accounts. One text per finding; none if the
/// file is missing.
///
/// # Errors
/// The file cannot be opened, for example because of missing permissions.
pub fn check(path: &Path, kind: Checked) -> Result<Vec<String>> {
    match look(path, kind) {
        Ok(found) => Ok(found),
        Err(fault) if fault.kind() == quipu_core::ErrorKind::Damaged => {
            Ok(vec![fault.at("check", path).context().to_owned()])
        }
        Err(fault) => Err(fault.at("check", path)),
    }
}

fn look(path: &Path, kind: Checked) -> fault::Result<Vec<String>> {
    let named = |what: String| format!("{}: {what}", path.display());
    if let Some(lost) = defined::lost(path).filter(|_| !matches!(kind, Checked::Register(_))) {
        return Ok(vec![named(lost.into())]);
    }
    let meta = match std::fs::metadata(path) {
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        meta => meta?,
    };
    if !meta.is_file() {
        return Ok(vec![named("it is not a file".into())]);
    }
    if meta.len() == 0 && !Folder::with_companions(path)[1].exists() {
        return Ok(vec![named("it is empty".into())]);
    }
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(super::PATIENCE)?;
    let mark: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if mark != kind.mark() {
        return Ok(vec![named("it is a database of another kind".into())]);
    }
    let told: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    let mut found: Vec<String> = (told != "ok").then(|| named(told)).into_iter().collect();
    if kind == Checked::Accounts {
        for (table, column) in FIGURES {
            let wrong = format!(
                "SELECT count(*) FROM {table} WHERE typeof({column}) != 'blob' OR length({column}) != 16"
            );
            let count: u64 = conn.query_row(&wrong, [], |row| row.get(0))?;
            if count > 0 {
                found.push(named(format!("{count} rows of {table} have no amount")));
            }
        }
    }
    Ok(found)
}

/// Result of the repair of a damaged file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// Completed actions, one text each.
    pub done: Vec<String>,
    /// Lost data, one text each.
    pub lost: Vec<String>,
}

/// Repairs a file in which [`check`] finds something. Indices are rebuilt. Accounts with further damage are
/// set aside, and their readable rows are written to a new file. Alerts with further damage are set aside,
/// and the next start begins a new file. A damaged register stays in place, because without one no caller
/// would be authenticated.
///
/// # Errors
/// A file cannot be read, renamed or written.
pub fn repair(path: &Path, kind: Checked) -> Result<Mended> {
    let mut mended = Mended::default();
    let found = check(path, kind)?;
    let Some(why) = found.first() else { return Ok(mended) };
    if reindex(path).is_ok() && check(path, kind)?.is_empty() {
        mended.done.push(format!("{why}: its indexes are rebuilt"));
        return Ok(mended);
    }
    if let Checked::Register(_) = kind {
        mended.lost.push(format!(
            "{why}: it is left unchanged, so that access stays restricted; restore it from a backup, or \
             remove it and add the users again"
        ));
        return Ok(mended);
    }
    if let Checked::Alerts(_) = kind {
        defined::forget(path).map_err(|error| Fault::from(error).at("repair alerts", path))?;
        let aside = set_aside(path).map_err(|error| Fault::from(error).at("repair alerts", path))?;
        mended.done.push(format!("{why}: it is set aside as {}", aside.display()));
        mended.lost.push(format!(
            "{}: alert rules set by the API, silences and incidents; restore the file from a backup, or set \
             them again",
            aside.display()
        ));
        return Ok(mended);
    }
    defined::forget(path).map_err(|error| Fault::from(error).at("repair accounts", path))?;
    let aside = set_aside(path).map_err(|error| Fault::from(error).at("repair accounts", path))?;
    let (saved, all) = save(&aside, path).map_err(|fault| fault.at("repair accounts", path))?;
    mended
        .done
        .push(format!("{why}: it is set aside as {}, and {saved} rows of it are saved", aside.display()));
    if !all {
        let text = "not every row could be read: check all budgets and their spent amounts";
        mended.lost.push(format!("{}: {text}", aside.display()));
    }
    Ok(mended)
}

fn reindex(path: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)?.execute_batch("REINDEX")
}

fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let free = |number: u32| path.with_extension(format!("db.damaged-{number}"));
    let aside = (1..).map(free).find(|name| !name.exists()).unwrap_or_else(|| free(0));
    for (from, to) in Folder::with_companions(path).iter().zip(Folder::with_companions(&aside)) {
        if from.exists() {
            std::fs::rename(from, to)?;
        }
    }
    Ok(aside)
}

/// Copies readable rows of accounts to a new file. Returns the number of rows, and whether these are all.
fn save(aside: &Path, path: &Path) -> fault::Result<(u64, bool)> {
    let mut new = connect_once(path)?;
    let old = Connection::open_with_flags(aside, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let tx = new.transaction()?;
    let (mut rows, mut all) = (0, old.is_ok());
    for table in TABLES {
        let Ok(old) = &old else { continue };
        // Reads from both ends, up to the unreadable page.
        let whole = copy(old, &tx, table, "ASC").is_ok();
        all &= whole;
        if !whole {
            let _ = copy(old, &tx, table, "DESC");
        }
        rows += tx.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, u64>(0))?;
    }
    tx.commit()?;
    super::force(&new)?;
    Ok((rows, all))
}

fn copy(old: &Connection, new: &Connection, table: &str, order: &str) -> fault::Result<()> {
    let columns = new.prepare(&format!("SELECT * FROM {table}"))?.column_count();
    let marks = vec!["?"; columns].join(", ");
    let mut insert = new.prepare(&format!("INSERT OR REPLACE INTO {table} VALUES ({marks})"))?;
    let mut look = old.prepare(&format!("SELECT * FROM {table} ORDER BY 1 {order}"))?;
    let mut found = look.query([])?;
    while let Some(row) = found.next()? {
        let values: Vec<Value> = (0..columns).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?;
        insert.execute(params_from_iter(values))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    fn book(folder: &Path, budgets: u32) -> PathBuf {
        let path = folder.join("budgets.db");
        let accounts = super::super::open(&path).unwrap();
        accounts
            .transact(&mut |sheet| {
                (0..budgets).try_for_each(|at| sheet.define(&format!("b{at:04}"), Some(&"x".repeat(300))))
            })
            .unwrap();
        path
    }

    #[test]
    fn a_book_that_is_damaged_is_named_and_what_can_be_read_is_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = book(folder.path(), 200);
        assert_eq!(check(&path, Checked::Accounts).unwrap(), Vec::<String>::new());
        assert_eq!(repair(&path, Checked::Accounts).unwrap(), Mended::default());
        // The last pages are inner ones and the newest rows. Leaves come before them, and one leaf is lost.
        let pages = std::fs::metadata(&path).unwrap().len() / 4_096;
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.write_all_at(&[0xa5; 4_096], (pages - 5) * 4_096).unwrap();
        let found = check(&path, Checked::Accounts).unwrap();
        assert!(found[0].contains("budgets.db"), "{found:?}");
        let mended = repair(&path, Checked::Accounts).unwrap();
        assert!(mended.done[0].contains("budgets.db.damaged-1") && mended.lost.len() == 1, "{mended:?}");
        assert_eq!(check(&path, Checked::Accounts).unwrap(), Vec::<String>::new());
        let mut left = 0;
        super::super::open(&path)
            .unwrap()
            .transact(&mut |sheet| {
                left = sheet.definitions()?.len();
                Ok(())
            })
            .unwrap();
        assert!((150..200).contains(&left), "{left}");
    }

    #[test]
    fn what_is_no_book_and_what_is_empty_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("budgets.db");
        assert_eq!(check(&path, Checked::Accounts).unwrap(), Vec::<String>::new());
        for content in [&b""[..], b"nothing of the kind"] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(check(&path, Checked::Accounts).unwrap().len(), 1);
        }
        // A register is never set aside.
        let mended = repair(&path, Checked::Register(7)).unwrap();
        assert!(mended.done.is_empty() && mended.lost.len() == 1 && path.exists(), "{mended:?}");
    }
}
