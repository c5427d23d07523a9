trait Work {
    #[quipu_macros::observe(crate = quipu_sdk)]
    fn work(&self);
}

fn main() {}
