//! The connection is cut after request 1, 2, … n. Run again with what was recorded before the first write: the same end.

use crate::world::World;
use anyhow::Result;
use kube::Client;
use orangery_cluster::Target;
use orangery_test_apiserver::cut;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[tokio::test]
async fn whatever_request_is_the_last_the_next_run_ends_in_the_same_state() -> Result<()> {
    for last in 1.. {
        let mut world = World::new("crash").await?;
        world.applied(vec![world.map("gone", "1"), world.map("changed", "1"), world.map("same", "1")]).await?;
        let wanted = |world: &World| vec![world.map("changed", "2"), world.map("same", "1"), world.map("new", "1")];

        let left = Arc::new(AtomicI64::new(last));
        let shared = Arc::clone(&left);
        world.connect(move |config| cut::client(config, &shared));
        let plan = world.plan(wanted(&world))?;
        let applied = world.target.apply(&plan).await;
        if applied.is_complete() {
            world.target.prune(&plan.owner, &plan.stale).await;
        }
        let finished = left.load(Ordering::SeqCst) >= 0;

        // The process is gone, and with it all reports: only the intent was recorded.
        world.ledger = plan.ledger;
        world.connect(Client::try_from);
        world.applied(wanted(&world)).await?;
        let state = (
            world.value("gone").await?,
            world.value("changed").await?,
            world.value("same").await?,
            world.value("new").await?,
        );
        assert_eq!(state, (None, Some("2".into()), Some("1".into()), Some("1".into())), "cut after request {last}");
        assert_eq!(world.ledger.len(), 3, "cut after request {last}");
        if finished {
            assert!(last > 5, "the run made only {last} requests: nothing was cut");
            break;
        }
    }
    Ok(())
}
