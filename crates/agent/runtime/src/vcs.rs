//! Commit and branch of the working folder, read from its git files. No git process is started.
//!
//! Layout of a repository: <https://git-scm.com/docs/gitrepository-layout>; names of the attributes:
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/vcs/>.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use quipu_core::Attributes;

/// Most parent folders to search.
const UP: usize = 64;
/// Most references that point to references.
const HOPS: usize = 5;
/// Most bytes to read of a small file.
const SMALL: u64 = 64 << 10;
/// Most bytes to read of the packed references: some hundred thousand of them.
const PACKED: u64 = 8 << 20;

/// Checked-out state of a repository.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Commit in hexadecimal.
    pub revision: Option<String>,
    /// Branch; `None` for a detached HEAD.
    pub name: Option<String>,
    /// Name of the repository: from its `origin`, else its folder.
    pub repository: Option<String>,
}

/// Adds the state of the working folder to the attributes, except those that already exist.
pub(crate) fn describe(attributes: &mut Attributes) {
    let Some(head) = std::env::current_dir().ok().and_then(|folder| head(&folder)) else { return };
    let told = [
        ("vcs.ref.head.revision", head.revision),
        ("vcs.ref.head.name", head.name),
        ("vcs.repository.name", head.repository),
    ];
    for (key, value) in told {
        if let Some(value) = value.filter(|_| attributes.get(key).is_none()) {
            attributes.push(key, value);
        }
    }
}

/// State of a folder's repository; `None` outside of a repository.
pub(crate) fn head(folder: &Path) -> Option<Head> {
    let (top, own) = folder.ancestors().take(UP).find_map(|folder| Some((folder, git_folder(folder)?)))?;
    // A worktree has its own HEAD and shares everything else.
    let common = match small(&own.join("commondir")) {
        Some(path) => own.join(path.trim()),
        None => own.clone(),
    };
    let text = small(&own.join("HEAD"))?;
    let text = text.trim();
    let reference = text.strip_prefix("ref:").map(str::trim);
    Some(Head {
        revision: match reference {
            Some(reference) => resolve(&own, &common, reference),
            None => revision(text),
        },
        name: reference
            .map(|reference| reference.strip_prefix("refs/heads/").unwrap_or(reference).to_owned()),
        repository: origin(&common).or_else(|| Some(top.file_name()?.to_str()?.to_owned())),
    })
}

/// The folder `.git`, or the folder that a file `.git` names, as in worktrees and submodules.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = small(&git)?;
    let named = folder.join(text.strip_prefix("gitdir:")?.trim());
    named.is_dir().then_some(named)
}

/// Commit of a reference: from its own file, or from the packed references.
fn resolve(own: &Path, common: &Path, reference: &str) -> Option<String> {
    let mut reference = reference.to_owned();
    for _ in 0..HOPS {
        // A path that leaves the folder is no valid reference.
        if reference.split('/').any(|part| part.is_empty() || part == ".." || part == ".") {
            return None;
        }
        let Some(text) = small(&own.join(&reference)).or_else(|| small(&common.join(&reference))) else {
            return packed(common, &reference);
        };
        match text.trim().strip_prefix("ref:") {
            Some(next) => reference = next.trim().to_owned(),
            None => return revision(text.trim()),
        }
    }
    None
}

fn packed(common: &Path, reference: &str) -> Option<String> {
    let file = File::open(common.join("packed-refs")).ok()?;
    BufReader::new(file.take(PACKED)).lines().map_while(Result::ok).find_map(|line| {
        let (commit, name) = line.split_once(' ')?;
        (name.trim_end() == reference).then(|| revision(commit))?
    })
}

/// Parses a commit id, SHA-1 or SHA-256.
fn revision(text: &str) -> Option<String> {
    let whole = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole.then(|| text.to_ascii_lowercase())
}

