//! Histories: made from a seed, and made smaller.

use super::state::Model;
use super::step::{Set, Step};
use crate::Random;
use orangery_test_flow::End;
use std::fmt;

/// Change requests, counted from 1. So few that the guard never counts more than five that go.
pub(super) const REQUESTS: u64 = 5;

/// What happens, one step after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Where it comes from.
    pub seed: u64,
    /// Whether copies of the operator take turns by a lease.
    pub elects: bool,
    /// Whether there is a set that makes namespaces.
    pub spaces: bool,
    /// The steps.
    pub steps: Vec<Step>,
}

impl History {
    /// So many steps, each of which fits where it stands.
    #[must_use]
    pub fn new(seed: u64, length: usize) -> Self {
        let mut random = Random::new(seed);
        let (elects, spaces) = (random.one_in(4), random.one_in(8));
        let mut model = Model::new(elects, spaces);
        let mut steps = Vec::new();
        while steps.len() < length {
            let step = step(&mut random);
            if model.allows(step) {
                model.take(step);
                steps.push(step);
            }
        }
        Self { seed, elects, spaces, steps }
    }

    /// The state before the first step.
    #[must_use]
    pub fn model(&self) -> Model {
        Model::new(self.elects, self.spaces)
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, elects, spaces, steps } = self;
        write!(f, "History {{ seed: {seed}, elects: {elects}, spaces: {spaces}, steps: vec!{steps:?} }}")
    }
}

fn step(random: &mut Random) -> Step {
    let request = u8::try_from(1 + random.below(REQUESTS)).unwrap_or_default();
    let small = u8::try_from(random.below(3)).unwrap_or_default();
    let set =
        random.pick(&[Set::Previews, Set::Previews, Set::Own, Set::Own, Set::Spaces]).copied().unwrap_or(Set::Own);
    let end = if random.one_in(2) { End::Asked } else { End::Killed };
    let input = if set == Set::Previews { request } else { small };
    match random.below(32) {
        0..5 => Step::Open(request),
        5..10 => Step::Close(request),
        10 => Step::ForgeFails,
        11 | 12 => Step::ForgeRecovers,
        13..16 => Step::Inputs(set, u8::try_from(random.below(8)).unwrap_or(1)),
        16..18 => Step::Version(set, small),
        18 | 19 => Step::Edit(set, input),
        20 | 21 => Step::Remove(set, input),
        22 => Step::Suspend(set),
        23 | 24 => Step::Resume(set),
        25 => Step::Delete(set),
        26 => Step::Create(set),
        27 => Step::Approve,
        28 => Step::End(end),
        29 => Step::Start,
        30 => Step::HandOver(end),
        _ => Step::Rest,
    }
}

/// A shorter history that still fails: parts are left out, large ones first, as long as that helps.
pub async fn minimised(history: &History, fails: impl AsyncFn(&History) -> bool) -> History {
    let mut smallest = history.clone();
    let mut part = smallest.steps.len().div_ceil(2);
    while part > 0 {
        let mut at = 0;
        while at < smallest.steps.len() {
            let mut shorter = smallest.clone();
            shorter.steps.drain(at..(at + part).min(smallest.steps.len()));
            if fails(&shorter).await {
                smallest = shorter;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    smallest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_history_and_each_of_its_steps_fits() {
        let history = History::new(7, 30);
        assert_eq!(history, History::new(7, 30));
        assert_ne!(history.steps, History::new(8, 30).steps);
        let mut model = history.model();
        for step in &history.steps {
            assert!(model.allows(*step), "{step:?}");
            model.take(*step);
        }
    }

    #[tokio::test]
    async fn what_is_minimised_keeps_the_steps_that_matter_and_no_other() {
        let mut history = History::new(7, 30);
        history.steps.insert(5, Step::Version(Set::Own, 9));
        history.steps.insert(20, Step::Inputs(Set::Own, 99));
        let matter = [Step::Version(Set::Own, 9), Step::Inputs(Set::Own, 99)];
        let smallest = minimised(&history, async |tried| matter.iter().all(|step| tried.steps.contains(step))).await;
        assert_eq!(smallest.steps, matter);
    }
}
