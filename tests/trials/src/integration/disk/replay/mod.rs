//! State of a watched disk after a power cut, under a model of a file system.

mod chance;
mod tree;

use std::fs;
use std::path::Path;

use anyhow::Result;

pub use self::chance::Chance;
use self::tree::{Entry, Node, Tree};
use super::log::Record;

/// Guarantees of a file system for changes that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Names change in their order, and syncing any file syncs all names before it, as a journal does. The
    /// last writes of each file may be missing.
    Ordered,
    /// Each write and each change of a name is kept or dropped independently. A write may be kept in part, in
    /// sectors of 512 or 4,096 bytes.
    Free,
}

impl Model {
    /// For messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Free => "free",
        }
    }
}

/// Writes what a cut after `records` leaves into an empty folder.
///
/// # Errors
/// The folder cannot be written.
pub fn materialise(
    log: &[u8],
    records: &[Record],
    model: Model,
    chance: &mut Chance,
    into: &Path,
) -> Result<()> {
    let mut tree = Tree::new();
    for record in records {
        tree.apply(&record.change, model);
    }
    let luck = chance.share();
    let names = kept_names(&tree, model, chance, luck);
    write_folder(&tree, &names, tree::ROOT, &mut Cut { log, model, chance, luck }, into)
}

/// Entries of each folder after the cut: those forced to the disk, and of the others those that luck keeps.
fn kept_names(tree: &Tree, model: Model, chance: &mut Chance, luck: u32) -> Vec<Entry> {
    let pending = tree.pending_names();
    let first = chance.below(pending.len() + 1);
    let kept = pending.iter().enumerate().filter(|(at, _)| match model {
        Model::Ordered => *at < first,
        Model::Free => chance.happens(luck),
    });
    kept.map(|(_, entry)| entry.clone()).collect()
}

struct Cut<'a> {
    log: &'a [u8],
    model: Model,
    chance: &'a mut Chance,
    luck: u32,
}

fn write_folder(tree: &Tree, kept: &[Entry], folder: usize, cut: &mut Cut<'_>, into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    for (name, node) in tree.names_after(folder, kept) {
        let path = into.join(&name);
        match tree.node(node) {
            Some(Node::Folder) => write_folder(tree, kept, node, cut, &path)?,
            Some(Node::File(file)) => fs::write(path, content(file, cut))?,
            None => {}
        }
    }
    Ok(())
}

/// Bytes of a file after the cut.
fn content(file: &tree::File, cut: &mut Cut<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for change in &file.forced {
        change.apply(cut.log, &mut bytes);
    }
    let first = cut.chance.below(file.pending.len() + 1);
    let sector = if cut.chance.happens(50) { 512 } else { 4_096 };
    for (at, change) in file.pending.iter().enumerate() {
        match cut.model {
            Model::Ordered if at < first => change.apply(cut.log, &mut bytes),
            Model::Ordered if at == first => {
                // The last write may be there in part: its beginning.
                let sectors = change.sectors(sector);
                let whole = cut.chance.below(sectors + 1);
                change.apply_where(cut.log, &mut bytes, sector, |sector| sector < whole);
            }
            Model::Ordered => {}
            Model::Free => match cut.chance.below(3) {
                0 => {
                    let luck = cut.luck;
                    change.apply_where(cut.log, &mut bytes, sector, |_| cut.chance.happens(luck));
                }
                _ if cut.chance.happens(cut.luck) => change.apply(cut.log, &mut bytes),
                _ => {}
            },
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
