#[quipu_macros::observe(crate = quipu_sdk, level = "loud")]
fn work() {}

fn main() {}
