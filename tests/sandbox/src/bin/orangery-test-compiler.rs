//! Compiles a plugin for the tests, as the operator compiles one for itself, and does nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    orangery_sandbox::compile_if_asked().unwrap_or(ExitCode::FAILURE)
}
