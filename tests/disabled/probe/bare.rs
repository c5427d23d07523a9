//! A function without instrumentation.

/// Some work that the compiler cannot do beforehand.
#[inline(never)]
pub fn work(input: u64) -> u64 {
    let mut sum = input;
    for number in 0..input {
        sum = sum.rotate_left(5) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    if sum % 7 == 0 { sum / 7 } else { sum }
}

fn main() {
    println!("{}", work(std::env::args().len() as u64));
}
