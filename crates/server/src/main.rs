//! Tradepost's program.

use std::process::ExitCode;

/// Requests are made of many small pieces, and pieces of one thread are given back by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tradepost_server::main()
}
