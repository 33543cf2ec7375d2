//! Back-off that remotes ask for. It is shared by all sessions with the same credential (or none) at the same origin, and no request
//! is sent while it lasts.
//!
//! Time is tokio's, so tests can move it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::request::origin::Origin;
use crate::response::rate_limit::RateLimit;
use crate::secret::fingerprint::Fingerprint;

/// The most accounts that are remembered, more than one process serves. Beyond it, the entry that expires first is
/// dropped; the worst effect is that a remote that asked for back-off gets one more request.
const REMEMBERED: usize = 4096;
/// Expired entries are removed after this many new ones.
const SWEEP: usize = 64;

/// The account that a remote counts requests for: an origin and a credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BackOffKey {
    pub(crate) origin: Origin,
    pub(crate) credential: Option<Fingerprint>,
}

/// A request quota that a remote reports, for metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The origin of the remote.
    pub origin: Origin,
    /// The name of the credential; `None` for anonymous requests.
    pub credential: Option<String>,
    /// The last consumer that used it, for example `previews/pull-requests`.
    pub consumer: String,
    /// The requests that one window allows.
    pub limit: u64,
    /// The requests that are left in this window.
    pub remaining: u64,
    /// Time until the window ends.
    pub resets_in: Duration,
    /// Remaining back-off that the remote asked for, if any.
    pub backs_off_for: Option<Duration>,
}

/// The back-offs and quotas that remotes asked for or reported.
#[derive(Debug, Default)]
pub(crate) struct BackOffs {
    accounts: Mutex<HashMap<BackOffKey, State>>,
}

#[derive(Debug, Default)]
struct State {
    until: Option<Instant>,
    quota: Option<(Quota, Instant)>,
}

impl BackOffs {
    /// The remaining back-off of an account.
    pub(crate) fn left(&self, account: &BackOffKey) -> Option<Duration> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.get(account).and_then(|state| state.backs_off_for(Instant::now()))
    }

    /// Records an answer. A back-off is not shortened by an answer to a request that was sent before it.
    pub(crate) fn note(&self, account: BackOffKey, rate_limit: &RateLimit, credential: Option<&str>, consumer: &str) {
        if rate_limit.quota.is_none() && rate_limit.back_off.is_none() {
            return;
        }
        let now = Instant::now();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if !accounts.contains_key(&account) {
            make_room(&mut accounts, now);
        }
        let origin = account.origin.clone();
        let state = accounts.entry(account).or_default();
        state.until = state.until.max(rate_limit.back_off.map(|pause| now + pause));
        if let Some(count) = rate_limit.quota {
            let quota = Quota {
                origin,
                credential: credential.map(str::to_owned),
                consumer: consumer.to_owned(),
                limit: count.limit,
                remaining: count.remaining,
                resets_in: Duration::ZERO,
                backs_off_for: None,
            };
            state.quota = Some((quota, now + count.resets_in));
        }
    }

    /// The quotas whose window has not ended.
    pub(crate) fn quotas(&self) -> Vec<Quota> {
        let now = Instant::now();
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut quotas: Vec<_> = accounts
            .values()
            .filter_map(|state| {
                let (quota, resets) = state.quota.as_ref().filter(|(_, resets)| *resets > now)?;
                Some(Quota { resets_in: *resets - now, backs_off_for: state.backs_off_for(now), ..quota.clone() })
            })
            .collect();
        quotas.sort_by(|a, b| (&a.origin, &a.consumer, &a.credential).cmp(&(&b.origin, &b.consumer, &b.credential)));
        quotas
    }
}

/// Removes expired entries. Entries expire by time, because nothing reports that an account is no longer used.
fn make_room(accounts: &mut HashMap<BackOffKey, State>, now: Instant) {
    if accounts.len() % SWEEP == SWEEP - 1 {
        accounts.retain(|_, state| state.is_current(now));
    }
    if accounts.len() >= REMEMBERED
        && let Some(soonest) = accounts.iter().min_by_key(|(_, state)| state.ends()).map(|(account, _)| account.clone())
    {
        accounts.remove(&soonest);
    }
}

impl State {
    fn ends(&self) -> Option<Instant> {
        self.until.max(self.quota.as_ref().map(|(_, resets)| *resets))
    }

    fn backs_off_for(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    fn is_current(&self, now: Instant) -> bool {
        self.backs_off_for(now).is_some() || self.quota.as_ref().is_some_and(|(_, resets)| *resets > now)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::secret::fingerprint::FingerprintKey;

    fn account(credential: Option<&str>) -> BackOffKey {
        static KEY: LazyLock<FingerprintKey> = LazyLock::new(FingerprintKey::random);
        let credential = credential.map(|name| KEY.of([name.as_bytes()]));
        BackOffKey { origin: "https://forge.example".parse().unwrap(), credential }
    }

    fn silent(seconds: u64) -> RateLimit {
        RateLimit { back_off: Some(Duration::from_secs(seconds)), ..RateLimit::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silence_ends_when_its_time_is_over() {
        let back_offs = BackOffs::default();
        let account = account(None);
        back_offs.note(account.clone(), &silent(120), None, "a/b");
        tokio::time::advance(Duration::from_secs(119)).await;
        assert_eq!(back_offs.left(&account), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(back_offs.left(&account), None);
    }

    #[tokio::test(start_paused = true)]
    async fn another_credential_is_not_silenced() {
        let back_offs = BackOffs::default();
        back_offs.note(account(Some("one")), &silent(120), None, "a/b");
        assert!(back_offs.left(&account(Some("one"))).is_some());
        assert_eq!(back_offs.left(&account(Some("two"))), None);
        assert_eq!(back_offs.left(&account(None)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_ended_is_forgotten_and_the_rest_is_bounded() {
        let back_offs = BackOffs::default();
        let note = |n: usize, seconds| back_offs.note(account(Some(&n.to_string())), &silent(seconds), None, "a/b");
        let count = || back_offs.accounts.lock().unwrap().len();
        (0..1000).for_each(|n| note(n, 60));
        tokio::time::advance(Duration::from_secs(61)).await;
        (1000..1100).for_each(|n| note(n, 60));
        assert!(count() <= 100 + SWEEP, "{}", count());
        (0..REMEMBERED + 100).for_each(|n| note(n, 3600));
        assert!(count() <= REMEMBERED, "{}", count());
        assert!(back_offs.left(&account(Some(&(REMEMBERED + 99).to_string()))).is_some(), "the newest is remembered");
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_does_not_shorten_a_silence() {
        let back_offs = BackOffs::default();
        let account = account(None);
        back_offs.note(account.clone(), &silent(120), None, "a/b");
        back_offs.note(account.clone(), &silent(5), None, "a/b");
        assert_eq!(back_offs.left(&account), Some(Duration::from_secs(120)));
    }
}
