//! Which cuts are made, and all of them side by side.

use super::fault::FAULTS;
use super::round::{Cut, Stage};
use super::state::EndState;
use super::story::{STORIES, Story};
use crate::Random;
use anyhow::{Context as _, Result, bail};
use futures::future::try_join_all;
use orangery_test_flow::World;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Cuts to make, and the ends that uncut runs have.
pub struct Plan {
    wanted: Vec<(Story, EndState)>,
    cuts: Vec<Cut>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Done {
    /// Runs.
    pub runs: usize,
    /// Runs in which the request came that was to be cut.
    pub met: usize,
    /// What went wrong, each in words.
    pub failures: Vec<String>,
}

impl Plan {
    /// Every fault at every request: runs each story twice without a cut, which must end equally.
    ///
    /// # Errors
    /// A story does not end, or ends differently.
    pub async fn measured(world: &World) -> Result<Self> {
        let (mut wanted, mut cuts) = (Vec::new(), Vec::new());
        let mut stage = Stage::beside(world).await?;
        for story in STORIES {
            let (end, requests) = stage.whole(story).await?;
            let (again, _) = stage.whole(story).await?;
            if let Some(difference) = again.differs_from(&end, false) {
                bail!("{story:?} ends differently without any cut:\n{difference}");
            }
            println!("{story:?}: {requests} requests");
            wanted.push((story, end));
            cuts.extend((1..=requests).flat_map(|request| FAULTS.map(|fault| Cut { story, fault, request })));
        }
        Ok(Self { wanted, cuts })
    }

    /// So many cuts of each story, chosen by the seed.
    #[must_use]
    pub fn sampled(mut self, each: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        random.shuffle(&mut self.cuts);
        let all = std::mem::take(&mut self.cuts);
        for story in STORIES {
            self.cuts.extend(all.iter().filter(|cut| cut.story == story).take(each));
        }
        self
    }

    /// How many cuts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cuts.len()
    }

    /// Whether there is nothing to cut.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cuts.is_empty()
    }

    /// Makes all cuts, on so many stages side by side. A failure does not stop the others.
    ///
    /// # Errors
    /// A stage cannot be made.
    pub async fn run(self, world: &World, stages: usize, observe: impl Fn(&str)) -> Result<Done> {
        let waiting = Mutex::new(VecDeque::from(self.cuts));
        let done = Mutex::new(Done::default());
        let (waiting, done_, wanted, observe) = (&waiting, &done, &self.wanted, &observe);
        try_join_all((0..stages).map(|_| async move {
            let mut stage = Stage::beside(world).await?;
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(cut) = next else { return anyhow::Ok(()) };
                let (_, end) =
                    wanted.iter().find(|(story, _)| *story == cut.story).context("a story without an end")?;
                let result = stage.cut(cut, end).await;
                observe(&format!("{cut}: {}", if result.is_ok() { "the same end" } else { "ANOTHER END" }));
                let failed = result.is_err();
                {
                    let mut done = done_.lock().unwrap_or_else(PoisonError::into_inner);
                    done.runs += 1;
                    match result {
                        Ok(met) => done.met += usize::from(met.is_some()),
                        Err(error) => done.failures.push(format!("{error:#}")),
                    }
                }
                if failed {
                    // What a failed run left behind must not fail the next one.
                    stage = Stage::beside(world).await?;
                }
            }
        }))
        .await?;
        Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Done {
    /// An error if anything went wrong, with all of it.
    ///
    /// # Errors
    /// A cut led to another end.
    pub fn outcome(&self) -> Result<()> {
        if self.failures.is_empty() {
            return Ok(());
        }
        bail!("{} of {} cuts led to another end:\n\n{}", self.failures.len(), self.runs, self.failures.join("\n\n"))
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} runs, {} requests cut, {} other ends", self.runs, self.met, self.failures.len())
    }
}
