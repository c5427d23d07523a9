#[quipu_macros::observe(crate = quipu_sdk, kind = "tol")]
fn work() {}

fn main() {}
