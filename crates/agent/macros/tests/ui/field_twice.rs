#[quipu_macros::observe(crate = quipu_sdk, fields(id = 1, id = 2))]
fn work() {}

fn main() {}
