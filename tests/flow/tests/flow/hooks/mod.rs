//! Webhooks: what a forge announces is felt at once.

mod providers;
mod receivers;

use anyhow::{Context, Result};
use orangery_hooks::sign;
use std::fmt::Write as _;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The token of the stories.
const TOKEN: &str = "correct-horse";

/// POSTs a body, and answers the status code.
async fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Result<u16> {
    let mut stream = TcpStream::connect(address).await?;
    let mut request =
        format!("POST {path} HTTP/1.1\r\nHost: hooks\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n")?;
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let code = answer.split(' ').nth(1).context("no status line")?;
    Ok(code.parse()?)
}

/// POSTs a body signed as GitHub does.
async fn post_signed(address: SocketAddr, path: &str, token: &str, body: &str) -> Result<u16> {
    let signature = sign(token.as_bytes(), body.as_bytes());
    let headers = [("Content-Type", "application/json"), ("X-Hub-Signature-256", signature.as_str())];
    post(address, path, &headers, body).await
}
