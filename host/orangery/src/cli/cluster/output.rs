//! What commands print objects as.

use clap::ValueEnum;
use std::str::FromStr;

/// The value of `-o`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Output {
    /// A table for people.
    #[default]
    Table,
    /// `resourceset.fluxcd.controlplane.io/NAME`, one a line.
    Name,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// The values that a template of kubectl's JSONPath finds.
    JsonPath(String),
}

/// `-o` names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not an output format; the formats are table, name, json, yaml and jsonpath=TEMPLATE")]
pub struct UnknownOutput(String);

impl FromStr for Output {
    type Err = UnknownOutput;

    fn from_str(text: &str) -> Result<Self, UnknownOutput> {
        match text {
            // kubectl's `wide` has no further columns here.
            "table" | "wide" => Ok(Self::Table),
            "name" => Ok(Self::Name),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            other => match other.strip_prefix("jsonpath=") {
                Some(template) if !template.is_empty() => Ok(Self::JsonPath(template.to_owned())),
                _ => Err(UnknownOutput(text.to_owned())),
            },
        }
    }
}

/// `--ready-status`: the status of the condition Ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum ReadyStatus {
    /// It did what it should.
    True,
    /// It failed.
    False,
    /// It has not reported yet.
    Unknown,
    /// It is suspended.
    Suspended,
}

impl ReadyStatus {
    /// As the column READY has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
            Self::Suspended => "Suspended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_format_is_refused_with_those_there_are() {
        assert_eq!("jsonpath={.status}".parse(), Ok(Output::JsonPath("{.status}".to_owned())));
        assert_eq!("wide".parse(), Ok(Output::Table));
        for text in ["jsonpath", "jsonpath=", "csv"] {
            assert!(text.parse::<Output>().unwrap_err().to_string().contains("jsonpath=TEMPLATE"), "{text}");
        }
    }
}
