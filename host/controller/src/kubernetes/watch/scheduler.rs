//! Reconciles the objects of one kind while this copy leads, as many at once as each namespace may have.

use super::fair_share::{FairShare, Namespaces};
use super::initial_list::InitialList;
use super::leading::while_leading;
use super::task;
use crate::kubernetes::context::Context;
use crate::kubernetes::metrics::QueueState;
use crate::kubernetes::object::ReconcileError;
use crate::kubernetes::shell::{self, Reconciler};
use kube::ResourceExt;
use kube::runtime::controller::Action;
use kube::runtime::reflector::Store;
use std::future::Future;
use std::sync::Arc;

/// Decides when an object is reconciled that the controller wants to reconcile.
pub(super) struct Scheduler<R: Reconciler> {
    reconciler: R,
    /// All objects of the kind.
    store: Store<R::Object>,
    /// What has to be listed before.
    caches: Vec<InitialList>,
    fair_share: Arc<FairShare>,
}

impl<R: Reconciler> Scheduler<R> {
    pub(super) fn new(context: &Context, reconciler: R, store: Store<R::Object>, caches: Vec<InitialList>) -> Self {
        let namespaces = if context.options.watch.namespaces.len() == 1 { Namespaces::One } else { Namespaces::All };
        let fair_share = FairShare::new(context.options.concurrent, namespaces);
        context.metrics.observe_queue(R::KIND, Arc::clone(&fair_share) as Arc<dyn QueueState>);
        Self { reconciler, store, caches, fair_share }
    }

    /// Reconciles one object when it is its turn.
    pub(super) async fn reconcile(
        self: Arc<Self>,
        object: Arc<R::Object>,
        context: Arc<Context>,
        stopped: impl Future<Output = ()> + Clone,
    ) -> Result<Action, ReconcileError> {
        // Another copy looks after it; the cache holds it because sets may read it.
        if !context.options.watch.selects(object.labels()) {
            return Ok(Action::await_change());
        }
        let fence = context.fence.clone();
        let attempt = || Arc::clone(&self).attempt(Arc::clone(&object), Arc::clone(&context), stopped.clone());
        while_leading(&fence, &self.caches, stopped.clone(), attempt).await
    }

    /// Reconciles when the namespace of the object has a place.
    async fn attempt(
        self: Arc<Self>,
        object: Arc<R::Object>,
        context: Arc<Context>,
        stopped: impl Future<Output = ()>,
    ) -> Result<Action, ReconcileError> {
        let namespace = object.namespace().unwrap_or_default();
        let _slot = tokio::select! {
            biased;
            () = stopped => return Ok(Action::await_change()),
            slot = self.fair_share.acquire(&namespace) => slot,
        };
        let scheduler = Arc::clone(&self);
        task::run(
            async move { shell::reconcile(&scheduler.reconciler, object.as_ref(), &scheduler.store, &context).await },
        )
        .await
    }
}
