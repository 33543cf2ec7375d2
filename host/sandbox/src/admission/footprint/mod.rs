//! What the instances of a component take beside linear memory, counted in the binary before anything is compiled.
//!
//! The engine's limiter sees memories, tables and the number of instances. It does not see globals, function
//! references, imports and segments, which every instance has a copy of: 150 instances of a module with a million
//! globals take 2.4 GB. All of these are fixed in the binary, so an upper bound is computed from it in one pass, with
//! the multiplicities of nested components.
//!
//! # Refuses
//! A component that passes modules or components from one instance to another: what such a component instantiates is
//! known only at run time. No toolchain makes such plugins.

use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, ElementItems, Encoding, Imports, Instance, Parser, Payload,
};

/// Bytes of an empty instance: the engine's bookkeeping.
const INSTANCE: u64 = 1024;
/// Bytes of a global: a value of 128 bits.
const GLOBAL: u64 = 16;
/// Bytes of any import: the addresses of what it is and where it is.
const IMPORT: u64 = 32;
/// Bytes of a function that can be referred to.
const FUNCTION: u64 = 40;
/// Bytes of a memory, a table or a tag, without its content.
const DEFINITION: u64 = 256;
/// Bytes of a data or element segment, without its content.
const SEGMENT: u64 = 32;
/// Bytes of a reference in an element segment.
const REFERENCE: u64 = 16;
/// Bytes of anything that a component lists: an import, an alias, an adapted function.
const ITEM: u64 = 64;

/// What all instances of a component take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Footprint {
    pub(crate) bytes: u64,
    /// The number of core instances.
    pub(crate) instances: u64,
}

/// Why a footprint cannot be computed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Uncountable {
    #[error(transparent)]
    Unreadable(#[from] BinaryReaderError),
    #[error("it hands modules or components from one instance to another, so that what it takes cannot be counted")]
    Handed,
}

/// A module or component that is being read.
enum Frame {
    Module(u64),
    Component(Interior),
}

/// The index spaces of a component that matter here.
#[derive(Default)]
struct Interior {
    modules: Vec<Handed<u64>>,
    components: Vec<Handed<Footprint>>,
    sum: Footprint,
}

/// An entry of an index space; `None` where it is only known at run time.
type Handed<T> = Option<T>;

impl Footprint {
    fn add(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.instances = self.instances.saturating_add(other.instances);
    }
}

/// Counts what all instances of a component take.
pub(crate) fn of(component: &[u8]) -> Result<Footprint, Uncountable> {
    let mut frames = Vec::new();
    let mut whole = Footprint::default();
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { encoding: Encoding::Module, .. } => frames.push(Frame::Module(INSTANCE)),
            Payload::Version { encoding: Encoding::Component, .. } => {
                frames.push(Frame::Component(Interior::default()));
            }
            Payload::End(_) => match (frames.pop(), frames.last_mut()) {
                (Some(Frame::Module(bytes)), Some(Frame::Component(outer))) => outer.modules.push(Some(bytes)),
                (Some(Frame::Component(inner)), Some(Frame::Component(outer))) => {
                    outer.components.push(Some(inner.sum));
                }
                (Some(Frame::Component(inner)), None) => whole = inner.sum,
                _ => {}
            },
            payload => match frames.last_mut() {
                Some(Frame::Module(bytes)) => *bytes = bytes.saturating_add(of_section(payload)?),
                Some(Frame::Component(_)) => read_component(payload, &mut frames)?,
                None => {}
            },
        }
    }
    Ok(whole)
}

/// What a section of a module takes in each instance.
fn of_section(section: Payload<'_>) -> Result<u64, BinaryReaderError> {
    let each = |count: u32, bytes: u64| u64::from(count).saturating_mul(bytes);
    Ok(match section {
        Payload::ImportSection(imports) => {
            let mut sum = 0u64;
            for group in imports {
                let count = match group? {
                    Imports::Single(..) => 1,
                    Imports::Compact1 { items, .. } => items.count(),
                    Imports::Compact2 { names, .. } => names.count(),
                };
                // An imported function can be referred to as well.
                sum = sum.saturating_add(each(count, IMPORT + FUNCTION));
            }
            sum
        }
        Payload::FunctionSection(functions) => each(functions.count(), FUNCTION),
        Payload::GlobalSection(globals) => each(globals.count(), GLOBAL),
        Payload::TableSection(tables) => each(tables.count(), DEFINITION),
        Payload::MemorySection(memories) => each(memories.count(), DEFINITION),
        Payload::TagSection(tags) => each(tags.count(), DEFINITION),
        Payload::DataSection(segments) => {
            let mut sum = each(segments.count(), SEGMENT);
            for segment in segments {
                sum = sum.saturating_add(segment?.data.len() as u64);
            }
            sum
        }
        Payload::ElementSection(segments) => {
            let mut sum = each(segments.count(), SEGMENT);
            for segment in segments {
                let count = match segment?.items {
                    ElementItems::Functions(items) => items.count(),
                    ElementItems::Expressions(_, items) => items.count(),
                };
                sum = sum.saturating_add(each(count, REFERENCE));
            }
            sum
        }
        _ => 0,
    })
}

