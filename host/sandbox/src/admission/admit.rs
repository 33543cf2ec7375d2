//! Admission: turns bytes into a plugin that may be called.
//!
//! # Guarantees
//! Size, kind, footprint of the instances, world, imports, types and description are checked in this order, each with
//! an error of its own. The component is instantiated once, because a guest that was built against another shape of a
//! record still links and fails only when it is instantiated.

use crate::admission::cache::Cache;
use crate::admission::code::Code;
use crate::admission::compile::{self, Compiler};
use crate::admission::error::{AdmitError, CompileFault};
use crate::admission::footprint::{self, Uncountable};
use crate::admission::linker::Linkers;
use crate::admission::plugin::Plugin;
use crate::admission::precompiled::Precompiled;
use crate::bindings::info::Describes;
use crate::calls::{Body, Call, Capacity, Claimant, FairSemaphore, Scheduling, WhileWaiting};
use crate::guest::fault::Fault;
use crate::guest::text::GuestText;
use crate::instance::network::Network;
use crate::instance::store::{CallSpec, CallState, Clock};
use crate::limits::Limits;
use crate::plugin::describe;
use crate::plugin::world::{ComponentInterface, Roles};
use crate::plugin::{PluginDescription, PluginSource};
use orangery_core::Timestamp;
use orangery_egress::Redactor;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Mutex;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre};

/// Everything that admission works with.
pub(crate) struct Admission {
    pub(crate) engine: Engine,
    pub(crate) limits: Arc<Limits>,
    pub(crate) linkers: Linkers,
    code: CodeStore,
    compiler: Compiler,
    /// One child at a time: several would add up their memory.
    compiling: Mutex<()>,
    /// Bounds the calls of `describe` that compute at once.
    describing: Arc<FairSemaphore>,
}

/// Where compiled code may be found.
pub(crate) struct CodeStore {
    /// Code of the components that came with the program.
    pub(crate) precompiled: Precompiled,
    /// Code that was compiled on this machine before.
    pub(crate) cache: Option<Cache>,
}

/// A compiled component and the names of its imports and exports.
pub(crate) struct CompiledComponent {
    pub(crate) digest: String,
    pub(crate) component: Component,
    pub(crate) interface: ComponentInterface,
}

/// Whose component it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provenance {
    /// It came with this program and is trusted like it.
    Bundled,
    /// The user gave it, for example with `--plugin`.
    Supplied,
}

impl Admission {
    pub(crate) fn new(engine: Engine, limits: Arc<Limits>, code: CodeStore, compiler: Compiler) -> Self {
        let describing = FairSemaphore::new(Capacity::all(limits.calls_per_plugin));
        Self { engine, limits, linkers: Linkers::default(), code, compiler, compiling: Mutex::default(), describing }
    }

    /// Turns bytes into a plugin. `digest` is their SHA-256 in hexadecimal, where it is known already.
    pub(crate) async fn examine(
        self: &Arc<Self>,
        bytes: &[u8],
        digest: Option<&str>,
        source: PluginSource,
    ) -> Result<Plugin, AdmitError> {
        let provenance = if source.bundled { Provenance::Bundled } else { Provenance::Supplied };
        let compiled = self.load(bytes, digest, provenance).await?;
        self.examine_loaded(compiled, source).await
    }

    /// Does the same for a component that is loaded already.
    pub(crate) async fn examine_loaded(
        &self,
        compiled: CompiledComponent,
        source: PluginSource,
    ) -> Result<Plugin, AdmitError> {
        let roles = compiled.interface.roles()?;
        let pre = self.link(&compiled, roles)?;
        let said = self.describe(&pre, &source).await?;
        let (description, schemas) = describe::check(&said, roles, &compiled.digest, source)?;
        let computing = FairSemaphore::new(Capacity::all(self.limits.calls_per_plugin));
        let reference = Arc::new(description.plugin.clone());
        Ok(Plugin { reference, description, pre, schemas, computing })
    }

    /// Loads compiled code if there is any, or compiles.
    pub(crate) async fn load(
        self: &Arc<Self>,
        bytes: &[u8],
        digest: Option<&str>,
        provenance: Provenance,
    ) -> Result<CompiledComponent, AdmitError> {
        check_kind(bytes, &self.limits)?;
        let digest = digest.map_or_else(|| hex(&Sha256::digest(bytes)), str::to_owned);
        if provenance == Provenance::Supplied {
            let (admission, bytes) = (Arc::clone(self), bytes.to_vec());
            off_the_workers(move || check_footprint(&bytes, &admission.limits)).await?;
        }
        let component = match self.kept(&digest, provenance) {
            Some(component) => component,
            None => self.compile(&digest, bytes, provenance).await?,
        };
        let interface = ComponentInterface::of(&component, &self.engine);
        Ok(CompiledComponent { digest, component, interface })
    }

