//! What is linked to which role: the empty world and the log for everyone, doors only for those whose world has them.

use crate::bindings::{http, log, selection, types};
use crate::store::CallState;
use crate::world::Roles;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

/// One linker for each set of doors.
pub(crate) struct Links {
    renderer: Linker<CallState>,
    provider: Linker<CallState>,
}

impl Links {
    pub(crate) fn new(engine: &Engine) -> Result<Self, wasmtime::Error> {
        let renderer = empty_world(engine)?;
        let mut provider = empty_world(engine)?;
        http::add_to_linker::<_, HasSelf<_>>(&mut provider, |state| state)?;
        selection::add_to_linker::<_, HasSelf<_>>(&mut provider, |state| state)?;
        Ok(Self { renderer, provider })
    }

    /// A renderer has no doors, so a lapse of the check of imports could not open one.
    pub(crate) fn of(&self, roles: Roles) -> &Linker<CallState> {
        if roles.renderer { &self.renderer } else { &self.provider }
    }
}

fn empty_world(engine: &Engine) -> Result<Linker<CallState>, wasmtime::Error> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    types::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    log::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    Ok(linker)
}
