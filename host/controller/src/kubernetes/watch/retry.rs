//! How soon a broken watch is tried again.

use kube::runtime::utils::Backoff;
use kube::runtime::watcher::DefaultBackoff;
use std::time::Duration;

/// The delays of kube, which grow to a minute, are for many watches. Ours are two: their retries are no burden for an API server that
/// comes back, and nothing is reconciled until they see it.
const LONGEST: Duration = Duration::from_secs(5);

/// The delays of kube, cut at [`LONGEST`].
#[derive(Default)]
pub(super) struct WatchRetry(DefaultBackoff);

impl Iterator for WatchRetry {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.0.next().map(|delay| delay.min(LONGEST))
    }
}

impl Backoff for WatchRetry {
    fn reset(&mut self) {
        self.0.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_tried_again_for_ever_and_soon() {
        let delays: Vec<Duration> = WatchRetry::default().take(100).collect();
        assert_eq!(delays.len(), 100);
        assert!(delays.iter().all(|delay| *delay <= LONGEST) && delays.last() == Some(&LONGEST));
    }
}