/// A section of the innermost component.
fn read_component(section: Payload<'_>, frames: &mut [Frame]) -> Result<(), Uncountable> {
    let items = |count: u32| u64::from(count).saturating_mul(ITEM);
    match section {
        Payload::InstanceSection(instances) => {
            let Some(inside) = component(frames, 0) else { return Ok(()) };
            for instance in instances {
                inside.sum.add(Footprint { bytes: ITEM, instances: 0 });
                if let Instance::Instantiate { module_index, .. } = instance? {
                    let bytes = found(&inside.modules, module_index)?;
                    inside.sum.add(Footprint { bytes, instances: 1 });
                }
            }
        }
        Payload::ComponentInstanceSection(instances) => {
            let Some(inside) = component(frames, 0) else { return Ok(()) };
            for instance in instances {
                inside.sum.add(Footprint { bytes: ITEM, instances: 0 });
                if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                    let footprint = found(&inside.components, component_index)?;
                    inside.sum.add(footprint);
                }
            }
        }
        Payload::ComponentAliasSection(aliases) => {
            for alias in aliases {
                read_alias(&alias?, frames);
            }
        }
        Payload::ComponentImportSection(imports) => {
            let Some(inside) = component(frames, 0) else { return Ok(()) };
            for import in imports {
                inside.sum.add(Footprint { bytes: ITEM, instances: 0 });
                match import?.ty {
                    ComponentTypeRef::Module(_) => inside.modules.push(None),
                    ComponentTypeRef::Component(_) => inside.components.push(None),
                    _ => {}
                }
            }
        }
        Payload::ComponentExportSection(exports) => {
            let Some(inside) = component(frames, 0) else { return Ok(()) };
            for export in exports {
                inside.sum.add(Footprint { bytes: ITEM, instances: 0 });
                // An export adds a second index for the same item.
                let export = export?;
                let at = export.index as usize;
                match export.kind {
                    ComponentExternalKind::Module => inside.modules.push(inside.modules.get(at).copied().flatten()),
                    ComponentExternalKind::Component => {
                        inside.components.push(inside.components.get(at).copied().flatten());
                    }
                    _ => {}
                }
            }
        }
        Payload::ComponentCanonicalSection(functions) => {
            if let Some(inside) = component(frames, 0) {
                inside.sum.add(Footprint { bytes: items(functions.count()), instances: 0 });
            }
        }
        _ => {}
    }
    Ok(())
}

fn read_alias(alias: &ComponentAlias<'_>, frames: &mut [Frame]) {
    let Some(inside) = component(frames, 0) else { return };
    inside.sum.add(Footprint { bytes: ITEM, instances: 0 });
    match alias {
        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Module, .. } => inside.modules.push(None),
        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => inside.components.push(None),
        ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, count, index } => {
            let there = component(frames, *count).and_then(|outer| outer.modules.get(*index as usize).copied());
            if let Some(inside) = component(frames, 0) {
                inside.modules.push(there.flatten());
            }
        }
        ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
            let there = component(frames, *count).and_then(|outer| outer.components.get(*index as usize).copied());
            if let Some(inside) = component(frames, 0) {
                inside.components.push(there.flatten());
            }
        }
        _ => {}
    }
}

/// The component `outward` levels outside the innermost one.
fn component(frames: &mut [Frame], outward: u32) -> Option<&mut Interior> {
    match frames.iter_mut().rev().nth(outward as usize) {
        Some(Frame::Component(interior)) => Some(interior),
        _ => None,
    }
}

/// The entry of an index space. A missing one is an error that the compiler explains better; here it counts as passed
/// in at run time.
fn found<T: Copy>(space: &[Handed<T>], index: u32) -> Result<T, Uncountable> {
    space.get(index as usize).copied().flatten().ok_or(Uncountable::Handed)
}

#[cfg(test)]
mod tests;
