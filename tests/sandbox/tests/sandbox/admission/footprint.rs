//! Components whose instances take what no limit of memory counts: refused before they are compiled.
//!
//! The sections are written by hand, behind those of a good guest: a component with everything that admission looks at, and
//! then some.

use crate::bench;
use anyhow::{Context, Result};
use orangery_sandbox::{Limits, PluginSource};
use std::time::Instant;

/// Says to the test program that it is to look at its own memory.
const CHILD: &str = "ORANGERY_TEST_FOOTPRINT";
const MIB: u64 = 1024 * 1024;

/// A number as WebAssembly writes it.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &number(content.len()), content].concat()
}

/// A module with so many globals, each `i32.const 0`.
fn module(globals: usize) -> Vec<u8> {
    let content = [number(globals), [0x7f, 0, 0x41, 0, 0x0b].repeat(globals)].concat();
    [&b"\0asm\x01\0\0\0"[..], &section(6, &content)].concat()
}

/// The core modules of a component, without those of nested components.
fn modules(component: &[u8]) -> Result<usize> {
    let (mut count, mut at) = (0, 8);
    while let Some(id) = component.get(at) {
        let (mut length, mut shift) = (0, 0);
        loop {
            at += 1;
            let byte = component.get(at).context("a length")?;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        at += 1 + length;
        count += usize::from(*id == 1);
    }
    Ok(count)
}

/// A good guest with so many instances more, each with so many globals.
fn heavy(instances: usize, globals: usize) -> Result<Vec<u8>> {
    let guest = orangery_test_guests::bytes("echoes")?;
    let one = [&[0][..], &number(modules(&guest)?), &[0]].concat();
    let content = [number(instances), one.repeat(instances)].concat();
    Ok([guest, section(1, &module(globals)), section(2, &content)].concat())
}

/// The most memory this process ever had.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_and_fifty_instances_of_a_million_globals_take_neither_memory_nor_time() -> Result<()> {
    if std::env::var_os(CHILD).is_none() {
        // In a process of its own, because the peak is that of all tests.
        return bench::alone(
            module_path!(),
            "a_hundred_and_fifty_instances_of_a_million_globals_take_neither_memory_nor_time",
            CHILD,
        );
    }
    let sandbox = bench::sandbox(Limits::default())?;
    let started = Instant::now();
    bench::admit(&sandbox, "echoes").await?;
    let good = started.elapsed();
    let component = heavy(150, 1_000_000)?;
    let before = peak()?;
    let started = Instant::now();
    let refused = sandbox.admit(&component, PluginSource::given("heavy")).await;
    let took = started.elapsed();
    let grown = peak()?.saturating_sub(before);
    assert!(grown < 64 * MIB, "it took {grown} bytes: {refused:?}");
    assert!(took < 5 * good, "it took {took:?}, and a good plugin {good:?}: {refused:?}");
    let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.starts_with("its instances take 24") && said.ends_with("at most 33554432 are allowed"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_instances_than_a_call_may_have_are_refused_before_they_are_compiled() -> Result<()> {
    let sandbox = bench::sandbox(Limits::default())?;
    let refused = sandbox.admit(&heavy(300, 1)?, PluginSource::given("many")).await;
    let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.starts_with("it has 30") && said.ends_with("core instances; at most 200 are allowed"), "{said}");
    sandbox.admit(&heavy(20, 100)?, PluginSource::given("a few more are no harm")).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_making_instances_is_time_of_the_call() -> Result<()> {
    let limits =
        Limits { cpu: std::time::Duration::from_millis(10), instance_bytes: 64 * MIB as usize, ..Limits::default() };
    let sandbox = bench::sandbox(limits)?;
    let refused = sandbox.admit(&heavy(60, 60_000)?, PluginSource::given("slow")).await;
    let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(said, "it used up its 10ms of processor time while it described itself");
    Ok(())
}
