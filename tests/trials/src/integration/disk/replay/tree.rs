//! Files and names of a disk: synced state, and pending changes.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::super::log::Change;
use super::Model;

/// The watched folder itself.
pub const ROOT: usize = 0;
/// The watched folder is there before the log begins, so no record has its inode.
const UNKNOWN: u64 = 0;

/// A write or a new length of one file.
#[derive(Debug, Clone)]
pub enum Part {
    Write { offset: usize, bytes: Range<usize> },
    Length(usize),
}

impl Part {
    /// Applies it whole.
    pub fn apply(&self, log: &[u8], into: &mut Vec<u8>) {
        self.apply_where(log, into, 4_096, |_| true);
    }

    /// Applies those sectors that `keeps` keeps. A length is kept like a first sector.
    pub fn apply_where(
        &self,
        log: &[u8],
        into: &mut Vec<u8>,
        sector: usize,
        mut keeps: impl FnMut(usize) -> bool,
    ) {
        match self {
            Self::Length(length) => {
                if keeps(0) {
                    into.resize(*length, 0);
                }
            }
            Self::Write { offset, bytes } => {
                for number in 0..self.sectors(sector) {
                    // Sectors are those of the file, not of the write.
                    let begin = (offset / sector + number) * sector;
                    let (from, to) = (begin.max(*offset), (begin + sector).min(offset + bytes.len()));
                    if !keeps(number) || from >= to {
                        continue;
                    }
                    if into.len() < to {
                        into.resize(to, 0);
                    }
                    into[from..to]
                        .copy_from_slice(&log[bytes.start + from - offset..bytes.start + to - offset]);
                }
            }
        }
    }

    /// Sectors that it touches.
    pub fn sectors(&self, sector: usize) -> usize {
        match self {
            Self::Length(_) => 1,
            Self::Write { offset, bytes } => (offset + bytes.len()).div_ceil(sector) - offset / sector,
        }
    }
}

/// A file: changes that were forced to the disk, and those since.
#[derive(Debug, Default)]
pub struct File {
    pub forced: Vec<Part>,
    pub pending: Vec<Part>,
}

/// A file or a folder.
pub enum Node {
    File(File),
    Folder,
}

/// A change of names that happens as one: (folder, name, what it names from then on).
#[derive(Debug, Clone)]
pub struct Entry(Vec<(usize, String, Option<usize>)>);

/// All of the disk.
pub struct Tree {
    nodes: Vec<Node>,
    inodes: HashMap<u64, usize>,
    /// Names as the running program sees them.
    now: BTreeMap<(usize, String), usize>,
    /// Names that are forced to the disk.
    forced: BTreeMap<(usize, String), usize>,
    pending: Vec<Entry>,
}

impl Tree {
    /// An empty folder.
    pub fn new() -> Self {
        Self {
            nodes: vec![Node::Folder],
            inodes: HashMap::from([(UNKNOWN, ROOT)]),
            now: BTreeMap::new(),
            forced: BTreeMap::new(),
            pending: Vec::new(),
        }
    }

    /// A file or folder.
    pub fn node(&self, node: usize) -> Option<&Node> {
        self.nodes.get(node)
    }

    /// Changes of names that were not forced to the disk, in their order.
    pub fn pending_names(&self) -> &[Entry] {
        &self.pending
    }

    /// Names of a folder, after those of `kept` that change it.
    pub fn names_after(&self, folder: usize, kept: &[Entry]) -> BTreeMap<String, usize> {
        let own = self.forced.iter().filter(|((at, _), _)| *at == folder);
        let mut names: BTreeMap<String, usize> = own.map(|((_, name), node)| (name.clone(), *node)).collect();
        for (_, name, node) in kept.iter().flat_map(|entry| &entry.0).filter(|(at, _, _)| *at == folder) {
            match node {
                Some(node) => names.insert(name.clone(), *node),
                None => names.remove(name),
            };
        }
        names
    }

    /// Lets a change happen.
    pub fn apply(&mut self, change: &Change, model: Model) {
        match change {
            Change::Create { path, inode } => self.add(path, *inode, Node::File(File::default())),
            Change::Folder { path, inode } => self.add(path, *inode, Node::Folder),
            Change::Write { inode, offset, bytes } => {
                let offset = usize::try_from(*offset).unwrap_or_default();
                self.part(*inode, Part::Write { offset, bytes: bytes.clone() });
            }
            Change::Truncate { inode, length } => {
                self.part(*inode, Part::Length(usize::try_from(*length).unwrap_or_default()));
            }
            Change::Sync { inode } => self.force(*inode, model),
            Change::Remove { path } => {
                let entry = self.place(path).map(|(folder, name)| (folder, name, None));
                self.rename(entry.into_iter().collect());
            }
            Change::Rename { from, to } | Change::Link { from, to } => {
                let (Some((old, name)), Some((new, other))) = (self.place(from), self.place(to)) else {
                    return;
                };
                let node = self.now.get(&(old, name.clone())).copied();
                let moves = matches!(change, Change::Rename { .. });
                let gone = moves.then_some((old, name, None));
                self.rename(gone.into_iter().chain([(new, other, node)]).collect());
            }
        }
    }

    fn add(&mut self, path: &str, inode: u64, node: Node) {
        let Some((folder, name)) = self.place(path) else { return };
        self.nodes.push(node);
        let node = self.nodes.len() - 1;
        self.inodes.insert(inode, node);
        self.rename(vec![(folder, name, Some(node))]);
    }

    fn rename(&mut self, changes: Vec<(usize, String, Option<usize>)>) {
        apply(&mut self.now, &changes);
        self.pending.push(Entry(changes));
    }

    fn part(&mut self, inode: u64, part: Part) {
        if let Some(Node::File(file)) = self.inodes.get(&inode).and_then(|node| self.nodes.get_mut(*node)) {
            file.pending.push(part);
        }
    }

    fn force(&mut self, inode: u64, model: Model) {
        // A folder that no record made is the watched one.
        let node = self.inodes.get(&inode).copied().unwrap_or(ROOT);
        if let Some(Node::File(file)) = self.nodes.get_mut(node) {
            file.forced.append(&mut file.pending);
        }
        let folder = matches!(self.nodes.get(node), Some(Node::Folder));
        let forces = |entry: &Entry| match model {
            Model::Ordered => true,
            Model::Free => folder && entry.0.iter().any(|(at, _, _)| *at == node),
        };
        let (forced, pending): (Vec<Entry>, _) =
            std::mem::take(&mut self.pending).into_iter().partition(forces);
        self.pending = pending;
        for entry in forced {
            apply(&mut self.forced, &entry.0);
        }
    }

    /// The folder of a path, and the name in it.
    fn place(&self, path: &str) -> Option<(usize, String)> {
        let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let name = parts.pop()?.to_owned();
        let folder = parts
            .into_iter()
            .try_fold(ROOT, |folder, part| self.now.get(&(folder, part.to_owned())).copied())?;
        Some((folder, name))
    }
}

fn apply(names: &mut BTreeMap<(usize, String), usize>, changes: &[(usize, String, Option<usize>)]) {
    for (folder, name, node) in changes {
        match node {
            Some(node) => names.insert((*folder, name.clone()), *node),
            None => names.remove(&(*folder, name.clone())),
        };
    }
}
