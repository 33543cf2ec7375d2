//! `--help` of every command says everything, and so does `docs/reference/command-line.md`.

use crate::bench::{orangery, root};
use clap::CommandFactory;
use orangery::cli::flux_operator::{Carried, FLAGS};
use orangery::cli::{Arguments, Command};

/// Every command with its path, `orangery` itself first.
fn commands() -> Vec<(Vec<String>, clap::Command)> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), Arguments::command())];
    while let Some((path, command)) = open.pop() {
        for inner in command.get_subcommands() {
            let mut path = path.clone();
            path.push(inner.get_name().to_owned());
            open.push((path, inner.clone()));
        }
        found.push((path, command));
    }
    found
}

#[test]
fn every_command_and_every_flag_explains_itself() {
    for (path, command) in commands() {
        let help = orangery(path.iter().map(String::as_str).chain(["--help"])).run().exits(0).out;
        assert!(command.get_about().is_some(), "{path:?} says nothing about itself");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path:?} {} has no help", argument.get_id());
            let name = argument
                .get_long()
                .map_or_else(|| argument.get_value_names().unwrap()[0].to_string(), |long| format!("--{long}"));
            assert!(help.contains(&name), "{path:?} --help does not name {name}");
        }
    }
}

/// The pages about the command line.
fn reference() -> String {
    ["command-line.md", "cluster-commands.md", "artifact-commands.md"]
        .map(|page| std::fs::read_to_string(root().join("docs/reference").join(page)).unwrap())
        .join("\n")
}

#[test]
fn the_reference_names_every_command_and_every_flag() {
    let page = reference();
    for (path, command) in commands() {
        assert!(
            page.contains(&format!("`orangery {}", path.join(" ")).trim_end().to_owned()),
            "the page lacks {path:?}"
        );
        for argument in command.get_arguments() {
            if let Some(long) = argument.get_long() {
                assert!(page.contains(&format!("`--{long}")), "the page lacks --{long} of {path:?}");
            }
            for default in argument.get_default_values() {
                let default = default.to_string_lossy();
                assert!(page.contains(&format!("`{default}`")), "the page lacks the default {default} of {path:?}");
            }
        }
    }
    let flags: std::collections::BTreeSet<String> = commands()
        .iter()
        .flat_map(|(_, command)| {
            let arguments: Vec<clap::Arg> = command.get_arguments().cloned().collect();
            arguments.into_iter().flat_map(|argument| {
                let aliases = argument.get_visible_aliases().unwrap_or_default();
                argument.get_long().into_iter().chain(aliases).map(str::to_owned).collect::<Vec<_>>()
            })
        })
        .collect();
    for word in page.split("`--").skip(1) {
        let flag: String = word.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '-').collect();
        let of_flux_operator = FLAGS.iter().any(|(name, _)| *name == flag);
        let known = flags.contains(&flag) || of_flux_operator || flag == "help" || flag == "version";
        assert!(known, "the page names --{flag}, which no command has");
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    orangery(["frobnicate"]).run().exits(2).warns("frobnicate");
    orangery(["run", "--local", "out"]).run().exits(2).warns("--filename");
    orangery(["run", "--metrics-addr", "8080"]).run().exits(2).warns("write HOST:PORT, :PORT or none");
    orangery(["run", "--requeue-dependency", "soon"]).run().exits(2).warns("soon");
    orangery(["run", "--min-retry-delay", "1m", "--max-retry-delay", "1s"])
        .run()
        .exits(2)
        .warns("--min-retry-delay (1m0s) must not be longer than --max-retry-delay (1s)");
    orangery(["run", "--min-retry-delay", "0s"]).run().exits(2).warns("--min-retry-delay must be longer than zero");
    orangery(["run", "--max-retry-delay", "soon"]).run().exits(2).warns("soon");
    for percentage in ["101", "five", "-1"] {
        let jitter = format!("--interval-jitter-percentage={percentage}");
        orangery(["run", &jitter]).run().exits(2).warns("--interval-jitter-percentage").warns(percentage);
    }
    orangery(["--version"]).run().exits(0).prints("orangery 0.1.0");
}

#[test]
fn the_printed_definitions_are_those_of_the_repository() {
    let printed = orangery(["crds"]).run().exits(0).out;
    let kept = crate::bench::tree(&root().join("config/crd"));
    assert_eq!(printed.matches("---\n").count(), kept.len());
    for (file, text) in kept {
        assert!(printed.contains(&text), "config/crd/{file} is not what `orangery crds` prints");
    }
}

/// The comment above the table, and what ends it.
const TABLE: (&str, &str) = ("<!-- The table is written from the code by the tests. -->\n", "\n\n");

#[test]
fn the_reference_says_what_becomes_of_each_flag_of_flux_operator() {
    let rows: Vec<String> = FLAGS
        .iter()
        .map(|(name, carried)| {
            let flag = if name.ends_with('-') { format!("`--{name}`…") } else { format!("`--{name}`") };
            match carried {
                Carried::Same => format!("| {flag} | the same |"),
                Carried::Accepted(how) => format!("| {flag} | accepted: {how} |"),
                Carried::Refused(instead) => format!("| {flag} | refused: {instead} |"),
            }
        })
        .collect();
    let table = format!("| flag | |\n|---|---|\n{}", rows.join("\n"));
    let path = root().join("docs/reference/command-line.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (above, rest) = page.split_once(TABLE.0).unwrap();
    let (found, below) = rest.split_once(TABLE.1).unwrap();
    if std::env::var_os("ORANGERY_BLESS").is_some() {
        std::fs::write(path, format!("{above}{}{table}{}{below}", TABLE.0, TABLE.1)).unwrap();
        return;
    }
    assert_eq!(found, table, "docs/reference/command-line.md is old; ORANGERY_BLESS=1 writes the table anew");
}

#[test]
fn flags_of_flux_operator_are_understood_or_refused_with_what_to_use_instead() {
    use clap::Parser as _;
    let run = |flags: &str| match Arguments::try_parse_from("orangery run".split(' ').chain(flags.split(' ')))
        .unwrap()
        .command
    {
        Command::Run(options) => *options,
        other => panic!("{other:?}"),
    };
    // The words of its chart.
    assert!(run("--log-level=info --log-encoding=json --enable-leader-election=true").elects_a_leader());
    assert!(run("--enable-leader-election --log-encoding=console").elects_a_leader());
    assert!(!run("--enable-leader-election=false").elects_a_leader());
    assert!(!run("--no-leader-election").elects_a_leader());
    assert_eq!(run("--token-cache-max-size=100 --token-cache-max-duration=1h").carried.token_cache_max_size, Some(100));
    assert!(run("--metrics-addr=:8080 --health-addr=:8081").metrics_addr.0.is_some());
    let managers = run("--override-manager=argocd-controller --override-manager=pulumi,terraform").override_managers;
    assert_eq!(managers, ["argocd-controller", "pulumi", "terraform"]);
    for (flags, words) in [
        ("--override-manager=flux-operator", "the field manager of Orangery itself"),
        ("--override-manager=", "give the name of a field manager"),
        ("--default-workload-identity-service-account=flux", "spec.secretRef"),
        ("--web-server-port=9080", "docs/migrate.md"),
        ("--web-server-only", "Orangery serves no web UI"),
        ("--enable-leader-election=false --no-leader-election", "cannot be used with"),
    ] {
        orangery("run".split(' ').chain(flags.split(' '))).run().exits(2).warns(words);
    }
    // Elsewhere, and for flags that nobody has, the words are clap's.
    orangery(["run", "--frobnicate"]).run().exits(2).warns("unexpected argument '--frobnicate'");
}
