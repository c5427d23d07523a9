//! Feeds `jaeger` with what libFuzzer makes up.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (quipu_fuzzed::target("jaeger").expect("a target of this name").feed)(bytes)
});
