//! `orangery run` as it is, but for two things that no test on one machine can do without: providers may dial loopback, where
//! the simulated forge listens, and the process can be killed after so many requests to the API server.
//!
//! `ORANGERY_FLOW_AGENT` names its clients in the audit log. `ORANGERY_FLOW_OWN` is the machine's own address, which only the
//! network interfaces would know. With `ORANGERY_FLOW_KILL_AFTER=N` the process sends itself
//! SIGKILL when the N-th answer arrives, the first writing request counted as the first: the server has done what it was
//! asked, and this process never learns of it.

use http::{HeaderValue, Method, Request, Response, header};
use kube::Client;
use kube::client::{Body, ClientBuilder};
use orangery::run::Surroundings;
use orangery_egress::Loopback;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tower::{BoxError, Service};

fn main() -> ExitCode {
    let agent = std::env::var("ORANGERY_FLOW_AGENT").ok().and_then(|agent| HeaderValue::from_str(&agent).ok());
    let after = std::env::var("ORANGERY_FLOW_KILL_AFTER").ok().and_then(|after| after.parse().ok());
    let fuse = after.map(|after| Arc::new(Fuse { after, burnt: AtomicU64::new(0) }));
    let connect = move |mut config: kube::Config| {
        if let Some(agent) = &agent {
            config.headers.retain(|(name, _)| name != header::USER_AGENT);
            config.headers.push((header::USER_AGENT, agent.clone()));
        }
        let Some(fuse) = fuse.clone() else { return Client::try_from(config) };
        let layer = tower::layer::layer_fn(move |inner| Fused { inner, fuse: Arc::clone(&fuse) });
        Ok(ClientBuilder::try_from(config)?.with_layer(&layer).build())
    };
    let own_addresses = own_addresses as fn() -> Vec<IpAddr>;
    orangery::command::main(&Surroundings { loopback: Loopback::Allowed, own_addresses, connect: Arc::new(connect) })
}

fn own_addresses() -> Vec<IpAddr> {
    std::env::var("ORANGERY_FLOW_OWN").ok().and_then(|own| own.parse().ok()).into_iter().collect()
}

/// Counts requests, from the first one that writes.
struct Fuse {
    after: u64,
    burnt: AtomicU64,
}

impl Fuse {
    /// The number of this request; `None` before the first one that writes.
    fn burn(&self, method: &Method) -> Option<u64> {
        let writes = *method != Method::GET;
        (writes || self.burnt.load(Ordering::SeqCst) > 0).then(|| self.burnt.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

/// Ends the process as the kernel does when memory runs out.
fn kill() {
    let pid = std::process::id().to_string();
    if Command::new("kill").args(["-KILL", &pid]).status().is_err() {
        std::process::abort();
    }
}

struct Fused<S> {
    inner: S,
    fuse: Arc<Fuse>,
}

impl<S, B> Service<Request<Body>> for Fused<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let number = self.fuse.burn(request.method());
        let after = self.fuse.after;
        // What comes later is never sent: the process is as good as dead.
        if number.is_some_and(|number| number > after) {
            return Box::pin(std::future::pending());
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            if number == Some(after) {
                kill();
                std::future::pending::<()>().await;
            }
            answer
        })
    }
}
