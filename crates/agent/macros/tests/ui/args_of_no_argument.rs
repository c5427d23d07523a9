#[quipu_macros::observe(crate = quipu_sdk, args(user))]
async fn work(users: &str) {
    let _ = users;
}

fn main() {}
