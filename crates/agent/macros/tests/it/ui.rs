//! Tests of compile errors for misuse of the attribute.

#[test]
fn wrong_use_is_refused() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
