//! Price books on disk: past lists in `prices/`, the user's own prices in `prices.toml`.

use std::fs::{self, File};
use std::io::{ErrorKind as Io, Write as _};
use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result};
use quipu_prices::{Books, UserBook};

/// Name of the user's book in the data folder.
pub const USER_FILE: &str = "prices.toml";

/// Name of the folder of past lists in the data folder.
pub const PAST: &str = "prices";

/// Opens the books of a data folder: the built-in ones, every list in `prices/*.postcard`, and the user's
/// `prices.toml`. Returns notes about unusable files.
///
/// The user's book is copied to `prices/user-VERSION.toml`, so its prices can still be explained after a
/// change.
///
/// # Errors
/// The user's book cannot be read or has an invalid entry: the error names every line. A missing folder has
/// no books.
pub fn open(folder: &Path) -> Result<(Books, Vec<String>)> {
    open_with(folder, None)
}

/// Same as [`open`], with the user's book in another file, which must exist.
///
/// # Errors
/// As for [`open`], or the file does not exist.
pub fn open_with(folder: &Path, user: Option<&Path>) -> Result<(Books, Vec<String>)> {
    let user = match user {
        Some(path) => Some(read_user(path)?.ok_or_else(|| missing(path))?),
        None => read_user(&folder.join(USER_FILE))?,
    };
    let (past, mut notes) = past(&folder.join(PAST));
    if past.is_empty() && user.is_none() {
        return Ok((Books::vendored(), notes));
    }
    if let Some(user) = &user
        && let Err(why) = keep(&folder.join(PAST), user)
    {
        notes.push(format!("the user's book is not kept for later explanations: {why}"));
    }
    let (books, more) = Books::new(past, user);
    notes.extend(more);
    Ok((books, notes))
}

/// Stores a data file from a newer list and returns its path. The next opening of the books uses it. A file
/// with the same content is written once.
///
/// # Errors
/// It is no data file, or cannot be written.
pub fn import(folder: &Path, file: &[u8]) -> Result<PathBuf> {
    let wrong = |why: String| Error::new(ErrorKind::Invalid, "import prices", why);
    let books = Books::decode(file.to_vec()).map_err(|why| wrong(why.to_string()))?;
    let sources = books.sources();
    let source = sources.first().ok_or_else(|| wrong("the price data has no book".to_owned()))?;
    let name = format!("{}-{}-{}.postcard", source.source, source.version, source.retrieved);
    let name: String =
        name.chars().map(|letter| if letter == '/' || letter == '\\' { '-' } else { letter }).collect();
    let past = folder.join(PAST);
    fs::create_dir_all(&past).map_err(|why| io(&past, why))?;
    let path = past.join(&name);
    write_whole(&path, file).map_err(|why| io(&path, why))?;
    Ok(path)
}

/// Writes under a temporary name unique to the process, then renames, so a visible file is complete.
fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&part, path));
    if done.is_err() {
        let _ = fs::remove_file(&part);
    }
    done
}

fn read_user(path: &Path) -> Result<Option<UserBook>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == Io::NotFound => return Ok(None),
        Err(why) => return Err(io(path, why)),
    };
    let book = UserBook::parse(&text).map_err(|errors| {
        let lines = errors.iter().map(|error| format!("{}:{}: {}", path.display(), error.line, error.what));
        Error::new(ErrorKind::Invalid, "read prices", lines.collect::<Vec<_>>().join("\n"))
    })?;
    Ok(Some(book))
}

/// Every file of past prices by name, and notes about unreadable ones.
fn past(folder: &Path) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == Io::NotFound => return (files, notes),
        Err(why) => {
            notes.push(format!("{}: {why}", folder.display()));
            return (files, notes);
        }
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !(name.ends_with(".postcard") || (name.starts_with("user-") && name.ends_with(".toml"))) {
            continue;
        }
        match fs::read(&path) {
            Ok(bytes) => files.push((name, bytes)),
            Err(why) => notes.push(format!("{}: {why}", path.display())),
        }
    }
    files.sort();
    (files, notes)
}

fn keep(folder: &Path, user: &UserBook) -> std::io::Result<()> {
    let path = folder.join(format!("user-{}.toml", user.version()));
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    write_whole(&path, user.text().as_bytes())
}

fn io(path: &Path, why: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "open prices", path.display().to_string()).caused_by(why)
}

fn missing(path: &Path) -> Error {
    Error::new(ErrorKind::NotFound, "read prices", format!("{}: the file does not exist", path.display()))
}
