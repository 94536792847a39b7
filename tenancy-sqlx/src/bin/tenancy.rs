//! The `tenancy` command; what it does stands in the library's module `cli`.

fn main() -> std::process::ExitCode {
    tenancy_sqlx::cli::main()
}
