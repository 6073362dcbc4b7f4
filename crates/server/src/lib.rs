//! Tradepost: an open webstore platform for game servers, in one program. The program itself is one
//! call of [`main`]; the rest is here so that tests start the same server.

mod backup;
mod cli;
pub mod config;
mod demo;
mod listen;
mod operator;
pub mod serve;
pub mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("tradepost: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tradepost: {error}");
            ExitCode::FAILURE
        }
    }
}
