#[quipu_macros::observe(crate = quipu_sdk, knid = "tool")]
fn work() {}

fn main() {}
