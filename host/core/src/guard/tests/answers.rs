//! {complete, partial, error} × {0, fewer, same, more}: law 1 from the answer to the verdict.

use super::*;
use crate::input::Input;
use crate::selection::Snapshot;
use crate::selection::{Coverage, Filter, Question, ServedType, select};
use crate::time::Timestamp;
use orangery_plugin_documents::Facts;
use serde_json::Map;

fn answer(count: usize) -> Vec<Input> {
    (0..count).map(|id| Input { id: format!("{id:016x}"), attributes: Map::new(), facts: Facts::default() }).collect()
}

fn after(before: &Snapshot, answer: Vec<Input>, coverage: Coverage) -> Snapshot {
    let (served, filter, defaults) = (ServedType::fixed(), Filter::everything(), Map::new());
    let question = Question {
        served: &served,
        filter: &filter,
        skip: &[],
        defaults: &defaults,
        exported: &before.inputs().to_maps(),
        waiting: before.waiting(),
    };
    before.after_answer(select(answer, coverage, &question).unwrap(), coverage, Timestamp::from_millis(1))
}

fn verdict(snapshot: &Snapshot) -> Verdict {
    let mut world = World::with(&[("p", 10)]).loses("p", 0..10);
    (0..snapshot.inputs().len()).for_each(|id| world.appears("p", id));
    world.sources[0].freshness = snapshot.freshness().clone();
    world.judged()
}

#[test]
fn only_a_complete_answer_deletes_and_never_too_much() {
    let before = after(&Snapshot::never(), answer(10), Coverage::Complete);
    for (count, deletes) in [(0, false), (9, true), (10, false), (12, false)] {
        let complete = after(&before, answer(count), Coverage::Complete);
        assert_eq!(complete.inputs().len(), count);
        assert_eq!(matches!(verdict(&complete), Verdict::Held(_)), count == 0);
        assert_eq!(count < 10 && verdict(&complete) == Verdict::Allowed, deletes);

        let partial = after(&before, answer(count), Coverage::Partial);
        assert_eq!(partial.inputs().len(), count.max(10));
        let failed = before.after_failure(Reason::SourceUnavailable, Timestamp::from_millis(2));
        assert_eq!(failed.inputs().len(), 10);
        for kept in [partial, failed] {
            // Nothing is stale, so there is nothing to delete.
            assert_eq!(verdict(&kept), Verdict::Allowed);
        }
    }
}
