#[quipu_macros::observe(crate = quipu_sdk)]
struct Work {
    name: String,
}

fn main() {}
