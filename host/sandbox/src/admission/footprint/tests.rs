//! What is counted in components, written as text.

use super::*;
use crate::limits::Limits;
use wasmtime::CodeBuilder;

/// The binary of a text: the engine's own reader of texts is at hand.
fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn counted(text: &str) -> Footprint {
    // What is counted here has to be a component at all.
    let engine = crate::engine::start(&Limits::default()).unwrap();
    let bytes = binary(text);
    CodeBuilder::new(&engine).wasm_binary(&bytes, None).unwrap().compile_component_serialized().unwrap();
    of(&bytes).unwrap()
}

#[test]
fn each_instance_counts_with_its_globals_functions_and_segments() {
    let module = r#"(core module $m
        (memory 1) (table 3 funcref) (global i32 (i32.const 0)) (global i64 (i64.const 0))
        (func $f) (elem (i32.const 0) func $f $f) (data (i32.const 0) "0123456789"))"#;
    let once = counted(&format!("(component {module} (core instance (instantiate $m)))"));
    let content = 2 * GLOBAL + 2 * DEFINITION + FUNCTION + 2 * SEGMENT + 2 * REFERENCE + 10;
    assert_eq!(once, Footprint { bytes: INSTANCE + content + ITEM, instances: 1 });
    let instances = "(core instance (instantiate $m))".repeat(150);
    let often = counted(&format!("(component {module} {instances})"));
    assert_eq!(often, Footprint { bytes: 150 * once.bytes, instances: 150 });
    let never = counted(&format!("(component {module})"));
    assert_eq!(never, Footprint::default());
}

#[test]
fn nested_components_multiply() {
    let mut text =
        "(component $c0 (core module $m (global i32 (i32.const 0))) (core instance (instantiate $m)))".to_owned();
    for level in 1..=3 {
        let inner = level - 1;
        let instances = format!("(instance (instantiate $c{inner}))").repeat(10);
        text = format!("(component $c{level} {text} {instances})");
    }
    assert_eq!(counted(&text).instances, 1000);
}

#[test]
fn a_module_from_outside_counts_where_it_is_instantiated() {
    let text = "(component
        (core module $m (global i32 (i32.const 0)))
        (component $c (alias outer 1 $m (core module $inner)) (core instance (instantiate $inner)))
        (instance (instantiate $c)) (instance (instantiate $c)))";
    let counted = counted(text);
    assert_eq!(counted.instances, 2);
    assert!(counted.bytes >= 2 * (INSTANCE + GLOBAL), "{counted:?}");
}

#[test]
fn what_is_handed_over_cannot_be_counted() {
    let text = "(component
        (core module $m)
        (component $c (import \"m\" (core module $x)) (core instance (instantiate $x)))
        (instance (instantiate $c (with \"m\" (core module $m)))))";
    let refused = of(&binary(text));
    assert!(matches!(refused, Err(Uncountable::Handed)), "{refused:?}");
}

#[test]
fn what_is_cut_off_is_unreadable() {
    let whole = binary("(component (core module (func)))");
    // The module ends with the eighteenth byte; a component that ends there is whole.
    for length in 9..18 {
        assert!(matches!(of(&whole[..length]), Err(Uncountable::Unreadable(_))), "{length} bytes");
    }
}
