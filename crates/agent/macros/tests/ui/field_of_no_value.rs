struct Order;

#[quipu_macros::observe(crate = quipu_sdk, fields(order))]
fn work(order: &Order) {
    let _ = order;
}

fn main() {}
