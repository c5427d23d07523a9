//! Access by keys, and attacks on an encrypted file.

use quipu_pages::{Kind, inspect};
use rusqlite::{Connection, OpenFlags};

use super::*;

fn all_files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // Shared memory holds page numbers only, and each process creates it anew.
    let mut all: Vec<_> = entries
        .filter(|path| !path.to_string_lossy().ends_with("-shm"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    all.sort();
    all
}

fn finds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

#[test]
fn nothing_of_an_encrypted_database_is_readable_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let conn = open(both()[1], &path).unwrap();
    conn.pragma_update(None, "cache_size", 5).unwrap();
    for round in 0..3 {
        fill(&conn, round * 50..round * 50 + 50).unwrap();
        conn.execute("CREATE TABLE IF NOT EXISTS sorted AS SELECT word FROM words ORDER BY word DESC", [])
            .unwrap();
        conn.execute("UPDATE words SET word = word || ''", []).unwrap();
        let files = all_files(folder.path());
        assert!(files.len() > 1);
        for (path, bytes) in files {
            assert!(bytes.is_empty() || !finds(&bytes, SECRET), "{}", path.display());
            assert!(!finds(&bytes, "CREATE TABLE"), "{}", path.display());
        }
    }
    drop(conn);
    assert!(all_files(folder.path()).iter().all(|(_, bytes)| !finds(bytes, SECRET)));
    // The same words are found in an unencrypted file, which proves that this test can fail.
    let clear = tempfile::tempdir().unwrap();
    fill(&open(both()[0], &clear.path().join("a.db")).unwrap(), 0..50).unwrap();
    assert!(all_files(clear.path()).iter().any(|(_, bytes)| finds(bytes, SECRET)));
}

#[test]
fn the_same_words_are_never_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["a.db", "b.db"].map(|name| folder.path().join(name));
    for name in &names {
        fill(&open(both()[1], name).unwrap(), 0..50).unwrap();
    }
    let [a, b] = names.map(|name| std::fs::read(name).unwrap());
    let same = a.chunks(16).zip(b.chunks(16)).skip(7).filter(|(a, b)| a == b).count();
    assert_eq!((a.len(), same), (b.len(), 0));
}

#[test]
fn a_wrong_key_or_none_opens_nothing_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let [clear, sealed] = both();
    let other = Pages::sealed(key(2)).unwrap();
    let conn = open(sealed, &path).unwrap();
    fill(&conn, 0..30).unwrap();
    let left = folder.path().join("left.db");
    copy(&path, &left);
    drop(conn);
    let before = all_files(folder.path());
    for file in [&path, &left] {
        for wrong in [clear, other] {
            assert!(open(wrong, file).is_err());
            let why = quipu_pages::last_refusal().unwrap();
            assert!(
                why.contains("encrypted with the key") && why.contains(&key(1).id().to_string()),
                "{why}"
            );
        }
        assert_eq!(inspect(file).unwrap(), Kind::Sealed(key(1).id()));
    }
    assert!(all_files(folder.path()) == before);
    assert_eq!(rows(&open(sealed, &left).unwrap()).unwrap().len(), 30);
}

#[test]
fn a_file_in_the_clear_is_not_written_to_under_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let [clear, sealed] = both();
    fill(&open(clear, &path).unwrap(), 0..30).unwrap();
    let before = all_files(folder.path());
    assert!(open(sealed, &path).is_err());
    assert!(quipu_pages::last_refusal().unwrap().contains("not encrypted"));
    assert!(all_files(folder.path()) == before);
}

#[test]
fn programs_without_the_key_neither_change_a_database_nor_remove_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let conn = open(both()[1], &path).unwrap();
    fill(&conn, 0..30).unwrap();
    let left = folder.path().join("left.db");
    copy(&path, &left);
    drop(conn);
    for file in [&path, &left] {
        let before = all_files(folder.path());
        for sql in [
            "SELECT * FROM sqlite_schema",
            "PRAGMA user_version = 3",
            "PRAGMA wal_checkpoint(TRUNCATE)",
            "VACUUM",
        ] {
            let theirs = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
            let told = theirs.execute_batch(sql);
            assert!(told.is_err() || sql.contains("checkpoint"), "{sql}");
        }
        assert!(all_files(folder.path()) == before);
    }
    assert_eq!(rows(&open(both()[1], &left).unwrap()).unwrap().len(), 30);
}

#[test]
fn pages_that_somebody_put_into_a_rollback_journal_are_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let conn = open(both()[1], &path).unwrap();
    fill(&conn, 0..30).unwrap();
    drop(conn);
    // A journal as SQLite writes it: magic, one record, no nonce, page count, sector size, page size.
    let mut journal = vec![0; 512];
    journal[..8].copy_from_slice(&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
    let pages = u32::try_from(std::fs::metadata(&path).unwrap().len() / 4_096).unwrap();
    for (at, word) in [(8, 1), (12, 0), (16, pages), (20, 512), (24, 4_096_u32)] {
        journal[at..at + 4].copy_from_slice(&word.to_be_bytes());
    }
    journal.extend(2_u32.to_be_bytes());
    journal.extend([b'!'; 4_096]);
    let sum = (1..=4_096_u32 / 200).fold(0_u32, |sum, _| sum.wrapping_add(u32::from(b'!')));
    journal.extend(sum.to_be_bytes());
    let planted = beside(&path, "-journal");
    std::fs::write(&planted, &journal).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(open(both()[1], &path).is_err());
    let after = std::fs::read(&path).unwrap();
    assert!(
        after == before,
        "byte {:?} of {}",
        after.iter().zip(&before).position(|(a, b)| a != b),
        before.len()
    );
    std::fs::remove_file(planted).unwrap();
    assert_eq!(rows(&open(both()[1], &path).unwrap()).unwrap().len(), 30);
}
