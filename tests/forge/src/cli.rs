//! The command line. Every work becomes a command of the control API of the server named by `--url`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use orangery_test_forge::{Command, Deploy, DeploymentStatus, Failure, Fault, Forge, Open, Place, seed};
use serde_json::{Value, json};

/// A simulated GitHub and GitLab: `serve` it, then drive it with the other commands.
#[derive(Parser)]
#[command(name = "orangery-forge", version)]
pub(crate) struct Cli {
    /// The running forge to talk to, as `serve` printed it.
    #[arg(long, global = true, env = "ORANGERY_FORGE_URL")]
    url: Option<String>,
    #[command(subcommand)]
    work: RecordedAction,
}

#[derive(Subcommand)]
enum RecordedAction {
    /// Run a forge until interrupted; prints its URL.
    Serve {
        /// The port; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// The address to listen on.
        #[arg(long, default_value = "127.0.0.1")]
        address: IpAddr,
        /// `demo`, or a JSON file with a list of commands; may be given several times.
        #[arg(long)]
        seed: Vec<String>,
        /// Write the port to this file once the forge listens.
        #[arg(long)]
        port_file: Option<PathBuf>,
    },
    /// Pull requests and merge requests.
    #[command(subcommand, visible_alias = "mr")]
    Pr(Change),
    /// Branches.
    #[command(subcommand)]
    Branch(Named),
    /// Tags.
    #[command(subcommand)]
    Tag(Named),
    /// GitLab environments.
    #[command(subcommand)]
    Env(Named),
    /// Add a deployment to a GitLab environment.
    Deploy {
        /// `gitlab:group/project`.
        repository: Place,
        /// The environment's name.
        environment: String,
        /// The branch or tag to deploy.
        #[arg(long = "ref", default_value = "main")]
        reference: String,
        /// created, running, success, failed, canceled, skipped or blocked.
        #[arg(long, default_value = "success", value_parser = status)]
        status: DeploymentStatus,
        /// The commit; the head of the branch when left out.
        #[arg(long)]
        sha: Option<String>,
    },
    /// Make requests fail; without further words, every request until `heal`.
    Fail {
        /// A status code (`503`), a word (`maintenance`, `reset`, `empty-list`, …), or JSON (`{"slow-body":{"millis":50}}`).
        #[arg(value_parser = failure)]
        failure: Failure,
        /// Only requests whose path and query match this regular expression.
        #[arg(long)]
        on: Option<String>,
        /// Only the next so many.
        #[arg(long)]
        times: Option<u64>,
        /// Only from this page on.
        #[arg(long)]
        from_page: Option<u64>,
    },
    /// Remove every fault.
    Heal,
    /// Do the commands in a JSON file, or standard input (`-`).
    Do {
        /// The file.
        file: String,
    },
    /// Print the log of requests.
    Requests {
        /// Only those whose path and query match this regular expression.
        #[arg(long)]
        path: Option<String>,
        /// Print everything as JSON, credentials too.
        #[arg(long)]
        json: bool,
    },
    /// Print everything in every repository as JSON.
    State,
}

#[derive(Subcommand)]
enum Change {
    /// Open one; prints it.
    Open {
        /// `github:owner/repo` or `gitlab:group/project`.
        repository: Place,
        /// The head branch; created when there is none.
        branch: String,
        /// The title.
        #[arg(long)]
        title: Option<String>,
        /// The author.
        #[arg(long)]
        author: Option<String>,
        /// A label; may be given several times.
        #[arg(long)]
        label: Vec<String>,
        /// The fork the branch lives in, `owner/repo`.
        #[arg(long)]
        fork: Option<String>,
        /// Open it as a draft.
        #[arg(long)]
        draft: bool,
    },
    /// Push a new commit to it.
    Push { repository: Place, number: u64 },
    /// Change its title.
    Retitle { repository: Place, number: u64, title: String },
    /// Add a label.
    Label { repository: Place, number: u64, label: String },
    /// Take a label away.
    Unlabel { repository: Place, number: u64, label: String },
    /// Close it.
    Close { repository: Place, number: u64 },
    /// Merge it.
    Merge { repository: Place, number: u64 },
    /// Reopen it.
    Reopen { repository: Place, number: u64 },
}

#[derive(Subcommand)]
enum Named {
    /// Create one.
    Create { repository: Place, name: String },
    /// Delete one.
    Delete { repository: Place, name: String },
    /// Push a new commit (branches only).
    Push { repository: Place, name: String },
    /// Stop it (environments only).
    Stop { repository: Place, name: String },
    /// Start it again (environments only).
    Start { repository: Place, name: String },
}

#[derive(Clone, Copy)]
enum Kind {
    Branch,
    Tag,
    Environment,
}

impl Cli {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let url = self.url;
        let command = match self.work {
            RecordedAction::Serve { port, address, seed, port_file } => {
                return serve(SocketAddr::new(address, port), &seed, port_file).await;
            }
            RecordedAction::Do { file } => {
                let text = match file.as_str() {
                    "-" => std::io::read_to_string(std::io::stdin())?,
                    path => std::fs::read_to_string(path).with_context(|| format!("reading {path}"))?,
                };
                return send(url, &text).await;
            }
            RecordedAction::Requests { path, json } => return requests(url, path, json).await,
            RecordedAction::State => return print(&fetch(url, "/_control/state", &[]).await?),
            RecordedAction::Heal => Command::ClearFaults,
            RecordedAction::Fail { failure, on, times, from_page } => {
                let fault = Fault { times, from_page, ..Fault::new(failure) };
                Command::Fault(match on {
                    Some(on) => fault.on(&on).context("--on is not a regular expression")?,
                    None => fault,
                })
            }
            RecordedAction::Deploy { repository, environment, reference, status, sha } => {
                Command::Deploy(Deploy { repository, environment, reference, sha, status, author: None })
            }
            RecordedAction::Pr(change) => change.command(),
            RecordedAction::Branch(named) => named.command(Kind::Branch)?,
            RecordedAction::Tag(named) => named.command(Kind::Tag)?,
            RecordedAction::Env(named) => named.command(Kind::Environment)?,
        };
        send(url, &serde_json::to_string(&command)?).await
    }
}

