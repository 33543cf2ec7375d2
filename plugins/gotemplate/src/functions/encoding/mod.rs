//! Encodings and checksums.

pub(super) mod json;
pub(super) mod yaml;

use super::{Answer, Args, Context};
use go_std::encoding::{base32, base64};
use sha2::{Digest, Sha256};

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn sha256sum(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(hexadecimal(&Sha256::digest(args.bytes(0))).into())
}

pub(super) fn sha1sum(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(hexadecimal(&sha1::Sha1::digest(args.bytes(0))).into())
}

pub(super) fn adler32sum(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(adler2::adler32_slice(args.bytes(0)).to_string().into())
}

pub(super) fn b64enc(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(base64::encode(args.bytes(0)).into())
}

pub(super) fn b32enc(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(base32::encode(args.bytes(0)).into())
}

/// As in sprig, the message of an error is the result, so that a value is never lost silently.
pub(super) fn b64dec(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(base64::decode(args.bytes(0)).map_or_else(|error| error.to_string().into(), Into::into))
}

/// The message of an error is the result, as for [`b64dec`].
pub(super) fn b32dec(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(base32::decode(args.bytes(0)).map_or_else(|error| error.to_string().into(), Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn a_value_is_never_lost_silently() {
        let mut context = Context::new(crate::value::Map::nil(), String::new(), 0, 0);
        let bad = [Value::text("a!b=")];
        let Ok(Value::Text(text)) = b64dec(&mut context, Args(&bad)) else { unreachable!() };
        assert_eq!(text.lossy(), "illegal base64 data at input byte 1");
    }
}
