//! The future of a call: it counts processor time while it computes, and holds no permit while it waits for the
//! network.
//!
//! # Guarantees
//! A call is polled only while it holds a permit to compute. A call that may wait for the network gives the permit
//! back for as long as it waits, so a server that never answers does not keep other calls from computing. A second
//! semaphore bounds the open calls: each holds one of its permits from start to end.

use super::semaphore::{Claimant, FairSemaphore, Permit};
use crate::instance::meter::{CpuMeter, Pause};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Which permits a call needs.
#[derive(Debug, Clone)]
pub(crate) struct Scheduling {
    /// Bounds the calls that compute at once.
    pub(crate) computing: Arc<FairSemaphore>,
    pub(crate) claimant: Claimant,
    pub(crate) waiting: WhileWaiting,
}

/// What a call does with its permit to compute while it waits.
#[derive(Debug, Clone)]
pub(crate) enum WhileWaiting {
    /// Keeps the permit: a call without network waits only when it sleeps.
    KeepPermit,
    /// Gives the permit back; this semaphore bounds how many such calls are open at once.
    ReleasePermit(Arc<FairSemaphore>),
}

/// The future of a call.
pub(super) struct ScheduledCall<F> {
    /// Declared before the permit, and so dropped before it: when the permit is free, the call has ended.
    call: Pin<Box<F>>,
    meter: Arc<CpuMeter>,
    scheduling: Scheduling,
    permit: Option<Permit>,
    asked: Option<BoxFuture<'static, Permit>>,
}

impl<F: Future> ScheduledCall<F> {
    pub(super) fn new(call: F, meter: Arc<CpuMeter>, scheduling: Scheduling, permit: Permit) -> Self {
        Self { call: Box::pin(call), meter, scheduling, permit: Some(permit), asked: None }
    }
}

impl<F: Future> Future for ScheduledCall<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if this.permit.is_none() {
            let scheduling = &this.scheduling;
            let ask = || Arc::clone(&scheduling.computing).take(scheduling.claimant.clone()).boxed();
            let permit = ready!(this.asked.get_or_insert_with(ask).poll_unpin(context));
            this.asked = None;
            this.permit = Some(permit);
        }
        this.meter.begin();
        let polled = this.call.as_mut().poll(context);
        let pause = this.meter.end();
        if polled.is_pending()
            && pause == Pause::Waits
            && matches!(this.scheduling.waiting, WhileWaiting::ReleasePermit(_))
        {
            this.permit = None;
        }
        polled
    }
}
