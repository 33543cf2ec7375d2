//! A real little proxy: it joins a CONNECT to a server on this machine, and answers requests in absolute form itself.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a proxy does with a CONNECT, or with a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    /// Joins it to the server, or answers.
    Serves,
    /// Wants `Proxy-Authorization: Basic` of `me` and `hunter22`.
    Asks,
    /// Says what no proxy says, with what it was told.
    Garbage,
    /// Says nothing.
    Hangs,
}

/// A proxy on a free port of 127.0.0.1, stopped when dropped.
pub(crate) struct Tunnel {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    passed: Arc<Mutex<Vec<u8>>>,
    task: JoinHandle<()>,
}

/// `me:hunter22`.
pub(crate) const LOGIN: &str = "bWU6aHVudGVyMjI=";

impl Tunnel {
    /// Whatever host a CONNECT names, it is joined to `server`.
    pub(crate) async fn start(manner: Manner, server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heads, passed) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<Vec<u8>>>::default());
        let (log, bytes) = (Arc::clone(&heads), Arc::clone(&passed));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, bytes) = (Arc::clone(&log), Arc::clone(&bytes));
                tokio::spawn(serve(stream, manner, server, log, bytes));
            }
        });
        Self { address, heads, passed, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests that came in.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Everything that clients sent through it.
    pub(crate) fn passed(&self) -> Vec<u8> {
        self.passed.lock().unwrap().clone()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut client: TcpStream,
    manner: Manner,
    server: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    passed: Arc<Mutex<Vec<u8>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    log.lock().unwrap().push(head.clone());
    let is_known =
        head.to_ascii_lowercase().contains(&format!("proxy-authorization: basic {}", LOGIN.to_ascii_lowercase()));
    let answer = match manner {
        Manner::Hangs => std::future::pending().await,
        Manner::Garbage => format!("HTTP/1.1 what? {head}\r\n\r\n"),
        Manner::Asks if !is_known => {
            "HTTP/1.1 407 Who\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
        Manner::Asks | Manner::Serves if head.starts_with("CONNECT ") => "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
        Manner::Asks | Manner::Serves => {
            let body = "by way of the proxy";
            format!("HTTP/1.1 200 OK\r\netag: \"1\"\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        }
    };
    if client.write_all(answer.as_bytes()).await.is_err() || !answer.ends_with("OK\r\n\r\n") {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let up = async {
        let mut buffer = vec![0; 4096];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            passed.lock().unwrap().extend_from_slice(&buffer[..read]);
            if to_server.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(up, async { drop(tokio::io::copy(&mut from_server, &mut to_client).await) });
}
