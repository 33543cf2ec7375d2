//! The model: what must exist when everything is at rest.

use super::step::{Set, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An object that a set owns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// `ConfigMap` or `Namespace`.
    pub kind: &'static str,
    /// The namespace that it is in, without the part that all names of a world begin with; empty for the world's own.
    pub inside: String,
    /// Its name, without that part.
    pub name: String,
}

/// One set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    exists: bool,
    suspended: bool,
    version: u8,
    /// Inputs in its manifest; those of the previews are the provider's.
    inputs: BTreeSet<u8>,
    /// What it had applied when it was suspended.
    frozen: Option<(BTreeSet<u8>, u8)>,
    /// Inputs that are gone while the deletion of their objects is held.
    held: BTreeSet<u8>,
}

/// The state of the world as it must become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Open change requests.
    open: BTreeSet<u8>,
    /// What the provider exported when the forge began to fail.
    last_good: Option<BTreeSet<u8>>,
    /// Inputs of the previews when everything was at rest for the last time.
    rested: BTreeSet<u8>,
    sets: BTreeMap<Set, State>,
    running: bool,
    elects: bool,
}

impl Model {
    /// Three open change requests, the sets just applied, the operator running.
    #[must_use]
    pub fn new(elects: bool, spaces: bool) -> Self {
        let mut sets: BTreeMap<Set, State> = BTreeMap::new();
        for set in Set::ALL {
            let exists = set != Set::Spaces || spaces;
            sets.insert(set, State { exists, inputs: [0, 1].into(), ..State::default() });
        }
        Self { open: [1, 2, 3].into(), last_good: None, rested: BTreeSet::new(), sets, running: true, elects }
    }

    fn of(&self, set: Set) -> State {
        self.sets.get(&set).cloned().unwrap_or_default()
    }

    /// Inputs that a set has now, as far as it can know.
    fn inputs(&self, set: Set) -> BTreeSet<u8> {
        match set {
            Set::Previews => self.last_good.clone().unwrap_or_else(|| self.open.clone()),
            Set::Own | Set::Spaces => self.of(set).inputs,
        }
    }

    /// Inputs whose objects a set has applied when everything is at rest.
    fn applied(&self, set: Set) -> (BTreeSet<u8>, u8) {
        let state = self.of(set);
        state.frozen.unwrap_or((self.inputs(set), state.version))
    }

    /// Whether a set is there.
    #[must_use]
    pub fn exists(&self, set: Set) -> bool {
        self.of(set).exists
    }

    /// Whether a set is there and suspended.
    #[must_use]
    pub fn is_suspended(&self, set: Set) -> bool {
        self.of(set).suspended
    }

    /// Whether a set holds deletions.
    #[must_use]
    pub fn holds(&self, set: Set) -> bool {
        !self.of(set).held.is_empty()
    }

