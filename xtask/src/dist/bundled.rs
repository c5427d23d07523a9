//! C libraries within crates, which vulnerability databases know by other names.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::linked::{Crate, Id};

/// Finds them in the crates of a binary, with their versions.
pub fn find(crates: &BTreeMap<Id, Crate>) -> Result<Vec<(Id, &'static str, String)>> {
    let mut found = Vec::new();
    for (id, one) in crates.iter().filter(|(_, one)| one.inside) {
        match id.0.as_str() {
            "libsqlite3-sys" => found.push((id.clone(), "sqlite", sqlite(one)?)),
            "zstd-sys" => {
                let version = id.1.split_once("+zstd.").context("zstd-sys names no version of zstd")?.1;
                found.push((id.clone(), "zstd", version.to_owned()));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The crate's own version does not tell; SQLite's header does.
fn sqlite(one: &Crate) -> Result<String> {
    let folder = one.package.manifest_path.parent().context("a crate without a folder")?;
    let header = std::fs::read_to_string(folder.join("sqlite3/sqlite3.h")).context("sqlite3.h")?;
    let line = header.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION "));
    Ok(line.context("sqlite3.h tells no version")?.trim().trim_matches('"').to_owned())
}

/// The hexadecimal digits of npm's `sha512-…`; none for other hashes.
pub fn sha512(integrity: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(integrity.strip_prefix("sha512-")?).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
