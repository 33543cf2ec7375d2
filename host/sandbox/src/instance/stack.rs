//! The stack of a plugin that was stopped, written as lines for its author.

use crate::limits::FRAMES;
use std::fmt::Write;
use wasmtime::{Error, FrameInfo, WasmBacktrace};

/// The functions that were running when the error occurred, innermost first; empty if the guest was not running.
pub(crate) fn stack_of(error: &Error) -> Vec<String> {
    let Some(stack) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let mut lines: Vec<String> = stack.frames().iter().take(FRAMES).map(line).collect();
    if !lines.is_empty() && stack.frames().iter().all(|frame| frame.func_name().is_none()) {
        lines.push(
            "the component has no names of functions; a release build keeps them with `strip = \"debuginfo\"`"
                .to_owned(),
        );
    }
    lines
}

fn line(frame: &FrameInfo) -> String {
    let mut line = String::from("at ");
    // Writing to a string cannot fail.
    let _ = match frame.func_name() {
        // The alternate form leaves out the hash that the compiler appends.
        Some(name) => write!(line, "{:#}", rustc_demangle::demangle(name)),
        None => write!(line, "function {}", frame.func_index()),
    };
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;
    use crate::limits::Limits;
    use wasmtime::Store;
    use wasmtime::component::{Component, Linker};

    /// The stack of a component whose only function has this name and traps.
    fn stack(name: &str) -> Vec<String> {
        let engine = engine::start(&Limits::default()).unwrap();
        let text = format!(
            "(component
                (core module $m (func {name} (export \"f\") unreachable))
                (core instance $i (instantiate $m))
                (func (export \"f\") (canon lift (core func $i \"f\"))))"
        );
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1_000_000);
        let component = Component::new(&engine, text).unwrap();
        let instance = Linker::new(&engine).instantiate(&mut store, &component).unwrap();
        let function = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        stack_of(&function.call(&mut store, ()).unwrap_err())
    }

    #[test]
    fn functions_are_shown_by_the_names_that_their_author_gave_them() {
        assert_eq!(stack("$_ZN8my_forge4poll17h0123456789abcdefE"), ["at my_forge::poll"]);
    }

    #[test]
    fn without_names_it_says_how_to_keep_them() {
        let stack = stack("");
        assert_eq!(stack.first().map(String::as_str), Some("at function 0"));
        assert!(stack.last().is_some_and(|line| line.contains("strip = \"debuginfo\"")), "{stack:?}");
    }

    #[test]
    fn an_error_of_the_host_has_no_stack() {
        assert!(stack_of(&Error::msg("the linker is broken")).is_empty());
    }
}
