//! The `orangery` binary.

use orangery::run::Surroundings;
use std::process::ExitCode;

fn main() -> ExitCode {
    orangery::command::main(&Surroundings::default())
}
