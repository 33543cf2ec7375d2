//! The high-water mark: draining in steps is seen as what it is.

use super::*;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn draining_by_halves_is_held_at_the_first_step() {
    let mut world = World::with(&[("p", 100)]).loses("p", 0..50);
    assert!(matches!(world.passes(), Verdict::Held(_)));
    let mut left = 50;
    while left > 1 {
        left /= 2;
        world = world.loses("p", 0..100 - left);
        world.now += MINUTE;
        assert!(matches!(world.passes(), Verdict::Held(_)), "{left} left");
    }
    assert_eq!(world.ledger.len(), 100, "nothing was ever deleted");
}

#[test]
fn draining_in_small_steps_within_an_hour_is_held_at_half() {
    let mut world = World::with(&[("p", 100)]);
    let mut gone = 0;
    loop {
        world = world.loses("p", gone..gone + 7);
        world.now += MINUTE;
        // What a restart leaves of the memory is what was written.
        let written = serde_json::to_string(world.ledger.guard()).unwrap();
        world.ledger.set_guard(serde_json::from_str(&written).unwrap());
        match world.passes() {
            Verdict::Allowed => gone += 7,
            Verdict::Held(hold) => {
                assert_eq!(
                    hold.why,
                    "7 more inputs are gone, which makes 56 of the 100 that there were within the last hour"
                );
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(gone, 49);
    // Time does not release it.
    world.now += 3 * HIGH_WATER;
    assert!(matches!(world.passes(), Verdict::Held(_)));
}

#[test]
fn the_same_over_a_day_is_everyday_and_so_is_coming_and_going() {
    let mut slow = World::with(&[("p", 100)]);
    for step in 0..13 {
        slow = slow.loses("p", step * 7..(step + 1) * 7);
        slow.now += HIGH_WATER + MINUTE;
        assert_eq!(slow.passes(), Verdict::Allowed, "step {step}");
    }
    let mut busy = World::with(&[("p", 20)]);
    for step in 0..50 {
        busy = busy.loses("p", step..step + 1);
        busy.appears("p", 20 + step);
        busy.now += MINUTE;
        assert_eq!(busy.passes(), Verdict::Allowed, "step {step}");
        assert_eq!(busy.ledger.len(), 20);
    }
}

#[test]
fn what_was_approved_or_wished_for_does_not_count_against_what_closes_later() {
    let held = World::with(&[("p", 100)]).loses("p", 0..60);
    let mut approved = held.clone();
    approved.approved = Some(held.hold().digest);
    assert!(matches!(approved.passes(), Verdict::Approved(_)));
    let mut off = held;
    off.policy.on = false;
    assert_eq!(off.passes(), Verdict::Allowed);
    off.policy.on = true;
    for mut world in [approved, off] {
        world = world.loses("p", 60..65);
        world.now += MINUTE;
        assert_eq!(world.passes(), Verdict::Allowed);
    }
    let mut empty = World::with(&[("p", 90), ("q", 10)]).loses("p", 0..1);
    empty.policy.allow_empty = true;
    assert_eq!(empty.passes(), Verdict::Allowed);
    empty = empty.loses("p", 0..90);
    assert_eq!(empty.passes(), Verdict::Allowed);
    empty = empty.loses("q", 0..1);
    assert_eq!(empty.passes(), Verdict::Allowed);
}

#[test]
fn nothing_is_remembered_while_nothing_goes() {
    let mut world = World::with(&[("p", 20)]);
    for id in 20..40 {
        world.appears("p", id);
        assert_eq!(world.passes(), Verdict::Allowed);
    }
    assert_eq!(*world.ledger.guard(), GuardMemory::default());
}

/// A provider that is new, restored or made again has inputs that nobody knows of: their objects are not judged.
#[test]
fn inputs_that_nothing_is_known_of_are_not_gone() {
    let mut world = World::with(&[("p", 60), ("q", 40)]).loses("q", 0..1);
    assert_eq!(world.passes(), Verdict::Allowed);
    for id in 0..60 {
        world.inputs.remove(&input("p", id));
    }
    world.loses("q", 1..2).is_allowed();
}
