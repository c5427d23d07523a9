#[quipu_macros::observe(crate = quipu_sdk)]
const fn work() -> u8 {
    1
}

fn main() {}
