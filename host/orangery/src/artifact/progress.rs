//! A bar on stderr while bytes go over the network, on a terminal only: logs of a pipeline have no cursor.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use orangery_artifact::registry::Progress;
use std::io::IsTerminal as _;
use std::sync::Arc;

/// A bar; it is gone when dropped.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// For so many bytes.
    pub(super) fn of(what: &'static str, bytes: u64) -> Self {
        let target =
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(bytes), target).with_message(what);
        let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec}");
        // A template that cannot be read leaves the bar of the library.
        Self(match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// What is told of bytes that went over the network.
    pub(super) fn progress(&self) -> Progress {
        let bar = self.0.clone();
        Arc::new(move |bytes| bar.inc(bytes))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
