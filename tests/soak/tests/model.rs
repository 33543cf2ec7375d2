//! Seeded histories against the model. `cargo xtask soak --minutes N` goes on with other seeds, and makes what fails smaller.

use anyhow::{Result, ensure};
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::{Api, DeleteParams};
use orangery_test_flow::World;
use orangery_test_soak::model::{History, Set, Step, play, play_after};

const HISTORIES: u64 = 40;
const STEPS: usize = 30;

/// Histories side by side.
const BESIDE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_any_history_what_exists_is_what_the_model_says() -> Result<()> {
    let world = World::new("model").await?;
    let world = &world;
    let begun = std::time::Instant::now();
    let played = futures::stream::iter(1..=HISTORIES)
        .map(|seed| async move {
            let history = History::new(seed, STEPS);
            let played = play(world, &history).await.map_err(|error| format!("{error:#}\n{history}"));
            // What fails is said at once: the others may take minutes.
            played.inspect_err(|error| println!("{error}"))
        })
        .buffer_unordered(BESIDE)
        .collect::<Vec<_>>()
        .await;
    let rests: usize = played.iter().flatten().sum();
    println!("{HISTORIES} histories, {rests} rests compared, {:.0} s", begun.elapsed().as_secs_f64());
    let failed = played.iter().filter(|played| played.is_err()).count();
    ensure!(failed == 0, "{failed} of {HISTORIES} histories end otherwise than the model; they are above");
    Ok(())
}

/// So that the test above means something: an operator that deletes what is wanted, and repairs it at once, is found out.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_operator_that_deletes_what_is_wanted_is_found_out() -> Result<()> {
    let world = World::new("model-rogue").await?;
    let history =
        History { seed: 0, elects: false, spaces: false, steps: vec![Step::Version(Set::Own, 1), Step::Rest] };
    let rogue = async |world: &World| -> Result<()> {
        let mut config = world.cluster.config();
        config.headers = vec![(http::header::USER_AGENT, world.agent().parse()?)];
        let maps: Api<ConfigMap> = Api::namespaced(Client::try_from(config)?, world.namespace());
        maps.delete("own-1", &DeleteParams::default()).await?;
        Ok(())
    };
    let played = play_after(&world, &history, rogue).await;
    let said = played.err().map(|error| format!("{error:#}")).unwrap_or_default();
    ensure!(said.contains("ConfigMap own-1 was deleted, though it was wanted all the time"), "{said}");
    Ok(())
}
