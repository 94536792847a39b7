//! Programs that must not compile: each is named after its mistake.
//!
//! What the compiler says is compared word by word, and it says it otherwise in each version: the comparison is made
//! with the version that the words are from, and skipped with others.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(clippy::unwrap_used)]

/// The compiler whose words stand in the `.stderr` files.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn mistakes_do_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = std::process::Command::new(rustc)
        .arg("--version")
        .output()
        .unwrap();
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(COMPILER) {
        eprintln!("SKIPPED mistakes_do_not_compile: written for {COMPILER}x, this is {version}");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile_fail/control.rs");
    for mistake in [
        "acquire_from_scoped",
        "across_from_scoped",
        "database_of_my_own",
        "deref_to_pool",
        "run_on_the_whole",
        "scoped_without_context",
    ] {
        cases.compile_fail(format!("tests/compile_fail/{mistake}.rs"));
    }
}
