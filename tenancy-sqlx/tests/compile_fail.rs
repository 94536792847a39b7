//! Programs that must not compile: each is named after its mistake.
#![cfg(feature = "sqlite")]

#[test]
fn mistakes_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile_fail/control.rs");
    cases.compile_fail("tests/compile_fail/[!c]*.rs");
}
