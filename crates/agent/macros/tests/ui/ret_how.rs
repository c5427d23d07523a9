#[quipu_macros::observe(crate = quipu_sdk, ret(Json))]
fn work() -> u8 {
    1
}

fn main() {}