    /// Whether an operator runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.running
    }

    /// Version and inputs in the manifest of a set.
    #[must_use]
    pub fn manifest(&self, set: Set) -> (u8, BTreeSet<u8>) {
        let state = self.of(set);
        (state.version, state.inputs)
    }

    /// Everything that must exist at rest, and its content. What is held keeps whatever it had.
    #[must_use]
    pub fn must_exist(&self) -> BTreeMap<Object, Option<String>> {
        let mut all = BTreeMap::new();
        for set in Set::ALL.into_iter().filter(|set| self.exists(*set)) {
            let (inputs, version) = self.applied(set);
            for input in &inputs {
                all.extend(objects(set, *input).map(|object| {
                    let content = (object.kind == "ConfigMap").then(|| format!("v{version}"));
                    (object, content)
                }));
            }
            for input in self.of(set).held {
                all.extend(objects(set, input).map(|object| (object, None)));
            }
        }
        all
    }

    /// Whether a step can happen now.
    #[must_use]
    pub fn allows(&self, step: Step) -> bool {
        let awake = |set: Set| self.exists(set) && !self.is_suspended(set);
        match step {
            Step::Open(number) => !self.open.contains(&number),
            Step::Close(number) => {
                let left: BTreeSet<u8> = self.open.iter().copied().filter(|other| *other != number).collect();
                // Who sees all inputs vanish at once holds them; that is modelled where the set looks on.
                let blind = !awake(Set::Previews) || self.last_good.is_some();
                let seen = self.applied(Set::Previews).0;
                self.open.contains(&number) && (!blind || !left.is_disjoint(&seen))
            }
            Step::ForgeFails => self.last_good.is_none(),
            Step::ForgeRecovers => self.last_good.is_some(),
            Step::Inputs(set, bits) => set != Set::Previews && self.exists(set) && bits != 0,
            Step::Version(set, _) => self.exists(set),
            Step::Edit(set, input) => set != Set::Spaces && awake(set) && self.inputs(set).contains(&input),
            Step::Remove(set, input) => awake(set) && self.inputs(set).contains(&input),
            Step::Suspend(set) => awake(set) && !self.holds(set),
            Step::Delete(set) => awake(set),
            Step::Resume(set) => self.is_suspended(set),
            Step::Create(set) => !self.exists(set) && set != Set::Spaces,
            Step::Approve => self.holds(Set::Previews) && awake(Set::Previews),
            Step::End(_) => self.running,
            Step::Start => !self.running,
            Step::HandOver(_) => self.elects && self.running,
            Step::Rest => true,
        }
    }

    /// Whether the outcome would depend on what the operator sees, unless everything is at rest before.
    #[must_use]
    pub fn rests_before(&self, step: Step) -> bool {
        match step {
            // Whether the guard holds depends on how many of those that were seen are left.
            Step::Close(number) => self.open.iter().all(|other| *other == number || !self.rested.contains(other)),
            Step::Open(_) => self.open.is_empty() || self.holds(Set::Previews),
            Step::ForgeFails | Step::Suspend(_) | Step::Create(_) | Step::Approve | Step::Rest => true,
            Step::Delete(set) => self.holds(set),
            _ => false,
        }
    }

    /// Everything has come to rest.
    pub fn rests(&mut self) {
        self.rested = if self.exists(Set::Previews) { self.applied(Set::Previews).0 } else { BTreeSet::new() };
    }

    /// Does a step that is allowed.
    pub fn take(&mut self, step: Step) {
        let before = self.applied(Set::Previews).0;
        match step {
            Step::Open(number) => drop(self.open.insert(number)),
            Step::Close(number) => drop(self.open.remove(&number)),
            Step::ForgeFails => self.last_good = Some(self.open.clone()),
            Step::ForgeRecovers => self.last_good = None,
            Step::Inputs(set, bits) => {
                self.change(set, |state| state.inputs = (0..3).filter(|bit| bits & (1 << bit) != 0).collect());
            }
            Step::Version(set, version) => self.change(set, |state| state.version = version),
            Step::Suspend(set) => {
                let frozen = Some(self.applied(set));
                self.change(set, |state| (state.suspended, state.frozen) = (true, frozen));
            }
            Step::Resume(set) => self.change(set, |state| (state.suspended, state.frozen) = (false, None)),
            Step::Delete(set) => self.change(set, |state| {
                *state =
                    State { version: state.version, inputs: std::mem::take(&mut state.inputs), ..State::default() };
            }),
            Step::Create(set) => self.change(set, |state| state.exists = true),
            Step::Approve => self.change(Set::Previews, |state| state.held.clear()),
            Step::End(_) => self.running = false,
            Step::Start => self.running = true,
            Step::Edit(..) | Step::Remove(..) | Step::HandOver(_) | Step::Rest => {}
        }
        self.guard(before);
    }

    /// When all inputs of the previews are gone, their objects are held; those that are rendered again are not.
    fn guard(&mut self, before: BTreeSet<u8>) {
        if !self.exists(Set::Previews) {
            return;
        }
        let now = self.applied(Set::Previews).0;
        self.change(Set::Previews, |state| {
            if now.is_empty() {
                state.held.extend(before);
            }
            state.held.retain(|input| !now.contains(input));
        });
    }

    fn change(&mut self, set: Set, change: impl FnOnce(&mut State)) {
        change(self.sets.entry(set).or_default());
    }
}

/// The objects of one input of a set.
fn objects(set: Set, input: u8) -> impl Iterator<Item = Object> {
    let map = |inside: String, name: String| Object { kind: "ConfigMap", inside, name };
    let all = match set {
        Set::Previews | Set::Own => vec![map(String::new(), format!("{}-{input}", set.name()))],
        Set::Spaces => vec![
            Object { kind: "Namespace", inside: String::new(), name: format!("space-{input}") },
            map(format!("space-{input}"), "content".to_owned()),
        ],
    };
    all.into_iter()
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, inside, name } = self;
        let inside = if inside.is_empty() { String::new() } else { format!("{inside}/") };
        write!(f, "{kind} {inside}{name}")
    }
}
