//! Documents for scripts, on stdout; text for people is on stderr.

use crate::cli::OutputFormat;
use anyhow::Context;
use serde::Serialize;

/// Prints a document on stdout. JSON keeps the order of the fields, YAML sorts them, as Flux's command line does.
pub(super) fn print(value: &impl Serialize, format: OutputFormat) -> anyhow::Result<()> {
    match format {
        OutputFormat::Json => println!("{}", serde_json::to_string_pretty(value).context("cannot write JSON")?),
        OutputFormat::Yaml => {
            let mut text = String::new();
            go_yaml::write(&serde_json::to_value(value).context("cannot write YAML")?, &mut text)?;
            print!("{text}");
        }
    }
    Ok(())
}
