#[quipu_macros::observe(crate = quipu_sdk, err)]
fn work() -> u8 {
    1
}

fn main() {}
