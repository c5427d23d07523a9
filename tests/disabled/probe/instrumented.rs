//! The same function with instrumentation, with the library compiled out.

use quipu_sdk::*;

const _: () = {
    assert!(size_of::<Context>() == 0);
    assert!(size_of::<Entered>() == 0);
    assert!(size_of::<Binding>() == 0);
    assert!(size_of::<Span>() == 0);
    assert!(size_of::<Agent>() == 0);
    assert!(size_of::<Llm>() == 0);
    assert!(size_of::<Tool>() == 0);
    assert!(size_of::<EnteredGuard<kind::OfAgent>>() == 0);
    assert!(size_of::<InContext<()>>() == 0);
    assert!(size_of::<metrics::CounterSeries>() == 0);
};

/// Some work that the compiler cannot do beforehand.
#[inline(never)]
pub fn work(input: u64) -> u64 {
    let _bound = bind().session("s-1").user("u-1").data("tenant", "t-1").enter();
    let agent = agent("planner").session_id("s-2").enter();
    let mut call = agent
        .llm("openai", "gpt-5")
        .temperature(0.2)
        .max_tokens(input)
        .input("hello")
        .usage(Usage::of(input, 5).cache_read(2))
        .cost(Usd::ZERO)
        .attribute("input", input);
    call.first_token();
    let mut sum = input;
    for number in 0..input {
        let tool = tool("add").call_id("c-1").arguments("{}");
        sum = sum.rotate_left(5) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        tool.ok().end();
    }
    call.event("summed", &[("sum", sum.into())]);
    event("summed").attribute("sum", sum).emit();
    counter("sums").add(1, &[("kind", "work")]);
    histogram("sum").with(&[]).record(input as f64);
    drop(timer("work").start(&[]));
    if sum % 7 == 0 {
        call.error("divisible", format_args!("{sum} is divisible"));
        Context::current().scope(|| task("divide").update(|task| task.tag("seven")));
        sum / 7
    } else {
        call.update(|call| call.response_model("gpt-5").finish_reason("stop"));
        sum
    }
}

fn main() {
    println!("{}", work(std::env::args().len() as u64));
}
