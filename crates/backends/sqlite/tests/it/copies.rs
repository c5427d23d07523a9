//! Tests of copies, and of interrupted restores.

use std::fs::File;
use std::path::{Path, PathBuf};

use quipu_backend_sqlite::backup::{self, Entry, Manifest, Places};
use quipu_backend_sqlite::{Config, Sqlite, migrate, repair};
use quipu_conformance::sample::{draft, trace_id};
use quipu_core::{Backend, Error, ErrorKind, Store};
use sha2::{Digest, Sha256};

use crate::{open, sound, write};

/// A data folder with a separate store folder.
struct Apart(tempfile::TempDir);

impl Apart {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn filled() -> Self {
        let apart = Self::new();
        std::fs::create_dir(apart.data()).unwrap();
        std::fs::write(apart.data().join("note"), "kept").unwrap();
        let store = open(&apart.store());
        write(&store, [draft(1, 1).span()], []).await;
        store.close().await.unwrap();
        apart
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn places(&self) -> Places {
        Places::new(&self.data(), &self.store())
    }
}

/// The first bytes of an archive.
const BEGUN: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58];

fn take(places: &Places, out: &Path) -> Result<Manifest, Error> {
    backup::take(places, out, "test", &mut |_| {})
}

fn unfinished(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(error.to_string().contains("did not finish"), "{error}");
}

async fn is_refused(store: &Path) {
    unfinished(&Sqlite::open(Config::at(store)).unwrap_err());
    unfinished(&Sqlite::open_read_only(store).unwrap_err());
    unfinished(&migrate::plan(store).unwrap_err());
    unfinished(&repair(Config::at(store), false, &crate::Unpriced, &mut |_| {}).await.unwrap_err());
}

/// Adds a file to a copy and its manifest, which then has the format without a checksum.
fn add(copy: &Path, name: &str) {
    std::fs::write(copy.join(name), "x").unwrap();
    let path = copy.join("manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let sha256 = Sha256::digest("x").iter().map(|byte| format!("{byte:02x}")).collect();
    manifest.files.push(Entry { name: name.into(), bytes: 1, sha256, damaged: false });
    let (stores, sha256) = (Vec::new(), String::new());
    let manifest = Manifest { format: 1, stores, sha256, ..manifest };
    std::fs::write(path, serde_json::to_vec(&manifest).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_lies_apart_comes_back_and_leaves_no_mark() {
    let (from, to) = (Apart::filled().await, Apart::new());
    let copy = from.0.path().join("copy");
    take(&from.places(), &copy).unwrap();
    backup::restore(&copy, &to.places()).unwrap();
    assert!(!to.data().join(".restoring").exists() && !to.store().join(".restoring").exists());
    assert_eq!(std::fs::read(to.data().join("note")).unwrap(), b"kept");
    let store = open(&to.store());
    assert!(store.trace(trace_id(1)).await.unwrap().is_some());
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_breaks_off_is_opened_nowhere() {
    let (from, to) = (Apart::filled().await, Apart::new());
    let copy = from.0.path().join("copy");
    take(&from.places(), &copy).unwrap();
    // A file cannot get the name of an existing folder.
    add(&copy, "store/.restoring");
    backup::restore(&copy, &to.places()).unwrap_err();
    is_refused(&to.store()).await;
    is_refused(&to.data()).await;
    // No copy of it is made either.
    unfinished(&take(&to.places(), &from.0.path().join("other")).unwrap_err());
    // Errors found before any file has its name leave nothing behind.
    let third = Apart::new();
    std::fs::write(copy.join("store/more"), "?").unwrap();
    assert_eq!(backup::restore(&copy, &third.places()).unwrap_err().kind(), ErrorKind::Damaged);
    assert!(std::fs::read_dir(third.data()).unwrap().next().is_none() && !third.store().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stores_of_projects_are_refused_with_their_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("projects/shop");
    let store = open(&project);
    write(&store, [draft(1, 1).span()], []).await;
    store.close().await.unwrap();
    std::fs::create_dir(folder.path().join(".restoring")).unwrap();
    is_refused(&project).await;
    std::fs::remove_dir(folder.path().join(".restoring")).unwrap();
    sound(&open(&project)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_copy_left_is_in_nobodys_way() {
    let from = Apart::filled().await;
    for (name, is_folder) in
        [("copy", true), ("copy.tar.zst", false), ("other", false), ("other.tar.zst", true)]
    {
        let out = from.0.path().join(name);
        let left = from.0.path().join(format!("{name}.partial"));
        if is_folder {
            std::fs::create_dir_all(left.join("data")).unwrap();
            std::fs::write(left.join("data/note"), "half").unwrap();
        } else {
            std::fs::write(&left, BEGUN).unwrap();
        }
        // Another process is at work on it.
        let held = File::open(&left).unwrap();
        held.lock().unwrap();
        let error = take(&from.places(), &out).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Locked, "{name}: {error}");
        assert!(left.exists());
        drop(held);
        take(&from.places(), &out).unwrap();
        assert!(!left.exists(), "{name}");
        backup::verify(&out).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_copy_has_left_is_not_removed_for_one() {
    let from = Apart::filled().await;
    let refused = |name: &str, left: &Path| {
        let error = take(&from.places(), &from.0.path().join(name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains(left.to_str().unwrap()), "{error}");
    };
    let folder = from.0.path().join("copy.partial");
    std::fs::create_dir_all(folder.join("data")).unwrap();
    std::fs::write(folder.join("thesis.txt"), "years of work").unwrap();
    refused("copy", &folder);
    assert_eq!(std::fs::read(folder.join("thesis.txt")).unwrap(), b"years of work");
    let file = from.0.path().join("copy.tar.zst.partial");
    std::fs::write(&file, "years of work").unwrap();
    refused("copy.tar.zst", &file);
    assert_eq!(std::fs::read(&file).unwrap(), b"years of work");
    // A missing empty file is no error.
    std::fs::write(&file, "").unwrap();
    std::fs::remove_file(folder.join("thesis.txt")).unwrap();
    for name in ["copy", "copy.tar.zst"] {
        take(&from.places(), &from.0.path().join(name)).unwrap();
    }
}
