//! Written data is read back unchanged after any operation of SQLite.

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::*;

#[test]
fn what_is_written_is_read_after_each_reopening() {
    for pages in both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        for round in 0..4 {
            let conn = open(pages, &path).unwrap();
            fill(&conn, round * 100..round * 100 + 100).unwrap();
            assert_eq!(rows(&conn).unwrap().len(), usize::try_from(round * 100 + 100).unwrap());
        }
        assert!(!beside(&path, "-wal").exists());
    }
}

#[test]
fn a_file_that_shrinks_and_grows_has_no_page_that_cannot_be_read() {
    for pages in both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let conn = open(pages, &path).unwrap();
        conn.pragma_update(None, "wal_autocheckpoint", 20).unwrap();
        for round in 0..12 {
            fill(&conn, round * 60..round * 60 + 60).unwrap();
            conn.execute("DELETE FROM words WHERE id % 3 = ?1", [round % 3]).unwrap();
            conn.execute_batch("PRAGMA incremental_vacuum(7)").unwrap();
            if round == 7 {
                conn.execute_batch("VACUUM").unwrap();
            }
            let told: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(told, "ok");
        }
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        // A backup reads each page, also unused ones.
        let mut copy = open(pages, &folder.path().join("b.db")).unwrap();
        Backup::new(&conn, &mut copy)
            .unwrap()
            .run_to_completion(50, std::time::Duration::ZERO, None)
            .unwrap();
        assert_eq!(rows(&copy).unwrap(), rows(&conn).unwrap());
        let again = open(pages, &path).unwrap();
        assert_eq!(rows(&again).unwrap(), rows(&conn).unwrap());
    }
}

#[test]
fn pages_that_are_written_twice_within_a_transaction_are_read_back() {
    for pages in both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let conn = open(pages, &path).unwrap();
        // A small cache repeatedly spills pages into the log during a transaction.
        conn.pragma_update(None, "cache_size", 5).unwrap();
        fill(&conn, 0..50).unwrap();
        for round in 0..6 {
            conn.execute_batch("BEGIN").unwrap();
            for _ in 0..3 {
                conn.execute("UPDATE words SET word = word || 'x'", []).unwrap();
                conn.execute("UPDATE words SET word = substr(word, 1, length(word) - 1)", []).unwrap();
                conn.execute_batch("SAVEPOINT s").unwrap();
                conn.execute("UPDATE words SET word = 'lost'", []).unwrap();
                conn.execute_batch("ROLLBACK TO s").unwrap();
                assert_eq!(rows(&conn).unwrap().len(), 50);
            }
            conn.execute_batch(if round % 2 == 0 { "COMMIT" } else { "ROLLBACK" }).unwrap();
            assert_eq!(rows(&conn).unwrap().len(), 50);
            let other = folder.path().join(format!("{round}.db"));
            copy(&path, &other);
            assert_eq!(rows(&open(pages, &other).unwrap()).unwrap().len(), 50);
        }
    }
}

#[test]
fn a_copy_by_vacuum_into_is_guarded_too() {
    for pages in both() {
        let folder = tempfile::tempdir().unwrap();
        let conn = open(pages, &folder.path().join("a.db")).unwrap();
        // The cache is smaller than the copy, so its first page is not written first.
        conn.pragma_update(None, "cache_size", 10).unwrap();
        fill(&conn, 0..200).unwrap();
        let to = folder.path().join("b.db");
        conn.execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
        let kind = quipu_pages::inspect(&to).unwrap();
        assert_eq!(kind, quipu_pages::inspect(&folder.path().join("a.db")).unwrap());
        assert_eq!(rows(&open(pages, &to).unwrap()).unwrap().len(), 200);
    }
}

#[test]
fn an_old_file_is_read_as_it_is_and_has_checksums_after_vacuum() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let conn = Connection::open(&path).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    fill(&conn, 0..100).unwrap();
    drop(conn);
    let [clear, _] = both();
    let reader = open(clear, &path).unwrap();
    assert_eq!(rows(&reader).unwrap().len(), 100);
    assert_eq!(quipu_pages::inspect(&path).unwrap(), quipu_pages::Kind::Bare);
    let writer = open(clear, &path).unwrap();
    fill(&writer, 100..120).unwrap();
    writer.execute_batch("VACUUM").unwrap();
    // A connection that had the file open before continues, also as the one that checkpoints the log.
    assert_eq!(rows(&reader).unwrap().len(), 120);
    fill(&reader, 120..130).unwrap();
    reader.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    assert_eq!(rows(&writer).unwrap().len(), 130);
    drop((reader, writer));
    assert_eq!(quipu_pages::inspect(&path).unwrap(), quipu_pages::Kind::Summed);
    assert_eq!(rows(&open(clear, &path).unwrap()).unwrap().len(), 130);
}

#[test]
fn a_file_with_checksums_is_one_for_others_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let ours = open(both()[0], &path).unwrap();
    fill(&ours, 0..100).unwrap();
    let theirs = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(rows(&theirs).unwrap().len(), 100);
    drop(ours);
    assert_eq!(rows(&theirs).unwrap().len(), 100);
}

#[test]
fn readers_and_a_writer_of_many_threads_see_whole_states() {
    for pages in both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let writer = open(pages, &path).unwrap();
        writer.pragma_update(None, "wal_autocheckpoint", 30).unwrap();
        fill(&writer, 0..20).unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let conn = open(pages, &path).unwrap();
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        assert_eq!(rows(&conn).unwrap().len() % 20, 0);
                    }
                });
            }
            for round in 1..30 {
                fill(&writer, round * 20..round * 20 + 20).unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    }
}
