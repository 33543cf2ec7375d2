//! What the tests stand on: a server that shows every request as it came in and answers as told, and names that
//! resolve as told.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use orangery_egress::{
    Credential, CredentialKind, Egress, Loopback, Origin, Policy, Request, Resolver, SecretText, SessionSpec, Timeouts,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// One request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Everything, byte for byte.
    pub(crate) raw: String,
    pub(crate) body: String,
    /// How many came before it.
    pub(crate) before: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let lines = self.raw.lines().skip(1).take_while(|line| !line.is_empty());
        let mut fields = lines.filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer(u16, Vec<(String, String)>, Vec<u8>),
    /// These bytes and then the end.
    Raw(Vec<u8>),
    /// These bytes and then nothing.
    Stall(Vec<u8>),
    /// The end, without a byte.
    Reset,
}

pub(crate) fn ok(body: &str) -> Reply {
    answer(200, &[], body)
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Reply::Answer(status, headers, body.as_bytes().to_vec())
}

pub(crate) fn redirect(status: u16, to: &str) -> Reply {
    answer(status, &[("location", to)], "moved")
}

type Handler = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A server on a free port of 127.0.0.1, stopped when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(None, handler).await
    }

    pub(crate) async fn start_tls(
        config: tokio_rustls::rustls::ServerConfig,
        handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(TlsAcceptor::from(Arc::new(config))), handler).await
    }

    async fn listen(tls: Option<TlsAcceptor>, handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let (log, handler): (_, Arc<Handler>) = (Arc::clone(&seen), Arc::new(handler));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, handler, tls) = (Arc::clone(&log), Arc::clone(&handler), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, log, handler).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, log, handler).await,
                            Err(_) => Ok(()),
                        },
                    }
                });
            }
        });
        Self { address, scheme, seen, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The same server under a name that the test resolves.
    pub(crate) fn url_as(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    pub(crate) fn origin(&self) -> Origin {
        self.url("").parse().unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    log: Arc<Mutex<Vec<Seen>>>,
    handler: Arc<Handler>,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let Some(mut seen) = read_request(&mut stream, &mut buffer).await? else { return Ok(()) };
        let reply = {
            let mut log = log.lock().unwrap();
            seen.before = log.len();
            log.push(seen.clone());
            handler(&seen)
        };
        match reply {
            Reply::Answer(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} Status\r\n");
                headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
                if status != 304 {
                    head.push_str(&format!("content-length: {}\r\n", body.len()));
                }
                head.push_str("\r\n");
                stream.write_all(head.as_bytes()).await?;
                if seen.method != "HEAD" && status != 304 {
                    stream.write_all(&body).await?;
                }
                stream.flush().await?;
            }
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Reply::Stall(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                std::future::pending::<()>().await;
            }
            Reply::Reset => return Ok(()),
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> io::Result<Option<Seen>> {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            let length = length.unwrap_or(0);
            if rest.len() >= length {
                let mut words = head.split(' ');
                let mut word = || words.next().unwrap_or_default().to_owned();
                let (method, path, body) = (word(), word(), rest[..length].to_owned());
                let whole = head.len() + 4 + length;
                let raw = String::from_utf8_lossy(&buffer[..whole]).into_owned();
                buffer.drain(..whole);
                return Ok(Some(Seen { method, path, raw, body, before: 0 }));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// Names that resolve as told; the n-th look-up of a name gets the n-th list, later ones the last.
#[derive(Debug, Default)]
pub(crate) struct Names {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn with(mut self, host: &str, lookups: &[&[&str]]) -> Self {
        let parse = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect();
        self.answers.insert(host.to_owned(), lookups.iter().map(parse).collect());
        self
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let mut asked = self.asked.lock().unwrap();
            let before = asked.iter().filter(|name| *name == host).count();
            asked.push(host.to_owned());
            let lists = self.answers.get(host).ok_or_else(|| io::Error::other("no such name"))?;
            Ok(lists.get(before).or(lists.last()).cloned().unwrap_or_default())
        })
    }
}

const SOON: Duration = Duration::from_secs(60);

/// A policy for tests: loopback is allowed, and a slow machine is no failure.
pub(crate) fn policy() -> Policy {
    let mut policy = Policy { loopback: Loopback::Allowed, ..Policy::default() };
    // A thousand calls at once on a busy machine take their time.
    policy.timeouts = Timeouts { connect: SOON, first_byte: SOON, idle: SOON, total: SOON };
    policy
}

pub(crate) fn egress() -> Egress {
    Egress::new(policy()).unwrap()
}

pub(crate) fn egress_with(names: Names) -> Egress {
    Egress::new(Policy { resolver: Arc::new(names), ..policy() }).unwrap()
}

/// What the consumer `previews/x` may do.
pub(crate) fn granted<T: AsRef<str>>(grants: &[T]) -> SessionSpec {
    let grants = grants.iter().map(|grant| grant.as_ref().parse().unwrap()).collect();
    SessionSpec { consumer: "previews/x".to_owned(), grants, ..SessionSpec::default() }
}

pub(crate) fn secret(value: &str) -> SecretText {
    SecretText::line(value.as_bytes()).unwrap()
}

/// The credential `api`, bound to one origin.
pub(crate) fn api(kind: CredentialKind, origin: Origin) -> Vec<Credential> {
    vec![Credential::new("api", kind, [origin])]
}

/// A GET with the credential `api`.
pub(crate) fn get_with_api(url: String) -> Request {
    Request { credential: Some("api".to_owned()), ..Request::get(url) }
}

/// Nothing in a test takes longer than this.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON * 2, work).await.unwrap()
}
