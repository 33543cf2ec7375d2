//! The developer's commands. Light on purpose: it must build in seconds on a fresh machine, so it names no crate of the
//! host and runs the programs instead.

use clap::{Parser, Subcommand};

mod advisories;
mod bench;
mod crds;
mod demo;
mod deploy;
mod dist;
mod fuzz;
mod guided;
mod image;
mod machine;
mod plugins;
mod soak;
mod steps;
mod test;

/// Developer commands of Orangery. Each installs what it needs and shows what it does.
#[derive(Parser)]
#[command(name = "cargo xtask", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set everything up and watch preview environments appear and vanish: a simulated forge, the real operator in local
    /// mode, change requests that open, change, break and close.
    Demo(demo::Options),
    /// Run every check and every test, as CI does.
    Test(test::Options),
    /// Build the built-in plugins and print their sizes.
    Plugins(plugins::Options),
    /// Write the custom resource definitions to config/crd.
    Crds(crds::Options),
    /// Write the manifests for kubectl in config/ from the Helm chart.
    Deploy(deploy::Options),
    /// Build what a release publishes: programs with their plugins as machine code, checksums, a bill of materials.
    Dist(dist::Options),
    /// Make the OCI image of the program, without a container engine.
    Image(image::Options),
    /// Measure, as ratios within one run.
    Bench(bench::Options),
    /// Compare YAML and templates with the real Go libraries, on random cases.
    Fuzz(fuzz::Options),
    /// Look for texts that make a reader panic, overflow the stack or take too long, guided by coverage.
    Guided(guided::Options),
    /// Cut each kind of work at each request, or compare random histories with a model, with the real API server.
    Soak(soak::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Plugins(options) => plugins::run(&options),
        Command::Crds(options) => crds::run(&options),
        Command::Deploy(options) => deploy::run(&options),
        Command::Dist(options) => dist::run(&options),
        Command::Image(options) => image::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Guided(options) => guided::run(&options),
        Command::Soak(options) => soak::run(&options),
    }
}