/// Last part of the address of `origin`, without credentials before it.
fn origin(common: &Path) -> Option<String> {
    let config = small(&common.join("config"))?;
    let mut within = false;
    let address = config.lines().map(str::trim).find_map(|line| {
        if line.starts_with('[') {
            within = line == "[remote \"origin\"]";
            return None;
        }
        let (key, value) = line.split_once('=')?;
        (within && key.trim() == "url").then(|| value.trim())
    })?;
    let name = address.trim_end_matches('/').rsplit(['/', ':', '\\']).next()?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    (!name.is_empty() && !name.contains('@')).then(|| name.to_owned())
}

/// Text of a small file.
fn small(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(path).ok()?.take(SMALL).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use super::*;

    const ONE: &str = "0123456789abcdef0123456789abcdef01234567";
    const TWO: &str = "89abcdef0123456789abcdef0123456789abcdef";

    fn put(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_branch_from_a_folder_below() {
        let place = tempfile::tempdir().unwrap();
        let git = place.path().join(".git");
        put(&git.join("HEAD"), "ref: refs/heads/feature/one\n");
        put(&git.join("refs/heads/feature/one"), &format!("{ONE}\n"));
        put(
            &git.join("config"),
            "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://user:secret@example.com/group/agent.git\n",
        );
        let below = place.path().join("a/b/c");
        fs::create_dir_all(&below).unwrap();
        let told = head(&below).unwrap();
        assert_eq!(told.revision.as_deref(), Some(ONE));
        assert_eq!(told.name.as_deref(), Some("feature/one"));
        assert_eq!(told.repository.as_deref(), Some("agent"));
    }

    #[test]
    fn packed_references_and_no_origin() {
        let place = tempfile::tempdir().unwrap();
        let top = place.path().join("house");
        put(&top.join(".git/HEAD"), "ref: refs/heads/main\n");
        put(
            &top.join(".git/packed-refs"),
            &format!("# pack-refs with: peeled\n{TWO} refs/heads/mainly\n{ONE} refs/heads/main\n^{TWO}\n"),
        );
        let told = head(&top).unwrap();
        assert_eq!((told.revision.as_deref(), told.repository.as_deref()), (Some(ONE), Some("house")));
    }

    #[test]
    fn a_worktree_has_a_head_of_its_own() {
        let place = tempfile::tempdir().unwrap();
        let git = place.path().join("main/.git");
        put(&git.join("HEAD"), "ref: refs/heads/main\n");
        put(&git.join("refs/heads/side"), ONE);
        put(&git.join("worktrees/side/HEAD"), "ref: refs/heads/side\n");
        put(&git.join("worktrees/side/commondir"), "../..\n");
        put(&place.path().join("side/.git"), &format!("gitdir: {}\n", git.join("worktrees/side").display()));
        let told = head(&place.path().join("side")).unwrap();
        assert_eq!((told.revision.as_deref(), told.name.as_deref()), (Some(ONE), Some("side")));
    }

    #[test]
    fn a_commit_that_is_checked_out_itself_has_no_branch() {
        let place = tempfile::tempdir().unwrap();
        put(&place.path().join(".git/HEAD"), &format!("{ONE}\n"));
        let told = head(place.path()).unwrap();
        assert_eq!((told.revision.as_deref(), told.name), (Some(ONE), None));
    }

    #[test]
    fn before_the_first_commit_and_with_nonsense_there_is_no_revision() {
        let place = tempfile::tempdir().unwrap();
        let git = place.path().join(".git");
        put(&git.join("HEAD"), "ref: refs/heads/main\n");
        assert_eq!(head(place.path()).unwrap().revision, None);
        put(&git.join("HEAD"), "ref: ../../etc/passwd\n");
        assert_eq!(head(place.path()).unwrap().revision, None);
        put(&git.join("HEAD"), "ref: refs/heads/loop\n");
        put(&git.join("refs/heads/loop"), "ref: refs/heads/loop\n");
        assert_eq!(head(place.path()).unwrap().revision, None);
    }
}
