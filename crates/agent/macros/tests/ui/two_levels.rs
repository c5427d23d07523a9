//! The level is given twice, in two spellings.

#[quipu_macros::observe(crate = quipu_sdk, level = "info", log = "debug")]
fn work() {}

fn main() {
    work();
}
