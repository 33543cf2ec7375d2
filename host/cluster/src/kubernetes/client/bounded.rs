//! How much one set may ask of the API server at once.

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};

/// Requests in flight for one set. More gains little against one API server and is unfair to other sets.
const AT_ONCE: usize = 16;

/// Does all the work, a few pieces at once, begun in their order; answers in their order.
pub(crate) async fn bounded<T: Send>(work: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    stream::iter(work).buffered(AT_ONCE).collect().await
}
