//! Tests of failed writes: the waiting caller gets an error, and the log records the loss later.

use std::path::Path;

use quipu_audit::{AuditQuery, read_folder};

use crate::shared::{faults, open, read_of};

/// Moves the folder away and puts a file in its place.
fn block(folder: &Path, aside: &Path) {
    std::fs::rename(folder, aside).unwrap();
    std::fs::write(folder, "in the way").unwrap();
}

#[tokio::test]
async fn what_cannot_be_written_is_an_error_and_is_noted_once_it_can() {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, aside) = (scratch.path().join("audit"), scratch.path().join("aside"));
    let audit = open(&folder);
    audit.note(read_of(1)).await.unwrap();
    block(&folder, &aside);
    let told = audit.note(read_of(2)).await.unwrap_err().to_string();
    assert!(told.contains("note") && told.contains("audit"), "{told}");
    assert!(audit.note(read_of(3)).await.is_err());
    let state = audit.state();
    assert_eq!((state.lost, state.failing.is_some()), (2, true));
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    audit.note(read_of(4)).await.unwrap();
    assert_eq!((audit.state().lost, audit.state().failing), (2, None));
    audit.close().await;
    let page = read_folder(&folder, &AuditQuery::default()).unwrap();
    assert_eq!(page.entries[1].action, "audit.lost");
    assert_eq!(page.entries[1].detail["entries"], "2");
    assert_eq!(faults(&folder), "");
    assert!(audit.note(read_of(5)).await.unwrap_err().to_string().contains("closed"));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    let folder = file.join("audit");
    let settings = quipu_audit::AuditConfig::default();
    let told =
        quipu_audit::Audit::open(&folder, settings, crate::shared::Hand::new()).err().unwrap().to_string();
    assert!(told.contains(folder.to_str().unwrap()), "{told}");
}
