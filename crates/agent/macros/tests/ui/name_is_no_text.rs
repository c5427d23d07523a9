#[quipu_macros::observe(crate = quipu_sdk, name = 1)]
fn work() {}

fn main() {}
