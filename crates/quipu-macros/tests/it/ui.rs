//! Wrong use is refused where it stands, in words that help.

#[test]
fn wrong_use_is_refused() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
