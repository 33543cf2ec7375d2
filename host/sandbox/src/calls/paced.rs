//! A call between its pauses: metered while it computes, and without a place while it waits.
//!
//! # Guarantees
//! The call is polled only while it holds a place among those that compute. A call that may wait for the network frees its
//! place for as long as it waits, so a server that never answers keeps nobody from computing; what bounds waiting calls is
//! that each also holds one of the places of open calls, from its start to its end.

use super::places::{Claimant, Place, Places};
use crate::instance::meter::{Meter, Pause};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Where a call takes its place.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    /// Those that compute.
    pub(crate) places: Arc<Places>,
    /// On whose behalf.
    pub(crate) claimant: Claimant,
    /// What becomes of the place while the call waits.
    pub(crate) waiting: Waiting,
}

/// What becomes of the place of a call that waits.
#[derive(Debug, Clone)]
pub(crate) enum Waiting {
    /// It has no network and nothing to wait for but its own sleep: it keeps the place.
    Keeps,
    /// It frees the place; how many such calls are open at once is bounded here.
    Frees(Arc<Places>),
}

/// The future of a call.
pub(super) struct Paced<F> {
    /// Declared before the place, and so dropped before it: a call has ended when its place is free.
    call: Pin<Box<F>>,
    meter: Arc<Meter>,
    seat: Seat,
    place: Option<Place>,
    asked: Option<BoxFuture<'static, Place>>,
}

impl<F: Future> Paced<F> {
    /// A call that holds its first place.
    pub(super) fn new(call: F, meter: Arc<Meter>, seat: Seat, place: Place) -> Self {
        Self { call: Box::pin(call), meter, seat, place: Some(place), asked: None }
    }
}

impl<F: Future> Future for Paced<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if this.place.is_none() {
            let seat = &this.seat;
            let ask = || Arc::clone(&seat.places).take(seat.claimant.clone()).boxed();
            let place = ready!(this.asked.get_or_insert_with(ask).poll_unpin(context));
            this.asked = None;
            this.place = Some(place);
        }
        this.meter.begin();
        let polled = this.call.as_mut().poll(context);
        let pause = this.meter.end();
        if polled.is_pending() && pause == Pause::Waits && matches!(this.seat.waiting, Waiting::Frees(_)) {
            this.place = None;
        }
        polled
    }
}
