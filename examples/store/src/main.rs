//! `store`: see [`store::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    store::cli::main()
}
