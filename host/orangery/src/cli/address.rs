//! An address that a server listens on.

use std::net::SocketAddr;

/// An address to listen on, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub Option<SocketAddr>);

/// `HOST:PORT`, `:PORT` as Flux Operator writes it, or `none`.
pub(super) fn parse(text: &str) -> Result<Address, String> {
    if text == "none" || text == "0" {
        return Ok(Address(None));
    }
    let full = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    full.parse()
        .map(|address| Address(Some(address)))
        .map_err(|error| format!("{error}; write HOST:PORT, :PORT or none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_a_port_alone_or_nothing() {
        assert_eq!(parse(":8080").unwrap().0.unwrap().port(), 8080);
        assert_eq!(parse("none").unwrap(), Address(None));
        assert!(parse("8080").unwrap_err().contains("HOST:PORT"));
    }
}
