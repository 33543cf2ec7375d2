//! The `orangery` binary: parse, run, exit.

use clap::Parser;
use orangery::cli::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    orangery::logging::start(&arguments.log);
    match orangery::command::perform(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("✗ {}", orangery::failure::tell(&error));
            orangery::exit::FAILURE
        }
    }
}
