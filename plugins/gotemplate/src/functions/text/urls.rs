//! URLs, taken apart and put together as Go's `net/url` does (Go 1.26).

use crate::functions::{Answer, Args, Context};
use crate::value::{Map, Text, Type, Value};

/// Where in a URL a text stands, which decides what is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

impl Part {
    fn keeps(self, byte: u8) -> bool {
        let extra: &[u8] = match self {
            Self::Path => b"$&+,/:;=@",
            Self::Host | Self::Zone => b"!\"$&'()*+,:;<=>[]",
            Self::User => b"$&+,;=",
            Self::Fragment => b"!$&()*+,/:;=?@",
        };
        byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || extra.contains(&byte)
    }
}

fn quoted(bytes: &[u8]) -> String {
    go_std::strconv::quote(bytes)
}

fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if part.keeps(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    out
}

fn hex_pair(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    let digit = |b: u8| char::from(b).to_digit(16);
    u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'%' {
            if matches!(part, Part::Host | Part::Zone) && byte < 0x80 && !part.keeps(byte) {
                return Err(format!("invalid character {} in host name", quoted(&[byte])));
            }
            out.push(byte);
            rest = tail;
            continue;
        }
        let shown = rest.get(..3).unwrap_or(rest);
        let bad = || format!("invalid URL escape {}", quoted(shown));
        let value = hex_pair(rest).ok_or_else(bad)?;
        let percent = shown == b"%25";
        if part == Part::Host && value < 0x80 && !percent
            || part == Part::Zone && !percent && value != b' ' && !Part::Host.keeps(value)
        {
            return Err(bad());
        }
        out.push(value);
        rest = rest.get(3..).unwrap_or_default();
    }
    Ok(out)
}

fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|b| *b == separator) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// A URL in parts, unescaped where Go unescapes.
#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    user: Option<Vec<u8>>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

