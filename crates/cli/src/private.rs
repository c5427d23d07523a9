//! File permissions: new files are for the process's own user only, and wider permissions in a data folder
//! are reported.

use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::sync::OnceLock;

use crate::args::Command;

/// Limit of checked entries of a data folder.
const LOOKED_AT: usize = 20_000;
/// Wide entries that are named; the rest is counted.
const NAMED: usize = 5;
/// Folders within folders that are followed.
const DEPTH: usize = 8;
/// Bits that let the group or others in.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// The umask before [`settle`].
#[cfg(unix)]
static CALLERS: OnceLock<rustix::fs::Mode> = OnceLock::new();

/// Sets the umask to 077 for every command that writes data. Generated configuration is for other programs to
/// read and keeps the umask of the caller.
pub fn settle(command: &Command) {
    if !matches!(command, Command::Generate(_) | Command::Completions { .. }) {
        #[cfg(unix)]
        let _ = CALLERS.set(rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077)));
    }
}

/// Starts a program with the umask of the caller, because its files are not ours. A file that another thread
/// creates meanwhile can be wider; the data folder itself keeps other users out.
pub fn as_caller<T>(start: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    let own = CALLERS.get().map(|callers| rustix::process::umask(*callers));
    let started = start();
    #[cfg(unix)]
    own.map(rustix::process::umask);
    started
}

/// Logs one line that names what in a data folder other users can read or write. Nothing is changed: a group
/// may be let in on purpose.
pub fn warn_of_wide(folder: &Path) {
    let wide = wide(folder);
    if wide.is_empty() {
        return;
    }
    let named: Vec<&str> = wide.iter().take(NAMED).map(String::as_str).collect();
    let more = match wide.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    tracing::warn!(
        "other users can open the data folder {folder}: {named}{more}; `chmod -R go-rwx {folder}` keeps them out",
        folder = folder.display(),
        named = named.join(", ")
    );
}

/// Whether other users can open a file.
pub fn is_wide(file: &Path) -> bool {
    !wide(file).is_empty()
}

/// Entries of a folder that other users can open, the folder first, each by its name and mode.
#[cfg(unix)]
fn wide(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let (mut wide, mut looked) = (Vec::new(), 0);
    let mut waiting: Vec<(PathBuf, usize)> = vec![(folder.to_owned(), 0)];
    while let Some((path, depth)) = waiting.pop() {
        // The target of a symbolic link is checked as well; a file deleted meanwhile is fine.
        let Ok(found) = std::fs::metadata(&path) else { continue };
        looked += 1;
        let mode = found.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            let name = path.strip_prefix(folder).ok().filter(|name| !name.as_os_str().is_empty());
            wide.push(format!("{} ({mode:04o})", name.unwrap_or(Path::new(".")).display()));
        }
        if found.is_dir() && depth < DEPTH && looked < LOOKED_AT {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            let mut within: Vec<_> = entries.take(LOOKED_AT - looked).map(|entry| entry.path()).collect();
            within.sort_unstable_by(|one, other| other.cmp(one));
            waiting.extend(within.into_iter().map(|path| (path, depth + 1)));
        }
    }
    wide
}

#[cfg(not(unix))]
fn wide(_folder: &Path) -> Vec<String> {
    Vec::new()
}
