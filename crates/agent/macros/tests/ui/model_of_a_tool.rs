#[quipu_macros::observe(crate = quipu_sdk, kind = "tool", model = "gpt-5")]
fn work() {}

fn main() {}
