//! Tests of a small disk, cut under both models.

use std::collections::BTreeSet;

use super::super::log::read;
use super::super::log::tests::record;
use super::*;

/// A file with a forced and an unforced write; its name is forced, that of the other file is not.
fn small() -> Vec<u8> {
    [
        record(1, ["/a", ""], 7, 0, b""),
        record(2, ["", ""], 7, 0, b"forced"),
        record(3, ["", ""], 7, 0, b""),
        record(3, ["", ""], 1, 0, b""),
        record(2, ["", ""], 7, 6, b" and more"),
        record(1, ["/b", ""], 8, 0, b""),
        record(2, ["", ""], 8, 0, b"beside"),
    ]
    .concat()
}

fn cuts(log: &[u8], model: Model) -> BTreeSet<(Option<String>, Option<String>)> {
    let records = read(log).unwrap();
    let cut = |seed| {
        let folder = tempfile::tempdir().unwrap();
        materialise(log, &records, model, &mut Chance::new(seed), folder.path()).unwrap();
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
        (text("a"), text("b"))
    };
    (1..200).map(cut).collect()
}

#[test]
fn what_was_forced_survives_and_the_rest_may() {
    for model in [Model::Ordered, Model::Free] {
        let cuts = cuts(&small(), model);
        assert!(cuts.iter().all(|(a, _)| a.as_ref().is_some_and(|a| a.starts_with("forced"))), "{cuts:?}");
        assert!(cuts.iter().any(|(a, _)| a.as_deref() == Some("forced")), "{cuts:?}");
        assert!(cuts.iter().any(|(a, _)| a.as_deref() == Some("forced and more")), "{cuts:?}");
        let found: BTreeSet<_> = cuts.iter().map(|(_, b)| b.as_deref()).collect();
        assert_eq!(found, BTreeSet::from([None, Some(""), Some("beside")]), "{model:?}");
    }
}

#[test]
fn a_forced_file_has_a_name_only_where_the_file_system_orders_names() {
    let log = [
        record(1, ["/a", ""], 7, 0, b""),
        record(2, ["", ""], 7, 0, b"forced"),
        record(3, ["", ""], 7, 0, b""),
    ]
    .concat();
    assert!(cuts(&log, Model::Ordered).iter().all(|(a, _)| a.is_some()));
    assert!(cuts(&log, Model::Free).iter().any(|(a, _)| a.is_none()));
}

#[test]
fn a_sector_is_kept_or_dropped_whole() {
    let log = [
        record(1, ["/a", ""], 7, 0, b""),
        record(2, ["", ""], 7, 0, &[b'o'; 2_048]),
        record(3, ["", ""], 7, 0, b""),
        record(3, ["", ""], 1, 0, b""),
        record(2, ["", ""], 7, 0, &[b'n'; 2_048]),
    ]
    .concat();
    let mut torn = 0;
    for (content, _) in cuts(&log, Model::Free) {
        let content = content.unwrap();
        let same = |sector: &[u8]| sector.iter().all(|byte| *byte == sector[0]);
        assert!(content.as_bytes().chunks(512).all(same), "{content}");
        torn += u32::from(!same(content.as_bytes()));
    }
    assert!(torn > 0);
}
