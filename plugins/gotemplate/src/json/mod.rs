//! JSON as Go's `encoding/json` reads and writes it.

mod read;
mod write;

pub use read::{JsonError, from_bytes};
pub use write::{Style, to_bytes, to_serde};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn again(text: &str) -> String {
        String::from_utf8(to_bytes(&from_bytes(text.as_bytes()).unwrap(), Style::Html).unwrap()).unwrap()
    }

    #[test]
    fn numbers_are_floats_and_written_as_go_does() {
        assert_eq!(again("[1000000, 1e21, 1.5e-7, -0, 123456789.125]"), "[1000000,1e+21,1.5e-7,-0,123456789.125]");
    }

    #[test]
    fn html_is_escaped_and_surrogates_are_read() {
        assert_eq!(
            again(r#"{"b":"<&>","a":"\ud83d\ude00\ud800"}"#),
            "{\"a\":\"😀\u{fffd}\",\"b\":\"\\u003c\\u0026\\u003e\"}"
        );
    }

    #[test]
    fn what_is_no_json_is_an_error_with_gos_text() {
        for (text, message) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("nope", "invalid character 'o' in literal null (expecting 'u')"),
            ("1 2", "invalid character '2' after top-level value"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{1:2}", "invalid character '1' looking for beginning of object key string"),
            ("01", "invalid character '1' after top-level value"),
        ] {
            assert_eq!(from_bytes(text.as_bytes()).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn not_a_number_cannot_be_written() {
        assert!(to_bytes(&Value::Float(f64::NAN), Style::Html).is_err());
    }
}
