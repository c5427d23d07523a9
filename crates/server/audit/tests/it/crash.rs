//! Tests of recovery: crash damage is repaired, and other damage is reported.

use std::io::Write as _;

use proptest::prelude::*;
use quipu_audit::{Audit, AuditConfig, AuditQuery, Durability, read_folder, verify_folder};

use crate::shared::{Hand, faults, files, open, read_of, record, small};

fn actions(folder: &std::path::Path) -> Vec<String> {
    let page = read_folder(folder, &AuditQuery { limit: Some(1_000), ..AuditQuery::default() }).unwrap();
    page.entries.into_iter().rev().map(|entry| entry.action).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_line_that_a_crash_cut_off_is_removed_and_noted_and_the_chain_goes_on(torn in 1usize..300) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = record(5).await;
            let file = &files(folder.path())[0];
            let mut line = std::fs::read(file).unwrap();
            line.truncate(torn.min(line.iter().position(|byte| *byte == b'\n').unwrap()));
            std::fs::OpenOptions::new().append(true).open(file).unwrap().write_all(&line).unwrap();
            let verdict = verify_folder(folder.path(), &[]).unwrap();
            assert_eq!((verdict.holds, verdict.torn), (true, line.len() as u64));
            let audit = open(folder.path());
            audit.note(read_of(6)).await.unwrap();
            audit.close().await;
            assert_eq!(actions(folder.path())[5..], ["audit.cut", "trace.read"]);
            assert_eq!(faults(folder.path()), "");
        });
    }
}

#[tokio::test]
async fn entries_that_are_missing_at_the_end_are_noted_and_their_numbers_not_given_again() {
    let folder = record(9).await;
    let file = &files(folder.path())[0];
    let text = std::fs::read_to_string(file).unwrap();
    let left: Vec<&str> = text.lines().take(7).collect();
    std::fs::write(file, left.join("\n") + "\n").unwrap();
    let audit = open(folder.path());
    audit.note(read_of(10)).await.unwrap();
    let page = audit.page(AuditQuery::default()).await.unwrap();
    assert_eq!((page.entries[0].seq, page.entries[1].seq, page.entries[2].seq), (11, 10, 7));
    assert_eq!(page.entries[1].action, "audit.missing");
    assert!(
        page.entries[1].detail["kept"].starts_with("9:") && page.entries[1].detail["found"].starts_with("7:")
    );
    let verdict = audit.verify().await.unwrap();
    assert!(!verdict.holds && verdict.faults[0].what.contains("entry 10 follows entry 7"), "{verdict:?}");
    // The error is recorded once.
    drop(audit);
    drop(open(folder.path()));
    assert_eq!(actions(folder.path()).iter().filter(|action| *action == "audit.missing").count(), 1);
}

#[tokio::test]
async fn a_last_line_that_is_not_an_entry_and_a_missing_head_do_not_keep_it_from_starting() {
    let folder = record(4).await;
    let file = &files(folder.path())[0];
    std::fs::OpenOptions::new()
        .append(true)
        .open(file)
        .unwrap()
        .write_all(b"{\"seq\":5}\nnonsense\n")
        .unwrap();
    std::fs::remove_file(folder.path().join("head")).unwrap();
    let audit = open(folder.path());
    audit.note(read_of(5)).await.unwrap();
    audit.close().await;
    assert_eq!(actions(folder.path())[4..], ["audit.unreadable", "audit.headless", "trace.read"]);
    assert!(faults(folder.path()).contains("not an entry"));
}

#[tokio::test]
async fn what_was_noted_is_in_the_files_whatever_the_durability() {
    for durability in [Durability::Disk, Durability::Os] {
        let folder = tempfile::tempdir().unwrap();
        let settings = AuditConfig { durability, ..small() };
        let audit = Audit::open(folder.path(), settings, Hand::new()).unwrap();
        for number in 1..=5 {
            audit.note(read_of(number)).await.unwrap();
            let copy = tempfile::tempdir().unwrap();
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
            }
            // This copy is the state after a kill at this moment. It is intact and accepts entries.
            let verdict = verify_folder(copy.path(), &[]).unwrap();
            assert_eq!((verdict.entries, verdict.holds), (number as u64, true), "{verdict:?}");
            let after = open(copy.path());
            after.note(read_of(0)).await.unwrap();
            assert_eq!(after.verify().await.unwrap().entries, number as u64 + 1);
        }
        audit.close().await;
        let kept = std::fs::read_to_string(folder.path().join("head")).unwrap();
        assert!(kept.lines().any(|line| line.starts_with("5:")), "{kept}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("audit");
    let audit = open(&folder);
    audit.note(read_of(1)).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&files(&folder)[0]), mode(&folder.join("head"))), (0o700, 0o600, 0o600));
}
