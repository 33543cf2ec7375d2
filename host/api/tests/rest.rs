//! What providers cost in memory while nobody reads them: the reflector holds every provider of the cluster.

use orangery_api::ResourceSetInputProvider;
use serde_json::{Map, Value, json};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes that are in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is the system's allocator's; only sizes are added up.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a value takes, and the value.
fn weighed<T>(make: impl FnOnce() -> T) -> (usize, T) {
    let before = IN_USE.load(Ordering::Relaxed);
    let made = make();
    (IN_USE.load(Ordering::Relaxed).saturating_sub(before), made)
}

/// A provider with 310 KB of inputs as a forge gives them.
fn provider(n: usize) -> Value {
    let input = |id: usize| {
        json!({"id": id.to_string(), "sha": "11cf36d83818e64aaa60d523ab6438258ebb6009", "branch": format!("feat/SHOP-{id}-checkout"),
            "author": "someone", "title": "Make the checkout faster", "labels": ["preview", "team/shop"]})
    };
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSetInputProvider",
        "metadata": {"name": format!("p{n}"), "namespace": "apps"}, "spec": {"type": "Static"},
        "status": {"exportedInputs": (0..1700).map(input).collect::<Vec<_>>()},
    })
}

// One test: the allocator counts for the whole process.
#[test]
fn inputs_rest_as_their_text_and_their_holders_share_them() {
    let texts: Vec<String> = (0..60).map(|n| provider(n).to_string()).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    assert!(bytes > 18_000_000, "{bytes}");
    let read = |text: &String| serde_json::from_str::<ResourceSetInputProvider>(text).unwrap();
    let (rest, providers) = weighed(|| texts.iter().map(read).collect::<Vec<_>>());
    assert!(rest < bytes + bytes / 4, "60 providers with {bytes} bytes rest at {rest}");
    let (copies, shared) = weighed(|| providers.clone());
    assert!(copies < bytes / 100, "a copy takes {copies}");
    drop(shared);
    // What it would be otherwise, so that this test notices if it measures nothing.
    let inputs = |text: &String| serde_json::from_str::<Map<String, Value>>(text).unwrap();
    let (trees, _held) = weighed(|| texts.iter().map(inputs).collect::<Vec<_>>());
    assert!(trees > 4 * bytes, "as trees they take {trees}");
}
