//! Tests of an encrypted store, and of modified pages.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use quipu_backend_sqlite::backup::{self, Places};
use quipu_backend_sqlite::{Config, KeySource, Sqlite};
use quipu_conformance::Suite;
use quipu_conformance::sample::{agent_runs, at, draft, trace_id};
use quipu_core::{Backend, ErrorKind, Health, Store, Timestamp, TraceQuery};

use crate::{open, sound, write};

/// A folder with a key next to it.
struct Vault(tempfile::TempDir);

impl Vault {
    fn new() -> Self {
        let vault = Self(tempfile::tempdir().unwrap());
        vault.put_key("1f");
        vault
    }

    fn put_key(&self, end: &str) {
        let text = format!("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e{end}\n");
        std::fs::write(self.0.path().join("key"), text).unwrap();
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn config(&self) -> Config {
        sealed(&self.folder(), &self.0.path().join("key"))
    }
}

fn sealed(folder: &Path, key: &Path) -> Config {
    let source = KeySource { key_file: Some(key.to_owned()), ..KeySource::default() };
    Config { encryption: Some(source), ..crate::config(folder) }
}

/// All files below a folder, except those that processes share while they are open.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if !path.to_string_lossy().ends_with("-shm") {
            // A log may be moved into its file meanwhile.
            all.extend(std::fs::read(&path).ok().map(|bytes| (path, bytes)));
        }
    }
    all.sort();
    all
}

