//! Webhooks: what a forge announces is felt at once.

mod providers;
mod receivers;

use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write as _;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The token of the stories.
const TOKEN: &str = "correct-horse";

/// `sha256=<hex>` over a body.
fn signature(token: &str, body: &str) -> Result<String> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(token.as_bytes())?;
    mac.update(body.as_bytes());
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

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
    let signature = signature(token, body)?;
    let headers = [("Content-Type", "application/json"), ("X-Hub-Signature-256", signature.as_str())];
    post(address, path, &headers, body).await
}