    async fn compile(
        self: &Arc<Self>,
        digest: &str,
        bytes: &[u8],
        provenance: Provenance,
    ) -> Result<Component, AdmitError> {
        // A built-in plugin is admitted with the default limits, even where those for other plugins are narrower.
        let own = Limits { stack_bytes: self.limits.stack_bytes, ..Limits::default() };
        let limits = if provenance == Provenance::Supplied { self.limits.as_ref() } else { &own };
        let code = {
            let _turn = self.compiling.lock().await;
            match compile::native(&self.compiler, limits, bytes).await {
                // A pod that may not start processes must still start.
                Err(AdmitError::Compile(CompileFault::NotStarted { program, cause }))
                    if provenance == Provenance::Bundled =>
                {
                    tracing::warn!(
                        program,
                        cause,
                        "a built-in plugin is compiled in this process, which keeps the memory"
                    );
                    compile::native(&Compiler::InProcess, limits, bytes).await?
                }
                compiled => compiled?,
            }
        };
        let (admission, name) = (Arc::clone(self), digest.to_owned());
        off_the_workers(move || admission.take_code(&name, code)).await
    }

    fn kept(&self, digest: &str, provenance: Provenance) -> Option<Component> {
        let precompiled =
            (provenance == Provenance::Bundled).then(|| self.code.precompiled.component(digest, &self.engine));
        precompiled.flatten().or_else(|| self.cached(digest))
    }

    fn cached(&self, digest: &str) -> Option<Component> {
        let code = self.code.cache.as_ref()?.load(digest)?;
        match code.component(&self.engine) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(digest, %error, "a compiled plugin in the cache cannot be compiled; it is compiled again");
                None
            }
        }
    }

    /// Stores compiled code in the cache and loads it.
    fn take_code(&self, digest: &str, code: Vec<u8>) -> Result<Component, AdmitError> {
        if let Some(cache) = &self.code.cache {
            cache.keep(digest, &code);
        }
        Code::compiled(code).component(&self.engine).map_err(|error| AdmitError::Malformed(untold(&error)))
    }

    /// Checks the imports and resolves them.
    pub(crate) fn link(
        &self,
        compiled: &CompiledComponent,
        roles: Roles,
    ) -> Result<InstancePre<CallState>, AdmitError> {
        let refused = compiled.interface.refused_imports(roles);
        if !refused.is_empty() {
            return Err(AdmitError::Imports(refused));
        }
        let linker = self.linkers.of(roles, &self.engine);
        linker
            .and_then(|linker| linker.instantiate_pre(&compiled.component))
            .map_err(|error| AdmitError::Mismatched(untold(&error)))
    }

    /// Instantiates the component once and calls `describe`.
    async fn describe(&self, pre: &InstancePre<CallState>, source: &PluginSource) -> Result<String, AdmitError> {
        let spec = CallSpec {
            plugin: source.label.clone(),
            consumer: "admission".into(),
            origin: None,
            clock: Clock::Frozen { now: Timestamp::default(), seed: 0 },
            network: Network::Closed("describe must not use the network"),
            wants: None,
            redact: Redactor::default(),
        };
        let body: Body<Result<_, GuestText>> = Box::new(|store, instance| {
            Box::pin(async move {
                let describes = match Describes::new(&mut *store, instance) {
                    Ok(describes) => describes,
                    Err(error) => return Ok(Err(untold(&error))),
                };
                describes.orangery_plugin_info().call_describe(store).await.map(Ok)
            })
        });
        let wall = self.limits.validate_wall;
        let claimant = Claimant::new(&spec.consumer, None);
        let scheduling =
            Scheduling { computing: Arc::clone(&self.describing), claimant, waiting: WhileWaiting::KeepPermit };
        let call = Call { pre: pre.clone(), wall, spec, attempt: None, scheduling, body };
        let completed = call.run(&self.engine, &self.limits).await;
        completed.outcome.map_err(AdmitError::Faulted)?.map_err(AdmitError::Mismatched)
    }
}

/// The name for errors before the plugin's name is known.
pub(crate) fn name_of(description: &PluginDescription) -> String {
    format!("{} from {}", description.plugin, description.source)
}

fn check_kind(bytes: &[u8], limits: &Limits) -> Result<(), AdmitError> {
    if bytes.len() > limits.component_bytes {
        return Err(AdmitError::TooLarge { bytes: bytes.len(), most: limits.component_bytes });
    }
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', 0x0d, 0, 1, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => Err(AdmitError::NotAComponent("a core module")),
        Some([0, b'a', b's', b'm', ..]) => Err(AdmitError::NotAComponent("WebAssembly of an unknown version")),
        _ => Err(AdmitError::NotAComponent("something else")),
    }
}

fn check_footprint(bytes: &[u8], limits: &Limits) -> Result<(), AdmitError> {
    let counted = footprint::of(bytes).map_err(|error| match error {
        Uncountable::Unreadable(cause) => {
            AdmitError::Malformed(GuestText::message(&cause.to_string(), &Redactor::default()))
        }
        Uncountable::Handed => AdmitError::Uncountable,
    })?;
    if counted.instances > limits.instances as u64 {
        return Err(AdmitError::TooManyInstances { instances: counted.instances, most: limits.instances });
    }
    if counted.bytes > limits.instance_bytes as u64 {
        return Err(AdmitError::TooHeavy { bytes: counted.bytes, most: limits.instance_bytes });
    }
    Ok(())
}

/// Runs `work` outside the workers of the runtime: reading and compiling a large plugin takes seconds.
async fn off_the_workers<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AdmitError> + Send + 'static,
) -> Result<T, AdmitError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(AdmitError::Faulted(Fault::HostPanicked)))
}

/// The text of a wasmtime error, bounded and redacted, because it may quote names that the guest chose.
fn untold(error: &wasmtime::Error) -> GuestText {
    GuestText::message(&format!("{error:#}"), &Redactor::default())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
