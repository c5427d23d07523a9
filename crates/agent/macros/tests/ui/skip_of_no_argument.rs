#[quipu_macros::observe(crate = quipu_sdk, args, skip(password))]
fn work(secret: &str) {
    let _ = secret;
}

fn main() {}
