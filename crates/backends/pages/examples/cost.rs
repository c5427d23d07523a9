//! Measures the cost of checksums and encryption: the same work without this crate, with checksums, and with
//! a key.
//!
//! The time is CPU time of this thread, including system calls, so other programs disturb little. The
//! variants are measured alternately, and the minimum of several rounds counts. Run it with
//! `cargo run --release -p quipu-pages --example cost`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement prints, and stops at the first error"
)]

use std::path::Path;
use std::time::Duration;

use quipu_pages::{MasterKey, Pages};
use rusqlite::{Connection, OpenFlags};

const ROWS: i64 = 60_000;
const GROUP: i64 = 400;
const ROUNDS: usize = 7;

/// CPU time of this process.
fn used() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells the time of a process");
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

fn open(way: Option<Pages>, path: &Path) -> Connection {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = match way {
        Some(pages) => pages.connect(path, flags).unwrap(),
        None => Connection::open_with_flags(path, flags).unwrap(),
    };
    for (name, value) in [("page_size", 8_192), ("cache_size", -4_096), ("wal_autocheckpoint", 2_000)] {
        conn.pragma_update(None, name, value).unwrap();
    }
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.pragma_update(None, "synchronous", "NORMAL").unwrap();
    conn
}

/// Rows as in the store: some numbers, and a compressed body.
fn write(conn: &Connection) {
    conn.execute_batch("CREATE TABLE spans(pk INTEGER PRIMARY KEY, trace BLOB, start INTEGER, body BLOB)")
        .unwrap();
    conn.execute_batch("CREATE INDEX by_trace ON spans(trace, start)").unwrap();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for group in 0..ROWS / GROUP {
        conn.execute_batch("BEGIN").unwrap();
        let mut insert = conn.prepare_cached("INSERT INTO spans VALUES (?1, ?2, ?3, ?4)").unwrap();
        for row in 0..GROUP {
            let trace = [draw().to_be_bytes(), draw().to_be_bytes()].concat();
            let body: Vec<u8> = (0..40 + draw() % 40).flat_map(|_| draw().to_le_bytes()).collect();
            insert.execute((group * GROUP + row, trace, row, body)).unwrap();
        }
        conn.execute_batch("COMMIT").unwrap();
    }
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// Reads bodies in an order that no page cache predicts.
fn look_up(conn: &Connection) {
    let mut look = conn.prepare_cached("SELECT length(body) FROM spans WHERE pk = ?1").unwrap();
    for row in 0..ROWS {
        let _: i64 = look.query_row([row * 7_919 % ROWS], |row| row.get(0)).unwrap();
    }
}

fn scan(conn: &Connection) {
    let _: i64 = conn.query_row("SELECT SUM(length(body) + start) FROM spans", [], |row| row.get(0)).unwrap();
}

fn timed(work: impl FnOnce()) -> Duration {
    let before = used();
    work();
    used() - before
}

fn main() {
    let key = MasterKey::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    let ways = [
        ("plain SQLite", None),
        ("checksums", Some(Pages::clear(true).unwrap())),
        ("encryption", Some(Pages::sealed(key).unwrap())),
    ];
    let mut least = [[Duration::MAX; 3]; 3];
    let mut bytes = [0; 3];
    for _ in 0..ROUNDS {
        for (at, (_, way)) in ways.into_iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.db");
            let conn = open(way, &path);
            let took = [timed(|| write(&conn)), timed(|| look_up(&conn)), timed(|| scan(&conn))];
            for (least, took) in least[at].iter_mut().zip(took) {
                *least = took.min(*least);
            }
            drop(conn);
            bytes[at] = std::fs::metadata(path).unwrap().len();
        }
    }
    println!("| | write {ROWS} rows | look up {ROWS} | scan | bytes |\n|---|---|---|---|---|");
    for (at, (name, _)) in ways.iter().enumerate() {
        let cells = least[at].iter().zip(least[0]).map(|(took, plain)| {
            format!("{:.0} ms, {:.2}", took.as_secs_f64() * 1e3, took.as_secs_f64() / plain.as_secs_f64())
        });
        println!("| {name} | {} | {} |", cells.collect::<Vec<_>>().join(" | "), bytes[at]);
    }
}
