//! What is linked for each role: the empty WASI world and the log for every plugin, `http` and `selection` only for
//! the roles whose world has them.

use crate::bindings::{http, log, selection, types};
use crate::instance::store::CallState;
use crate::plugin::world::Roles;
use std::sync::OnceLock;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

/// One linker for each set of host interfaces, made on first use: most commands meet plugins of one role only.
#[derive(Default)]
pub(crate) struct Linkers {
    renderer: OnceLock<Linker<CallState>>,
    provider: OnceLock<Linker<CallState>>,
}

impl Linkers {
    /// The linker for these roles. A renderer's has neither `http` nor `selection`, so a bug in the import check cannot
    /// grant one.
    pub(crate) fn of(&self, roles: Roles, engine: &Engine) -> Result<&Linker<CallState>, wasmtime::Error> {
        let kept = if roles.renderer { &self.renderer } else { &self.provider };
        if let Some(linker) = kept.get() {
            return Ok(linker);
        }
        let mut linker = empty_wasi(engine)?;
        if !roles.renderer {
            http::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
            selection::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        }
        Ok(kept.get_or_init(|| linker))
    }
}

fn empty_wasi(engine: &Engine) -> Result<Linker<CallState>, wasmtime::Error> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    types::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    log::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    Ok(linker)
}