fn hits(folder: &Path, words: &[&str]) -> Vec<String> {
    let finds = |bytes: &[u8], word: &str| {
        let spread: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let occurs =
            |wanted: &[u8]| bytes.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted));
        occurs(word.as_bytes()) || occurs(&spread)
    };
    let all = files(folder);
    assert!(!all.is_empty());
    let found = all.iter().flat_map(|(path, bytes)| {
        words
            .iter()
            .filter(|word| finds(bytes, word))
            .map(move |word| format!("{word} in {}", path.display()))
    });
    found.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_with_a_key() {
    let vaults: Arc<Mutex<Vec<Vault>>> = Arc::default();
    let kept = Arc::clone(&vaults);
    let make = move || {
        let vault = Vault::new();
        let config = vault.config();
        kept.lock().unwrap().push(vault);
        async move { Arc::new(Sqlite::open(config).unwrap()) as Arc<dyn Store> }
    };
    let suite = Suite::of_stores(make).reopening(|info| async move {
        let path = PathBuf::from(info.uri.trim_start_matches("sqlite:"));
        let key = path.parent().unwrap().join("key");
        Ok(Arc::new(Sqlite::open(sealed(&path, &key))?) as Arc<dyn Store>)
    });
    let report = suite.run().await;
    report.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_of_a_stored_prompt_is_in_any_file() {
    // Words of prompts, of answers, and names.
    let words = ["paragraph", "capital", "assistant", "agent", "session"];
    let in_the_clear = tempfile::tempdir().unwrap();
    let vault = Vault::new();
    let batch = || Arc::new(agent_runs(7, 30));
    let clear = open(in_the_clear.path());
    let store = Sqlite::open(vault.config()).unwrap();
    for store in [&clear, &store] {
        store.write(batch()).await.unwrap();
    }
    assert_eq!(hits(&vault.folder(), &words), Vec::<String>::new());
    for store in [clear, store] {
        store.close().await.unwrap();
    }
    assert_eq!(hits(&vault.folder(), &words), Vec::<String>::new());
    // Some of these words are found without encryption, so the test can fail.
    assert_ne!(hits(in_the_clear.path(), &words), Vec::<String>::new());
    let again = Sqlite::open(vault.config()).unwrap();
    sound(&again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_opens_with_its_key_alone_and_any_other_changes_nothing() {
    let vault = Vault::new();
    let store = Sqlite::open(vault.config()).unwrap();
    write(&store, [draft(1, 1).span()], []).await;
    store.close().await.unwrap();
    let before = files(&vault.folder());
    vault.put_key("20");
    for opened in [Sqlite::open(vault.config()), Sqlite::open_read_only_with(vault.config())] {
        let error = opened.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("encrypted with the key"), "{error}");
    }
    std::fs::remove_file(vault.0.path().join("key")).unwrap();
    assert_eq!(Sqlite::open(vault.config()).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(files(&vault.folder()) == before);
    // A copy in another folder without a configured key.
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("days")).unwrap();
    for (path, bytes) in &before {
        std::fs::write(copy.path().join(path.strip_prefix(vault.folder()).unwrap()), bytes).unwrap();
    }
    let error = Sqlite::open(Config::at(copy.path())).unwrap_err();
    assert!(error.to_string().contains("no key is given"), "{error}");
    vault.put_key("1f");
    let store = Sqlite::open_read_only_with(vault.config()).unwrap();
    assert!(store.trace(trace_id(1)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_in_the_clear_stays_so_and_a_key_is_refused() {
    let vault = Vault::new();
    let store = open(&vault.folder());
    write(&store, [draft(1, 1).span()], []).await;
    store.close().await.unwrap();
    let before = files(&vault.folder());
    let error = Sqlite::open(vault.config()).unwrap_err();
    assert!(error.to_string().contains("not encrypted"), "{error}");
    assert!(files(&vault.folder()) == before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_not_what_was_written_is_named_and_the_rest_is_served() {
    for key in [false, true] {
        let vault = Vault::new();
        let config = || if key { vault.config() } else { Config::at(vault.folder()) };
        let store = Sqlite::open(config()).unwrap();
        write(&store, [draft(1, 1).session("s").span()], []).await;
        write(&store, [draft(2, 1).session("s").starts(at(0).plus(Timestamp::DAY)).span()], []).await;
        store.close().await.unwrap();
        let mut days: Vec<_> = files(&vault.folder().join("days"));
        days.retain(|(path, _)| path.file_name().unwrap().to_string_lossy().starts_with("d-"));
        let (path, mut bytes) = days.remove(0);
        // One bit of each page except the first.
        bytes.iter_mut().skip(1_024 + 500).step_by(1_024).for_each(|byte| *byte ^= 1);
        std::fs::write(path, bytes).unwrap();
        let store = Sqlite::open(config()).unwrap();
        let page = store.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await.unwrap();
        assert_eq!(page.rows.len(), 1);
        let Health::Degraded(why) = store.health() else { panic!("{:?}", store.health()) };
        assert!(why.contains("page ") && why.contains("does not match its checksum"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_sealed_store_has_the_clear_database_beside_it() {
    let (vault, other) = (Vault::new(), Vault::new());
    let store = Sqlite::open(vault.config()).unwrap();
    write(&store, [draft(1, 1).span()], []).await;
    store.close().await.unwrap();
    drop(store);
    let beside = rusqlite::Connection::open(vault.folder().join("budgets.db")).unwrap();
    beside.execute_batch("CREATE TABLE budgets(name TEXT); INSERT INTO budgets VALUES ('month')").unwrap();
    drop(beside);
    let copy = vault.0.path().join("copy.tar.zst");
    let places = |vault: &Vault| Places::new(&vault.folder(), &vault.folder());
    let manifest = backup::take(&places(&vault), &copy, "test", &mut |_| {}).unwrap();
    assert!(manifest.files.iter().all(|file| !file.damaged), "{manifest:?}");
    backup::restore(&copy, &places(&other)).unwrap();
    let beside = rusqlite::Connection::open(other.folder().join("budgets.db")).unwrap();
    let name: String = beside.query_row("SELECT name FROM budgets", [], |row| row.get(0)).unwrap();
    assert_eq!(name, "month");
    let store = Sqlite::open(other.config()).unwrap();
    assert!(store.trace(trace_id(1)).await.unwrap().is_some());
    sound(&store).await;
}
