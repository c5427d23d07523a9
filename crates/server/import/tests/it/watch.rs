//! Growing, cut and replaced files.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use quipu_import::{Bounds, Follower, Wake, WatchMarks};
use serde_json::json;

use crate::house::House;

fn call(session: &str, request: &str, at: u32, input: u64) -> String {
    let line = json!({
        "type": "assistant", "uuid": format!("u-{request}"), "sessionId": session, "timestamp": format!("2026-11-20T08:00:{at:02}Z"), "requestId": request,
        "message": {"id": format!("msg-{request}"), "role": "assistant", "model": "claude-sonnet-4-5", "content": [{"type": "text", "text": "x"}],
            "usage": {"input_tokens": input, "output_tokens": 1}},
    });
    format!("{line}\n")
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn follower(house: &House) -> Follower {
    let state = WatchMarks::open(&house.path("state/import")).unwrap();
    Follower::new(vec![house.path("logs")], None, Bounds::default(), state)
}

fn house() -> House {
    let house = House::new();
    fs::create_dir_all(house.path("logs")).unwrap();
    fs::create_dir_all(house.path("state")).unwrap();
    house
}

#[test]
fn new_lines_are_imported_once_and_half_lines_wait() {
    let mut house = house();
    let path = house.path("logs/s.jsonl");
    let mut follower = follower(&house);
    append(&path, &call("s", "req_1", 1, 10));
    follower.look(&mut house, true).unwrap();
    assert_eq!(house.usage().tokens.input, 10);
    let line = call("s", "req_2", 5, 100);
    let (half, rest) = line.split_at(40);
    append(&path, half);
    let round = follower.look(&mut house, true).unwrap();
    assert!(round.files.is_empty(), "{round:?}");
    append(&path, rest);
    let round = follower.look(&mut house, true).unwrap();
    assert_eq!(round.files[0].lines, 1);
    assert_eq!((house.usage().llm_calls, house.usage().tokens.input), (2, 110));
    let told = house.spans.len();
    let round = follower.look(&mut house, true).unwrap();
    assert!(round.files.is_empty() && house.spans.len() == told);
}

#[test]
fn a_restart_continues_where_it_was() {
    let mut house = house();
    let path = house.path("logs/s.jsonl");
    append(&path, &call("s", "req_1", 1, 10));
    follower(&house).look(&mut house, true).unwrap();
    let told = house.spans.len();
    let round = follower(&house).look(&mut house, true).unwrap();
    assert!(round.files.is_empty() && house.spans.len() == told);
    append(&path, &call("s", "req_2", 5, 100));
    let round = follower(&house).look(&mut house, true).unwrap();
    assert_eq!(round.files[0].lines, 1);
    assert_eq!((house.usage().llm_calls, house.usage().tokens.input), (2, 110));
}

#[test]
fn a_file_that_is_cut_or_replaced_is_read_anew() {
    let mut house = house();
    let path = house.path("logs/s.jsonl");
    let mut follower = follower(&house);
    append(&path, &(call("s", "req_1", 1, 10) + &call("s", "req_2", 5, 100)));
    follower.look(&mut house, true).unwrap();
    // The file is cut and shorter.
    fs::write(&path, call("s", "req_3", 7, 1_000)).unwrap();
    follower.look(&mut house, true).unwrap();
    assert_eq!((house.usage().llm_calls, house.usage().tokens.input), (3, 1_110));
    // Another file of the same name, longer than the previous one.
    fs::rename(&path, house.path("logs/s.jsonl.1")).unwrap();
    append(
        &path,
        &(call("t", "req_4", 9, 10_000)
            + &call("t", "req_5", 11, 100_000)
            + &call("t", "req_6", 13, 1_000_000)),
    );
    follower.look(&mut house, true).unwrap();
    assert_eq!((house.usage().llm_calls, house.usage().tokens.input), (6, 1_111_110));
}

#[test]
fn what_was_not_taken_is_imported_later() {
    let mut house = house();
    append(&house.path("logs/s.jsonl"), &call("s", "req_1", 1, 10));
    let mut follower = follower(&house);
    house.closed = true;
    assert!(follower.look(&mut house, true).is_err());
    house.closed = false;
    follower.look(&mut house, true).unwrap();
    assert_eq!(house.usage().tokens.input, 10);
}

#[test]
fn a_call_that_grows_is_one_call() {
    let mut house = house();
    let path = house.path("logs/s.jsonl");
    let mut follower = follower(&house);
    append(&path, &call("s", "req_1", 1, 10).replace("\"output_tokens\":1", "\"output_tokens\":2"));
    follower.look(&mut house, true).unwrap();
    append(&path, &call("s", "req_1", 3, 10).replace("\"output_tokens\":1", "\"output_tokens\":50"));
    follower.look(&mut house, true).unwrap();
    assert_eq!((house.usage().llm_calls, house.usage().tokens.output), (1, 50));
}

#[test]
fn the_platform_wakes_us() {
    let house = house();
    let (woken, waking) = mpsc::channel();
    let _wake = Wake::new(&[house.path("logs")], move || {
        let _ = woken.send(());
    })
    .unwrap();
    fs::create_dir_all(house.path("logs/deep")).unwrap();
    waking.recv_timeout(Duration::from_secs(20)).unwrap();
    append(&house.path("logs/s.jsonl"), "x\n");
    waking.recv_timeout(Duration::from_secs(20)).unwrap();
}
