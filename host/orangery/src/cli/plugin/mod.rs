//! The flags of `orangery plugin`.

pub(crate) mod lock;
mod name;

pub use name::{NameError, PluginName};

use super::{OutputFormat, SandboxOptions};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The subcommands of `orangery plugin`.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Write a new provider or renderer in Rust, with its tests and the SDK; it builds and passes them as it is
    New(PluginNewOptions),
    /// Load a component as the operator would; say what it serves, what it wants, and why it would be refused
    Check(PluginCheckOptions),
    /// Run the YAML cases of a plugin: the real component in the real sandbox, with scripted HTTP answers
    Test(PluginTestOptions),
    /// List the built-in plugins, and those of --plugin
    List(PluginListOptions),
    /// Write a copy of this program that holds the built-in plugins as machine code, so that its first start compiles nothing
    Precompile(PluginPrecompileOptions),
}

/// The flags of `orangery plugin new`.
#[derive(Debug, Clone, Args)]
pub struct PluginNewOptions {
    /// Its name: lower-case letters, digits and dashes, such as my-forge, which serves spec.type MyForge
    #[arg(value_name = "NAME", value_parser = plugin_name)]
    pub name: PluginName,
    /// Write a renderer instead: its spec.renderer.name is NAME
    #[arg(long)]
    pub renderer: bool,
    /// The folder in which the new folder NAME is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub into: PathBuf,
}

/// The flags of `orangery plugin check`.
#[derive(Debug, Clone, Args)]
pub struct PluginCheckOptions {
    /// File of the component
    #[arg(value_name = "FILE.wasm")]
    pub file: PathBuf,
    /// Human text, or JSON or YAML for scripts
    #[arg(short, long, value_enum)]
    pub output: Option<OutputFormat>,
}

/// The flags of `orangery plugin test`.
#[derive(Debug, Clone, Args)]
pub struct PluginTestOptions {
    /// A folder of cases (*.yaml), or one file
    #[arg(value_name = "DIR")]
    pub cases: PathBuf,
    /// The component; the default is the built-in plugin that serves the case's type, or has its renderer's name
    #[arg(long, value_name = "FILE.wasm")]
    pub plugin: Option<PathBuf>,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
}

/// The flags of `orangery plugin list`.
#[derive(Debug, Clone, Args)]
pub struct PluginListOptions {
    /// A table, or JSON or YAML for scripts
    #[arg(short, long, value_enum)]
    pub output: Option<OutputFormat>,
    /// Which plugins are loaded, and what they may reach.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}

/// The flags of `orangery plugin precompile`.
#[derive(Debug, Clone, Args)]
pub struct PluginPrecompileOptions {
    /// Where the copy is written
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Parses a name such as `my-forge`.
fn plugin_name(text: &str) -> Result<PluginName, String> {
    text.parse().map_err(|error: NameError| error.to_string())
}
