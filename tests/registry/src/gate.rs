//! A gate before a registry: it passes requests on, counts them, and answers some of them itself, as a registry that is busy,
//! restarting, or of another kind would.

use anyhow::Result;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What the gate does with the next request whose line begins so.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Method and the beginning of the path: `PUT /v2/app/manifests/`.
    pub to: &'static str,
    /// How often.
    pub times: usize,
    /// Status and reason: `503 Service Unavailable`; empty to close the connection without an answer.
    pub status: &'static str,
    /// The body.
    pub body: String,
}

#[derive(Default)]
struct Shared {
    answers: Vec<Answer>,
    seen: Vec<String>,
}

/// A running gate. Its threads end with the process.
pub struct Gate {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

impl Gate {
    /// Begins to listen.
    ///
    /// # Errors
    /// There is no free port.
    pub fn before(registry: &str, answers: Vec<Answer>) -> Result<Self> {
        let target: SocketAddr = registry.parse()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Mutex::new(Shared { answers, seen: Vec::new() }));
        let for_threads = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&for_threads);
                std::thread::spawn(move || drop(pass(client, target, address, &shared)));
            }
        });
        Ok(Self { address, shared })
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Method and path of all requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }
}

/// One connection serves one request: `Connection: close` makes both sides begin a new one.
fn pass(mut client: TcpStream, target: SocketAddr, own: SocketAddr, shared: &Mutex<Shared>) -> Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 16 * 1024];
    let head = loop {
        let read = client.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(piece.get(..read).unwrap_or_default());
        if let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break String::from_utf8_lossy(request.get(..end).unwrap_or_default()).into_owned();
        }
    };
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse())?;
    while request.len() < head.len() + 4 + length {
        let read = client.read(&mut piece)?;
        if read == 0 {
            break;
        }
        request.extend_from_slice(piece.get(..read).unwrap_or_default());
    }
    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    let answer = {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.seen.push(line.clone());
        let found = shared.answers.iter_mut().find(|answer| answer.times > 0 && line.starts_with(answer.to));
        found.map(|answer| {
            answer.times -= 1;
            answer.clone()
        })
    };
    if let Some(Answer { status, body, .. }) = answer {
        if !status.is_empty() {
            let length = body.len();
            let kind = "Content-Type: application/json";
            write!(
                client,
                "HTTP/1.1 {status}\r\n{kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )?;
        }
        return Ok(client.shutdown(Shutdown::Both)?);
    }
    let mut upstream = TcpStream::connect(target)?;
    // The registry builds the places of uploads from the host of the request, so they lead here again.
    let body = request.get(head.len() + 4..).unwrap_or_default();
    let fields = head.lines().skip(1).filter(|line| {
        let name = line.split(':').next().unwrap_or_default();
        !["host", "connection"].iter().any(|own| name.eq_ignore_ascii_case(own))
    });
    let fields: String = fields.map(|line| format!("{line}\r\n")).collect();
    write!(upstream, "{line} HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n{fields}\r\n")?;
    upstream.write_all(body)?;
    std::io::copy(&mut upstream, &mut client)?;
    Ok(client.shutdown(Shutdown::Both)?)
}
