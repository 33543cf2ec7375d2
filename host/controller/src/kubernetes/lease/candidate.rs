//! Takes part in the election for the whole life of a process: stands by, leads, and stands by again when the lease is lost.

use super::{Election, Fence, LeaseError, Tenure, acquire_again};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;
use std::future::Future;

/// A change of what this copy is.
#[derive(Debug)]
pub enum Transition {
    /// The lease is ours: this copy leads.
    Leads,
    /// The lease was lost: this copy stands by, with its caches, and may lead again.
    Lost(LeaseError),
    /// The lease was given back, because the process ends.
    Released,
}

/// Takes part until `stop` is ready; then gives the lease back. The fence is open while this copy leads, and closes before another
/// one can.
pub async fn take_part(
    api: Api<Lease>,
    election: Election,
    fence: Fence,
    stop: impl Future<Output = ()>,
    mut observe: impl FnMut(&Transition),
) {
    let mut stop = std::pin::pin!(stop);
    let mut last = None;
    loop {
        let mut leadership = tokio::select! {
            biased;
            () = &mut stop => return,
            leadership = acquire_again(api.clone(), election.clone(), fence.clone(), last.take()) => leadership,
        };
        observe(&Transition::Leads);
        let lost = tokio::select! {
            biased;
            () = &mut stop => None,
            lost = leadership.keep() => Some(lost),
        };
        match lost {
            Some(lost) => {
                last = Some(Tenure::of(&leadership.held));
                observe(&Transition::Lost(lost));
            }
            None => {
                leadership.release().await;
                observe(&Transition::Released);
                return;
            }
        }
    }
}
