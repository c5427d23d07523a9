//! Recovery after a crash, and a file that two processes share.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::*;

/// Marks this test's own program as the second process, and names the file to write to.
const CHILD: &str = "QUIPU_PAGES_CHILD";

fn of_child(pages: usize, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "crashes::child", "--nocapture"])
        .env(CHILD, format!("{pages}:{}", path.display()));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// The second process: for each line on its input it commits ten rows and prints their number.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (pages, path) = told.split_once(':').unwrap();
    let pages = both()[pages.parse::<usize>().unwrap()];
    let conn = open(pages, Path::new(path)).unwrap();
    conn.pragma_update(None, "wal_autocheckpoint", 40).unwrap();
    conn.pragma_update(None, "synchronous", "NORMAL").unwrap();
    for line in std::io::stdin().lines() {
        let from: i64 = line.unwrap().parse().unwrap();
        fill(&conn, from..from + 10).unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "rows {}", rows(&conn).unwrap().len()).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn two_processes_write_to_one_file_and_one_of_them_is_killed() {
    for (at, pages) in both().into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mine = open(pages, &path).unwrap();
        fill(&mine, 0..10).unwrap();
        let mut child = of_child(at, &path).spawn().unwrap();
        let mut to = child.stdin.take().unwrap();
        let mut from = BufReader::new(child.stdout.take().unwrap()).lines();
        for round in 1..12 {
            writeln!(to, "{}", round * 20).unwrap();
            let said = from.find_map(|line| line.unwrap().strip_prefix("rows ").map(str::to_owned)).unwrap();
            assert_eq!(said, (round * 20).to_string());
            assert_eq!(rows(&mine).unwrap().len(), usize::try_from(round * 20).unwrap());
            fill(&mine, round * 20 + 10..round * 20 + 20).unwrap();
        }
        // Kill it during its work.
        writeln!(to, "100000").unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let there = rows(&mine).unwrap().len();
        assert!([230, 240].contains(&there), "{there} rows");
        drop(mine);
        assert_eq!(rows(&open(pages, &path).unwrap()).unwrap().len(), there);
    }
}

#[test]
fn a_log_that_was_cut_off_anywhere_gives_all_commits_before() {
    for pages in both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let conn = open(pages, &path).unwrap();
        conn.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        let mut sizes = Vec::new();
        for round in 0..5 {
            fill(&conn, round * 4..round * 4 + 4).unwrap();
            sizes.push(std::fs::metadata(beside(&path, "-wal")).unwrap().len());
        }
        let all = std::fs::read(beside(&path, "-wal")).unwrap();
        let (from, to) = (usize::try_from(sizes[0]).unwrap(), all.len());
        for cut in (from..=to).step_by(512).chain([to - 1, to]) {
            let left = folder.path().join("left.db");
            copy(&path, &left);
            std::fs::write(beside(&left, "-wal"), &all[..cut]).unwrap();
            let conn = open(pages, &left).unwrap();
            let whole = sizes.iter().filter(|size| usize::try_from(**size).unwrap() <= cut).count();
            assert_eq!(rows(&conn).unwrap().len(), whole * 4, "{cut} of {to} bytes");
            fill(&conn, 100..110).unwrap();
            drop(conn);
            assert_eq!(rows(&open(pages, &left).unwrap()).unwrap().len(), whole * 4 + 10);
        }
    }
}

#[test]
fn a_file_that_was_being_made_is_made_again() {
    for pages in both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, b"").unwrap();
        fill(&open(pages, &path).unwrap(), 0..10).unwrap();
        assert_eq!(rows(&open(pages, &path).unwrap()).unwrap().len(), 10);
    }
}