impl Change {
    fn command(self) -> Command {
        match self {
            Self::Open { repository, branch, title, author, label, fork, draft } => Command::Open(Open {
                repository,
                title,
                author,
                fork,
                draft,
                labels: label,
                ..orangery_test_forge::opening(&branch)
            }),
            Self::Push { repository, number } => Command::Push { repository, number },
            Self::Retitle { repository, number, title } => Command::Retitle { repository, number, title },
            Self::Label { repository, number, label } => Command::Label { repository, number, label },
            Self::Unlabel { repository, number, label } => Command::Unlabel { repository, number, label },
            Self::Close { repository, number } => Command::Close { repository, number },
            Self::Merge { repository, number } => Command::Merge { repository, number },
            Self::Reopen { repository, number } => Command::Reopen { repository, number },
        }
    }
}

impl Named {
    fn command(self, kind: Kind) -> anyhow::Result<Command> {
        Ok(match (kind, self) {
            (Kind::Branch, Self::Create { repository, name }) => Command::CreateBranch { repository, name },
            (Kind::Branch, Self::Delete { repository, name }) => Command::DeleteBranch { repository, name },
            (Kind::Branch, Self::Push { repository, name }) => Command::PushBranch { repository, name },
            (Kind::Tag, Self::Create { repository, name }) => Command::CreateTag { repository, name, sha: None },
            (Kind::Tag, Self::Delete { repository, name }) => Command::DeleteTag { repository, name },
            (Kind::Environment, Self::Create { repository, name }) => {
                Command::CreateEnvironment { repository, name, external_url: None }
            }
            (Kind::Environment, Self::Delete { repository, name }) => Command::DeleteEnvironment { repository, name },
            (Kind::Environment, Self::Stop { repository, name }) => Command::StopEnvironment { repository, name },
            (Kind::Environment, Self::Start { repository, name }) => Command::StartEnvironment { repository, name },
            (Kind::Branch, _) => bail!("branches can be created, pushed and deleted"),
            (Kind::Tag, _) => bail!("tags can be created and deleted"),
            (Kind::Environment, _) => bail!("environments can be created, stopped, started and deleted"),
        })
    }
}

async fn serve(address: SocketAddr, seeds: &[String], port_file: Option<PathBuf>) -> anyhow::Result<()> {
    let forge = Forge::start_on(address).await.with_context(|| format!("listening on {address}"))?;
    for name in seeds {
        for command in seed::read(name)? {
            forge.run(command).with_context(|| format!("seed {name}"))?;
        }
    }
    if let Some(file) = port_file {
        std::fs::write(&file, forge.address().port().to_string())
            .with_context(|| format!("writing {}", file.display()))?;
    }
    println!("{}", forge.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}

async fn send(url: Option<String>, commands: &str) -> anyhow::Result<()> {
    let request = reqwest::Client::new().post(format!("{}/_control/do", base(url)?)).body(commands.to_owned());
    print(&answered(request).await?)
}

async fn requests(url: Option<String>, path: Option<String>, json: bool) -> anyhow::Result<()> {
    let query: Vec<(&str, String)> = path.into_iter().map(|path| ("path", path)).collect();
    let log = fetch(url, "/_control/requests", &query).await?;
    if json {
        return print(&log);
    }
    for request in log.as_array().into_iter().flatten() {
        let field = |name: &str| request.get(name).cloned().unwrap_or_default();
        let word = |name: &str| field(name).as_str().unwrap_or_default().to_owned();
        let query = Some(word("query")).filter(|query| !query.is_empty()).map(|query| format!("?{query}"));
        println!("{} {} {}{}", field("status"), word("method"), word("path"), query.unwrap_or_default());
    }
    Ok(())
}

async fn fetch(url: Option<String>, path: &str, query: &[(&str, String)]) -> anyhow::Result<Value> {
    let mut address = url::Url::parse(&format!("{}{path}", base(url)?))?;
    address.query_pairs_mut().extend_pairs(query);
    answered(reqwest::Client::new().get(address)).await
}

async fn answered(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let response =
        request.send().await.context("the forge does not answer; is `orangery-forge serve` running there?")?;
    let (status, text) = (response.status(), response.text().await?);
    let value: Value = serde_json::from_str(&text).with_context(|| format!("{status}: {text}"))?;
    if !status.is_success() {
        bail!("{}", value.get("error").and_then(Value::as_str).unwrap_or(&text));
    }
    Ok(value)
}

fn base(url: Option<String>) -> anyhow::Result<String> {
    let url = url.context("no forge named; give --url or set ORANGERY_FORGE_URL to what `serve` printed")?;
    Ok(url.trim_end_matches('/').to_owned())
}

fn print(value: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

fn status(text: &str) -> Result<DeploymentStatus, serde_json::Error> {
    serde_json::from_value(json!(text))
}

fn failure(text: &str) -> Result<Failure, serde_json::Error> {
    if let Ok(code) = text.parse() {
        return Ok(Failure::Status { code, retry_after: None, body: None });
    }
    serde_json::from_str(text).or_else(|_| serde_json::from_value(json!(text)))
}
