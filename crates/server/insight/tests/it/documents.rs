//! Tests of documents in memory and in a folder.

use quipu_core::Timestamp;
use quipu_insight::{DocumentError, Documents, Shelf};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_nanos(1_795_262_400 * Timestamp::SECOND);

fn both() -> (tempfile::TempDir, [Documents; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let places = [Documents::in_memory(), Documents::in_folder(folder.path().join("documents"))];
    (folder, places)
}

/// Ids of the documents that can be read.
fn readable(documents: &Documents, shelf: Shelf) -> Vec<String> {
    let ids = documents.ids(shelf).unwrap().into_iter();
    ids.filter(|id| documents.get(shelf, id).unwrap().is_some()).collect()
}

#[test]
fn what_is_stored_is_read_again_and_replaced_and_removed() {
    let (_folder, places) = both();
    for documents in places {
        assert!(documents.ids(Shelf::Views).unwrap().is_empty());
        documents.put(Shelf::Views, "b", &json!({"title": "B"}), NOW).unwrap();
        documents.put(Shelf::Views, "a-1", &json!({"title": "Zürich"}), NOW).unwrap();
        documents.put(Shelf::Dashboards, "c", &json!({}), NOW).unwrap();
        documents.put(Shelf::Views, "b", &json!({"title": "other"}), NOW).unwrap();
        assert_eq!(readable(&documents, Shelf::Views), ["a-1", "b"]);
        let b = documents.get(Shelf::Views, "b").unwrap().unwrap();
        assert_eq!(b.content, json!({"title": "other"}));
        assert!(b.updated_at > Timestamp::from_nanos(0));
        assert_eq!(documents.get(Shelf::Dashboards, "b").unwrap(), None);
        assert!(documents.remove(Shelf::Views, "b").unwrap());
        assert!(!documents.remove(Shelf::Views, "b").unwrap());
        assert_eq!(readable(&documents, Shelf::Views), ["a-1"]);
    }
}

#[test]
fn ids_never_leave_the_folder() {
    let (folder, places) = both();
    for documents in places {
        for id in ["", "..", "a/b", "A", "a.json", "ü", "a b", &"x".repeat(65)] {
            assert!(
                matches!(documents.put(Shelf::Views, id, &json!({}), NOW), Err(DocumentError::Id(_))),
                "{id}"
            );
            assert!(documents.get(Shelf::Views, id).is_err() && documents.remove(Shelf::Views, id).is_err());
        }
    }
    assert!(!folder.path().join("documents").exists(), "nothing was written");
}

#[test]
fn there_are_bounds() {
    let (_folder, places) = both();
    for documents in places {
        let long = Value::String("x".repeat(Documents::BYTES));
        let error = documents.put(Shelf::Views, "long", &long, NOW).unwrap_err();
        assert!(error.to_string().contains("262144"), "{error}");
    }
    let documents = Documents::in_memory();
    for number in 0..Documents::MOST {
        documents.put(Shelf::Views, &format!("v{number}"), &json!({}), NOW).unwrap();
    }
    let error = documents.put(Shelf::Views, "one-more", &json!({}), NOW).unwrap_err();
    assert!(error.to_string().contains("500 views"), "{error}");
    documents.put(Shelf::Views, "v7", &json!({"replaced": true}), NOW).unwrap();
    documents.put(Shelf::Dashboards, "d", &json!({}), NOW).unwrap();
}

#[test]
fn a_folder_may_hold_other_things() {
    let folder = tempfile::tempdir().unwrap();
    let documents = Documents::in_folder(folder.path());
    documents.put(Shelf::Views, "good", &json!({}), NOW).unwrap();
    let views = folder.path().join("views");
    for (name, text) in [("bad.json", "{"), ("README", "x"), ("UPPER.json", "{}"), (".good.1.draft", "{}")] {
        std::fs::write(views.join(name), text).unwrap();
    }
    assert_eq!(readable(&documents, Shelf::Views), ["good"]);
    assert_eq!(documents.get(Shelf::Views, "bad").unwrap(), None);
    documents.put(Shelf::Views, "bad", &json!({"now": "good"}), NOW).unwrap();
    assert_eq!(readable(&documents, Shelf::Views), ["bad", "good"]);
    let drafts = std::fs::read_dir(&views)
        .unwrap()
        .filter(|one| one.as_ref().unwrap().file_name().to_string_lossy().starts_with(".bad"));
    assert_eq!(drafts.count(), 0);
}

#[test]
fn another_process_sees_what_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Documents::in_folder(folder.path()), Documents::in_folder(folder.path()));
    one.put(Shelf::Dashboards, "d", &json!({"n": 1}), NOW).unwrap();
    assert_eq!(other.get(Shelf::Dashboards, "d").unwrap().unwrap().content, json!({"n": 1}));
}
