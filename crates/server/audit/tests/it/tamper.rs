//! Tests that a verification detects changed files.

use std::path::Path;

use proptest::prelude::*;
use quipu_audit::{Head, verify_folder};

use crate::shared::{faults, files, record};

/// Rewrites the lines of a file.
fn edit(file: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    std::fs::write(file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

#[tokio::test]
async fn a_record_over_several_files_holds() {
    let folder = record(600).await;
    let verdict = verify_folder(folder.path(), &[]).unwrap();
    assert!(verdict.holds && verdict.files > 2, "{verdict:?}");
    assert_eq!((verdict.entries, verdict.head.seq, verdict.torn), (600, 600, 0));
}

#[tokio::test]
async fn a_changed_line_is_told_with_its_place() {
    let folder = record(20).await;
    let file = &files(folder.path())[0];
    edit(file, |lines| lines[4] = lines[4].replace("user-2", "user-1"));
    let told = faults(folder.path());
    assert!(told.contains(r#"Some("a-000001.jsonl") Some(5) entry 5 was changed"#), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[tokio::test]
async fn lines_that_are_gone_moved_or_doubled_are_found() {
    for change in [
        |lines: &mut Vec<String>| drop(lines.remove(9)),
        |lines: &mut Vec<String>| lines.swap(3, 4),
        |lines: &mut Vec<String>| lines.insert(7, lines[7].clone()),
        |lines: &mut Vec<String>| drop(lines.remove(0)),
        |lines: &mut Vec<String>| drop(lines.pop()),
        |lines: &mut Vec<String>| lines.clear(),
        |lines: &mut Vec<String>| lines.insert(2, String::new()),
        |lines: &mut Vec<String>| lines[6].push(' '),
    ] {
        let folder = record(20).await;
        edit(&files(folder.path())[0], change);
        assert_ne!(faults(folder.path()), "");
    }
}

#[tokio::test]
async fn files_that_are_gone_are_found_wherever_they_were() {
    for which in [0, 1, 2] {
        let folder = record(600).await;
        let all = files(folder.path());
        let which = if which == 2 { all.len() - 1 } else { which };
        std::fs::remove_file(&all[which]).unwrap();
        assert_ne!(faults(folder.path()), "", "file {which}");
    }
    let folder = record(3).await;
    std::fs::remove_file(folder.path().join("head")).unwrap();
    assert!(faults(folder.path()).contains("head"));
}

#[tokio::test]
async fn an_end_written_anew_with_right_hashes_is_found_by_a_head_that_was_kept_elsewhere() {
    let folder = record(20).await;
    let kept = verify_folder(folder.path(), &[]).unwrap().head;
    // An attacker with write access to the folder can replace the whole log.
    let other = record(25).await;
    std::fs::remove_dir_all(folder.path()).unwrap();
    std::fs::rename(other.path(), folder.path()).unwrap();
    assert!(verify_folder(folder.path(), &[]).unwrap().holds, "a chain of hashes alone cannot tell");
    let same = verify_folder(folder.path(), &[kept]).unwrap();
    // Both logs are equal up to that entry, so the other log contains this head as well.
    assert!(same.holds);
    let hash = verify_folder(folder.path(), &[]).unwrap().head.hash;
    let wrong = verify_folder(folder.path(), &[Head { seq: 20, hash }]).unwrap();
    assert!(!wrong.holds && wrong.faults[0].what.contains("entry 20 does not match"), "{wrong:?}");
    let later = verify_folder(folder.path(), &[Head { seq: 26, hash }]).unwrap();
    assert!(!later.holds && later.faults[0].what.contains("entry 26 is missing"), "{later:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_changed_byte_anywhere_is_found(at in any::<prop::sample::Index>(), bit in 0u32..8) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = runtime.block_on(record(12));
        let file = &files(folder.path())[0];
        let mut text = std::fs::read(file).unwrap();
        let at = at.index(text.len());
        text[at] ^= 1 << bit;
        std::fs::write(file, text).unwrap();
        prop_assert_ne!(faults(folder.path()), "");
    }

    #[test]
    fn an_end_that_was_cut_off_anywhere_is_found(at in any::<prop::sample::Index>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = runtime.block_on(record(12));
        let file = &files(folder.path())[0];
        let text = std::fs::read(file).unwrap();
        std::fs::write(file, &text[..at.index(text.len())]).unwrap();
        prop_assert_ne!(faults(folder.path()), "");
    }
}