fn scheme(url: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    for (at, byte) in url.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = url.split_at(at);
                return Ok((scheme.to_ascii_lowercase(), rest.get(1..).unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok((Vec::new(), url))
}

fn without_fragment(url: &[u8]) -> Result<Url, String> {
    if url.iter().any(|b| *b < b' ' || *b == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut out = Url::default();
    if url == b"*" {
        out.path = url.to_vec();
        return Ok(out);
    }
    let (scheme, rest) = scheme(url)?;
    out.scheme = scheme;
    let (rest, query) = cut(rest, b'?');
    out.query = query.unwrap_or_default().to_vec();
    if !rest.starts_with(b"/") {
        if !out.scheme.is_empty() {
            out.opaque = rest.to_vec();
            return Ok(out);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut path = rest;
    let has_authority = !out.scheme.is_empty() || !rest.starts_with(b"///");
    if let Some(authority) = rest.strip_prefix(b"//").filter(|_| has_authority) {
        let end = authority.iter().position(|b| *b == b'/').unwrap_or(authority.len());
        let (authority, rest) = authority.split_at(end);
        path = rest;
        (out.user, out.host) = parse_authority(&out.scheme, authority)?;
    }
    out.path = unescape(path, Part::Path)?;
    Ok(out)
}

fn parse_authority(scheme: &[u8], authority: &[u8]) -> Result<(Option<Vec<u8>>, Vec<u8>), String> {
    let Some(at) = authority.iter().rposition(|b| *b == b'@') else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let (user, host) = authority.split_at(at);
    let host = parse_host(scheme, host.get(1..).unwrap_or_default())?;
    if !user.iter().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(b)) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = cut(user, b':');
    let mut shown = escape(&unescape(name, Part::User)?, Part::User);
    if let Some(password) = password {
        shown.push(b':');
        shown.extend(escape(&unescape(password, Part::User)?, Part::User));
    }
    Ok((Some(shown), host))
}

fn check_port(port: &[u8]) -> Result<(), String> {
    match port.split_first() {
        None => Ok(()),
        Some((b':', digits)) if digits.iter().all(u8::is_ascii_digit) => Ok(()),
        Some(_) => Err(format!("invalid port {} after host", quoted(port))),
    }
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    match host.iter().rposition(|b| *b == b'[') {
        Some(0) => return parse_bracketed(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    // http and https allow one colon only; others keep the older, laxer rule.
    let strict = matches!(scheme, b"http" | b"https");
    let colon = if strict { host.iter().position(|b| *b == b':') } else { host.iter().rposition(|b| *b == b':') };
    if let Some(at) = colon {
        check_port(host.get(at..).unwrap_or_default())?;
    }
    unescape(host, Part::Host)
}

fn parse_bracketed(host: &[u8]) -> Result<Vec<u8>, String> {
    let close = host.iter().rposition(|b| *b == b']').ok_or("missing ']' in host")?;
    let port = host.get(close + 1..).unwrap_or_default();
    check_port(port)?;
    let name = host.get(1..close).unwrap_or_default();
    let zone = name.windows(3).position(|w| w == b"%25").unwrap_or(name.len());
    let (address, zone) = name.split_at(zone);
    let address = unescape(address, Part::Host)?;
    let zone = unescape(zone, Part::Zone)?;
    let parsed = std::str::from_utf8(&address).ok().and_then(|a| a.parse::<std::net::Ipv6Addr>().ok());
    if parsed.is_none() || zone == b"%" {
        return Err(format!("invalid host: ParseAddr({}): unable to parse IP", quoted(&address)));
    }
    Ok([b"[", &*address, &*zone, b"]", port].concat())
}

fn hostname(host: &[u8]) -> &[u8] {
    let colon = host.iter().rposition(|b| *b == b':');
    let name = match colon.filter(|at| check_port(host.get(*at..).unwrap_or_default()).is_ok()) {
        Some(at) => host.get(..at).unwrap_or_default(),
        None => host,
    };
    name.strip_prefix(b"[").and_then(|n| n.strip_suffix(b"]")).unwrap_or(name)
}

fn parsed(url: &[u8]) -> Result<Url, String> {
    let (before, fragment) = cut(url, b'#');
    let mut out = without_fragment(before).map_err(|e| format!("parse {}: {e}", quoted(before)))?;
    out.fragment =
        unescape(fragment.unwrap_or_default(), Part::Fragment).map_err(|e| format!("parse {}: {e}", quoted(url)))?;
    Ok(out)
}

pub(in crate::functions) fn parse(_: &mut Context, args: Args<'_>) -> Answer {
    let url = parsed(args.bytes(0)).map_err(|e| format!("unable to parse url: {e}"))?;
    let hostname = hostname(&url.host).to_vec();
    let fields = [
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", url.user.unwrap_or_default()),
    ];
    Ok(Value::Map(Map::new(fields.into_iter().map(|(name, value)| (Text::from(name), Value::from(value))))))
}

fn field(map: &Map, name: &str) -> Result<Vec<u8>, String> {
    match map.get(&Text::from(name)) {
        None => Ok(Vec::new()),
        Some(Value::Text(text)) => Ok(text.bytes().to_vec()),
        Some(Value::Nil) => Err(crate::functions::args::NIL_DEREFERENCE.to_owned()),
        Some(other) => {
            let kind = Type::of(&other).map_or("invalid", Type::kind);
            Err(format!("unable to parse {name} key, must be of type string, but {kind} found"))
        }
    }
}

pub(in crate::functions) fn join(_: &mut Context, args: Args<'_>) -> Answer {
    let map = args.map(0);
    let get = |name| field(&map, name);
    let (scheme, host, path, query) = (get("scheme")?, get("host")?, get("path")?, get("query")?);
    let (opaque, fragment, userinfo) = (get("opaque")?, get("fragment")?, get("userinfo")?);
    let mut user = None;
    if !userinfo.is_empty() {
        let probe = [b"proto://", &*userinfo, b"@host"].concat();
        user = parsed(&probe).map_err(|e| format!("unable to parse userinfo in dict: {e}"))?.user;
    }
    let mut out = Vec::new();
    if !scheme.is_empty() {
        out.extend_from_slice(&scheme);
        out.push(b':');
    }
    if opaque.is_empty() {
        if !host.is_empty() || user.is_some() || !scheme.is_empty() && !path.is_empty() {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = user {
            out.extend_from_slice(&user);
            out.push(b'@');
        }
        out.extend(escape(&host, Part::Host));
        let path = if path == b"*" { path } else { escape(&path, Part::Path) };
        if !path.is_empty() && !path.starts_with(b"/") && !host.is_empty() {
            out.push(b'/');
        }
        if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
            out.extend_from_slice(b"./");
        }
        out.extend_from_slice(&path);
    } else {
        out.extend_from_slice(&opaque);
    }
    if !query.is_empty() {
        out.push(b'?');
        out.extend_from_slice(&query);
    }
    if !fragment.is_empty() {
        out.push(b'#');
        out.extend(escape(&fragment, Part::Fragment));
    }
    Ok(out.into())
}
