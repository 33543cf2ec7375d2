//! The long forms of the tests of this crate: every cut, or histories until the time is over. `cargo xtask soak` runs it.

use anyhow::{Result, bail};
use clap::Parser;
use futures::StreamExt as _;
use orangery_test_flow::World;
use orangery_test_soak::crash::Plan;
use orangery_test_soak::model::{History, minimised, play};
use std::time::{Duration, Instant};

/// Looks for faults that no single story shows, until the time is over or everything was tried.
#[derive(Parser)]
struct Options {
    /// Cut each kind of work at each request by each fault, instead of playing histories.
    #[arg(long, conflicts_with_all = ["minutes", "seed", "steps"])]
    crash: bool,
    /// Play histories for so many minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The seed of the first history; the others count on.
    #[arg(long, default_value_t = 1000)]
    seed: u64,
    /// Steps of a history.
    #[arg(long, default_value_t = 30)]
    steps: usize,
    /// Worlds side by side.
    #[arg(long, default_value_t = 8)]
    beside: usize,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() -> Result<()> {
    let options = Options::parse();
    let world = World::new("soak").await?;
    if options.crash { cut_everywhere(&world, &options).await } else { play_on(&world, &options).await }
}

async fn cut_everywhere(world: &World, options: &Options) -> Result<()> {
    let plan = Plan::measured(world).await?;
    println!("{} cuts", plan.len());
    let done = plan.run(world, options.beside, |line| println!("{line}")).await?;
    println!("{done}");
    done.outcome()
}

/// Plays until the time is over, or until a history fails: that one is made smaller.
async fn play_on(world: &World, options: &Options) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(options.minutes * 60);
    let histories = (options.seed..).take_while(|_| Instant::now() < end);
    let mut playing = futures::stream::iter(histories)
        .map(|seed| async move {
            let history = History::new(seed, options.steps);
            (play(world, &history).await, history)
        })
        .buffer_unordered(options.beside);
    let (mut histories, mut rests) = (0, 0);
    while let Some((played, history)) = playing.next().await {
        match played {
            Ok(compared) => rests += compared,
            Err(error) => {
                drop(playing);
                println!("seed {} fails:\n{error:#}\n{history}\nLooking for a shorter history.", history.seed);
                let smallest = minimised(&history, async |shorter| play(world, shorter).await.is_err()).await;
                let said = play(world, &smallest).await.err().map_or_else(
                    || "it does not fail each time; play it again".to_owned(),
                    |error| format!("{error:#}"),
                );
                bail!("{} steps of seed {} fail:\n{smallest}\n{said}", smallest.steps.len(), smallest.seed);
            }
        }
        histories += 1;
        if histories % 25 == 0 {
            println!("{histories} histories, {rests} rests compared, up to seed {}", history.seed);
        }
    }
    println!("{histories} histories of {} steps, {rests} rests compared, nothing found", options.steps);
    Ok(())
}
