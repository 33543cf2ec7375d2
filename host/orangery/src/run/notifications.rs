//! Where events go besides the API server: notification-controller, as the flag and two variables say that Flux Operator knows.

use crate::cli::RunOptions;
use anyhow::bail;
use orangery_controller::kubernetes::events::notification::NotificationOptions;
use std::ffi::OsStr;

/// Turns notifications off if it is not empty and no address is given.
const DISABLED: &str = "NOTIFICATIONS_DISABLED";

/// The name of the pod, for events and for the lease.
pub(super) fn instance() -> String {
    std::env::var("HOSTNAME").unwrap_or_else(|_| "orangery".to_owned())
}

/// Reads the flag and the variables.
pub(super) fn options(options: &RunOptions) -> anyhow::Result<NotificationOptions> {
    chosen(options.events_addr.as_deref(), std::env::var_os(DISABLED).as_deref())
}

fn chosen(address: Option<&str>, disabled: Option<&OsStr>) -> anyhow::Result<NotificationOptions> {
    match address.filter(|address| !address.is_empty()) {
        Some("none") => Ok(NotificationOptions::Disabled),
        Some(address) if address.starts_with("http://") || address.starts_with("https://") => {
            Ok(NotificationOptions::Address(address.to_owned()))
        }
        Some(address) => bail!(
            "--events-addr (NOTIFICATION_CONTROLLER_ADDRESS) is {address:?}; write a URL such as \
             http://notification-controller.flux-system.svc.cluster.local./, or none"
        ),
        None if disabled.is_some_and(|disabled| !disabled.is_empty()) => Ok(NotificationOptions::Disabled),
        None => Ok(NotificationOptions::OfFluxInstance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_wins_over_the_variable_that_disables_and_nonsense_is_refused() {
        let url = "http://notification-controller.flux-system/";
        let yes = Some(OsStr::new("true"));
        assert_eq!(chosen(Some(url), yes).unwrap(), NotificationOptions::Address(url.to_owned()));
        assert_eq!(chosen(None, yes).unwrap(), NotificationOptions::Disabled);
        assert_eq!(chosen(Some("none"), None).unwrap(), NotificationOptions::Disabled);
        assert_eq!(chosen(Some(""), Some(OsStr::new(""))).unwrap(), NotificationOptions::OfFluxInstance);
        let refused = chosen(Some("notification-controller:80"), None).unwrap_err().to_string();
        assert!(refused.contains("write a URL such as http://"), "{refused}");
    }
}
