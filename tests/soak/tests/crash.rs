//! A seeded part of all cuts: some of each story, spread over all requests and all faults. `cargo xtask soak --crash` takes all.

use anyhow::Result;
use orangery_test_flow::World;
use orangery_test_soak::crash::Plan;

/// Runs side by side.
const STAGES: usize = 6;

/// Cuts of each story.
const EACH: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_work_is_cut_it_ends_in_the_same_state() -> Result<()> {
    let world = World::new("crash").await?;
    let plan = Plan::measured(&world).await?;
    let done = plan.sampled(EACH, 0x0e_a4_60).run(&world, STAGES, |_| {}).await?;
    println!("{done}");
    done.outcome()?;
    assert!(done.met > 2 * done.runs / 3, "only {} requests were cut", done.met);
    Ok(())
}
