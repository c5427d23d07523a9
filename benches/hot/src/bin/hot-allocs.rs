//! Counts the allocations of every contender on the recording thread, and prints one JSON document.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use quipu_hot::{call, contenders};
use serde_json::json;

/// Calls to warm pools up, and calls to count over.
const CALLS: usize = 400;

fn main() -> std::io::Result<()> {
    let calls = call::calls(CALLS);
    let mut figures = BTreeMap::new();
    for contender in &mut contenders() {
        for _ in 0..3 {
            contender.burst(&calls);
            contender.settle();
        }
        let counted = allocation_counter::measure(|| contender.burst(&calls));
        contender.settle();
        let each = |count: u64| count as f64 / CALLS as f64;
        figures.insert(
            contender.name(),
            json!({ "allocations": each(counted.count_total), "bytes": each(counted.bytes_total) }),
        );
    }
    writeln!(stdout(), "{}", json!(figures))
}
