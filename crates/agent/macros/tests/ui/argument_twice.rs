#[quipu_macros::observe(crate = quipu_sdk, name = "a", name = "b")]
fn work() {}

fn main() {}
