//! Tradepost's program.

use std::process::ExitCode;

fn main() -> ExitCode {
    tradepost_server::main()
}
