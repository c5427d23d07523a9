//! OTLP as JSON: an imported recording gives the same records as a received one.

use std::path::PathBuf;

use quipu::core::Batch;
use quipu_otlp::{Encoding, Signal};
use serde_json::Value;

use crate::house::House;

/// A recording that was sent as JSON, by its file's name.
fn recorded(name: &str) -> Vec<u8> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../../../tests/fixtures/recordings/gemini-cli", name].iter().collect();
    std::fs::read(path).unwrap()
}

const RECORDED: [(&str, Signal); 3] = [
    ("001.logs.json", Signal::Logs),
    ("002.traces.json", Signal::Traces),
    ("003.metrics.json", Signal::Metrics),
];

fn received() -> House {
    let mut house = House::new();
    for (name, signal) in RECORDED {
        let now = house.now();
        let decoded =
            quipu_otlp::decode(signal, &recorded(name), Encoding::Json, house.limits(), now).unwrap();
        let batch: Batch = decoded.batch;
        house.receive(batch);
    }
    house
}

#[test]
fn a_recording_imported_is_the_recording_received() {
    let wanted = received();
    let compact = |name: &str| {
        let json: Value = serde_json::from_slice(&recorded(name)).unwrap();
        format!("{json}\n")
    };
    let pretty = |name: &str| {
        let json: Value = serde_json::from_slice(&recorded(name)).unwrap();
        serde_json::to_string_pretty(&json).unwrap()
    };
    for (what, files) in [
        ("a file each", RECORDED.map(|(name, _)| (name.to_owned(), pretty(name))).to_vec()),
        (
            "a request a line",
            vec![("all.jsonl".to_owned(), RECORDED.map(|(name, _)| compact(name)).concat())],
        ),
    ] {
        let mut house = House::new();
        for (name, text) in files {
            house.write(&name, &text);
        }
        for round in ["first", "again"] {
            let reports = house.import();
            assert!(reports.iter().all(|report| report.bad == 0 && report.items > 0), "{what}: {reports:?}");
            assert_eq!(house.usage(), wanted.usage(), "{what}, {round}");
            assert_eq!(house.tools(), wanted.tools(), "{what}, {round}");
            assert_eq!(house.stored(), wanted.stored(), "{what}, {round}");
        }
    }
    assert!(wanted.usage().llm_calls > 0);
}

#[test]
fn a_bad_request_among_good_ones_is_skipped() {
    let mut house = House::new();
    let good = String::from_utf8(recorded("002.traces.json")).unwrap().replace('\n', " ");
    house.write("all.jsonl", &format!("{good}\n{{\"resourceSpans\": 7}}\n[]\n{good}\n"));
    let report = house.import().remove(0);
    assert_eq!((report.lines, report.bad), (4, 2), "{report:?}");
    assert_eq!(report.troubles.iter().map(|trouble| trouble.line).collect::<Vec<_>>(), [Some(2), Some(3)]);
}
