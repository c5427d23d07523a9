//! Tests of the committed lists.

use std::panic::catch_unwind;

use quipu_conformance::{Report, Verdict, cases, exporters};

fn report(verdicts: &[(&str, Verdict)]) -> Report {
    Report {
        verdicts: verdicts.iter().map(|(name, verdict)| ((*name).to_owned(), verdict.clone())).collect(),
    }
}

#[test]
fn losing_an_ability_is_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    let whole = report(&[("a/x", Verdict::Passed), ("a/y", Verdict::Passed)]);
    std::fs::write(&path, whole.pass_list()).unwrap();
    whole.assert_matches_snapshot(&path);
    let less = report(&[("a/x", Verdict::Passed), ("a/y", Verdict::Ignored("gone".to_owned()))]);
    let told =
        *catch_unwind(|| less.assert_matches_snapshot(&path)).unwrap_err().downcast::<String>().unwrap();
    assert!(told.contains("- passed  a/y") && told.contains("+ ignored a/y (gone)"), "{told}");
}

#[test]
fn a_failure_is_never_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    let failed = report(&[("a/x", Verdict::Failed("because".to_owned()))]);
    std::fs::write(&path, failed.pass_list()).unwrap();
    let told =
        *catch_unwind(|| failed.assert_matches_snapshot(&path)).unwrap_err().downcast::<String>().unwrap();
    assert!(told.contains("FAILED  a/x: because"), "{told}");
}

#[test]
fn names_of_cases_are_unique() {
    let mut names: Vec<_> =
        cases().iter().chain(&exporters()).map(|case| format!("{}/{}", case.group, case.name)).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
