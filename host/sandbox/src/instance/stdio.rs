//! Standard output and error of a guest: the first kilobytes are kept, the rest is discarded.
//!
//! Output past the bound is discarded instead of refused: otherwise `println!` would panic and hide the error that
//! matters.

use crate::guest::text::cut;
use bytes::Bytes;
use orangery_egress::{MASK, Redactor};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// How many bytes a guest may write at once.
const AT_ONCE: usize = 64 * 1024;

/// Bytes that are kept beyond the bound, to recognise a secret at its end: longer than a private key.
const MARGIN: usize = 4096;

/// A bounded sink; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct BoundedOutput {
    kept: Arc<Mutex<Vec<u8>>>,
    most: usize,
}

impl BoundedOutput {
    pub(crate) fn new(most: usize) -> Self {
        Self { kept: Arc::default(), most }
    }

    /// The output as text, with the secrets of the call masked. If it was cut off, its last bytes are removed as well:
    /// they may be the beginning of a secret, which cannot be recognised.
    pub(crate) fn masked(&self, redact: &Redactor) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let masked = redact.mask(&text);
        let certain = if kept.len() < self.most + MARGIN { masked.len() } else { certain(&masked) };
        cut(&masked, certain.min(self.most)).to_owned()
    }

    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = (self.most + MARGIN).saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
}

/// The length of the prefix of a cut, masked text that cannot end within a secret. Everything up to the last mask is
/// safe, because a whole secret was recognised there.
fn certain(masked: &str) -> usize {
    let judged = masked.rfind(MASK).map_or(0, |at| at + MASK.len());
    masked.len().saturating_sub(MARGIN).max(judged)
}

impl IsTerminal for BoundedOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for BoundedOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for BoundedOutput {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for BoundedOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.keep(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(AT_ONCE)
    }
}

impl AsyncWrite for BoundedOutput {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.keep(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_egress::SecretText;

    #[test]
    fn of_a_cut_text_full_of_secrets_the_words_before_the_last_one_stay() {
        let secret = "x".repeat(64);
        let redact = Redactor::of([&SecretText::line(secret.as_bytes()).unwrap()]);
        let mut output = BoundedOutput::new(64);
        output.write(Bytes::from(format!("panicked: {}", secret.repeat(200)))).unwrap();
        let kept = output.masked(&redact);
        assert!(kept.starts_with("panicked: ***") && !kept.contains('x'), "{kept}");
    }

    #[test]
    fn what_does_not_fit_vanishes_without_an_error() {
        let mut output = BoundedOutput::new(4);
        output.write(Bytes::from_static(b"abc")).unwrap();
        output.write(Bytes::from_static(b"def")).unwrap();
        assert_eq!(output.masked(&Redactor::default()), "abcd");
        output.write(Bytes::from(vec![b'x'; 2 * MARGIN])).unwrap();
        assert_eq!(output.masked(&Redactor::default()), "abcd");
        assert!(output.check_write().unwrap() > 0);
    }
}
