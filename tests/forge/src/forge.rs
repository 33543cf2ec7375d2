//! The Rust API: a running forge, and a repository in it that does what it is told.
//!
//! Built for tests: a script that names a change request that is not there panics on its own line.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::api::events;
use crate::command::{Command, Deploy, Open, Place, Webhook};
use crate::control;
use crate::hosted::environment::DeploymentStatus;
use crate::hosted::repository::{Flavour, Refused, Repository};
use crate::serving::access::Token;
use crate::serving::fault::Fault;
use crate::serving::requests::Request;
use crate::serving::server;
use crate::world::World;

/// A running server; it stops, and cuts its connections, when this is dropped.
pub struct Forge {
    world: Arc<World>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// One repository of a forge.
#[derive(Clone)]
pub struct Hosted {
    world: Arc<World>,
    place: Place,
    base: String,
}

impl Forge {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts on this address.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn start_on(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let (world, address) = (Arc::new(World::default()), listener.local_addr()?);
        let task = tokio::spawn(server::serve(listener, control::router(Arc::clone(&world))));
        Ok(Self { world, address, task })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A GitHub repository, `owner/repo`, created public when there is none.
    pub fn github(&self, path: &str) -> Hosted {
        self.hosted(Flavour::Github, path)
    }

    /// A GitLab project, created public when there is none.
    pub fn gitlab(&self, path: &str) -> Hosted {
        self.hosted(Flavour::Gitlab, path)
    }

    /// Does one command.
    ///
    /// # Errors
    /// When the forge refuses it.
    pub fn run(&self, command: Command) -> Result<Value, Refused> {
        self.world.state().run(command)
    }

    /// From now on this goes wrong.
    pub fn fault(&self, fault: Fault) {
        self.world.state().faults.push(fault);
    }

    /// From now on nothing goes wrong.
    pub fn clear_faults(&self) {
        self.world.state().faults.clear();
    }

    /// Makes a token known.
    pub fn accepts(&self, token: Token) {
        self.does(Command::Token(token));
    }

    /// Makes a token unknown.
    pub fn revokes(&self, value: &str) {
        self.does(Command::RevokeToken { value: value.to_owned() });
    }

    /// Starts the rate-limit windows anew with this many requests.
    pub fn allows(&self, flavour: Flavour, requests: u64) {
        self.does(Command::RateLimit { flavour, limit: requests });
    }

    /// Sends events to a URL.
    pub fn notifies(&self, webhook: Webhook) {
        self.does(Command::Webhook(webhook));
    }

    /// Every request so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.world.state().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.world.state().requests.clear();
    }

    /// Sends the events that are waiting. API and control requests do so by themselves; deeds of the Rust API wait for this.
    pub async fn deliver_events(&self) {
        events::deliver(&self.world, &self.url()).await;
    }

    fn does(&self, command: Command) {
        // Registrations are never refused; only deeds inside a repository are.
        let _never_refused = self.run(command);
    }

    fn hosted(&self, flavour: Flavour, path: &str) -> Hosted {
        let place = Place { flavour, path: path.to_owned() };
        self.world.state().place(&place);
        Hosted { world: Arc::clone(&self.world), place, base: self.url() }
    }
}

impl Drop for Forge {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A change request from `branch`; change its fields before it is opened.
pub fn opening(branch: &str) -> Open {
    Open {
        repository: Place { flavour: Flavour::Github, path: String::new() },
        branch: branch.to_owned(),
        title: None,
        body: String::new(),
        author: None,
        labels: Vec::new(),
        fork: None,
        target: None,
        draft: false,
    }
}

impl Open {
    /// With this title.
    #[must_use]
    pub fn titled(self, title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..self }
    }

    /// With this label as well.
    #[must_use]
    pub fn labelled(mut self, label: &str) -> Self {
        self.labels.push(label.to_owned());
        self
    }

    /// By this author.
    #[must_use]
    pub fn by(self, author: &str) -> Self {
        Self { author: Some(author.to_owned()), ..self }
    }

    /// From this fork, `owner/repo`.
    #[must_use]
    pub fn from_fork(self, fork: &str) -> Self {
        Self { fork: Some(fork.to_owned()), ..self }
    }

    /// As a draft.
    #[must_use]
    pub fn draft(self) -> Self {
        Self { draft: true, ..self }
    }
}

impl Hosted {
    /// What `spec.url` names: the forge's URL and the path.
    pub fn url(&self) -> String {
        format!("{}/{}", self.base, self.place.path)
    }

    /// A copy of everything in it.
    pub fn now(&self) -> Repository {
        self.world.state().place(&self.place).clone()
    }

    /// Hides it from those without a token for it.
    pub fn is_private(&self) {
        self.does(|repository| Command::Repository { repository, private: true });
    }

    /// Removes it and everything in it.
    pub fn disappears(&self) {
        self.does(|repository| Command::DeleteRepository { repository });
    }

    /// Opens a change request from this branch; its number.
    #[track_caller]
    pub fn opens(&self, branch: &str) -> u64 {
        self.opens_one(opening(branch))
    }

    /// Opens this change request; its number.
    #[track_caller]
    pub fn opens_one(&self, open: Open) -> u64 {
        number(&self.does(|repository| Command::Open(Open { repository, ..open })), "number")
    }

    /// Opens `count` change requests from `branch-1`, `branch-2`, …
    #[track_caller]
    pub fn opens_many(&self, count: u64) {
        for each in 1..=count {
            self.opens(&format!("branch-{each}"));
        }
    }

    /// Pushes a commit to a change request; its id.
    #[track_caller]
    pub fn pushes(&self, number: u64) -> String {
        text(&self.does(|repository| Command::Push { repository, number }), "sha")
    }

    /// Gives a change request another title.
    #[track_caller]
    pub fn retitles(&self, number: u64, title: &str) {
        self.does(|repository| Command::Retitle { repository, number, title: title.to_owned() });
    }

    /// Adds a label.
    #[track_caller]
    pub fn labels(&self, number: u64, label: &str) {
        self.does(|repository| Command::Label { repository, number, label: label.to_owned() });
    }

    /// Takes a label away.
    #[track_caller]
    pub fn unlabels(&self, number: u64, label: &str) {
        self.does(|repository| Command::Unlabel { repository, number, label: label.to_owned() });
    }

    /// Closes a change request.
    #[track_caller]
    pub fn closes(&self, number: u64) {
        self.does(|repository| Command::Close { repository, number });
    }

    /// Merges a change request.
    #[track_caller]
    pub fn merges(&self, number: u64) {
        self.does(|repository| Command::Merge { repository, number });
    }

    /// Reopens a change request.
    #[track_caller]
    pub fn reopens(&self, number: u64) {
        self.does(|repository| Command::Reopen { repository, number });
    }

    /// Creates a branch; its commit.
    #[track_caller]
    pub fn creates_branch(&self, name: &str) -> String {
        text(&self.does(|repository| Command::CreateBranch { repository, name: name.to_owned() }), "sha")
    }

    /// Pushes a commit to a branch; its id.
    #[track_caller]
    pub fn pushes_branch(&self, name: &str) -> String {
        text(&self.does(|repository| Command::PushBranch { repository, name: name.to_owned() }), "sha")
    }

    /// Deletes a branch.
    #[track_caller]
    pub fn deletes_branch(&self, name: &str) {
        self.does(|repository| Command::DeleteBranch { repository, name: name.to_owned() });
    }

    /// Creates a tag; its commit.
    #[track_caller]
    pub fn tags(&self, name: &str) -> String {
        text(&self.does(|repository| Command::CreateTag { repository, name: name.to_owned(), sha: None }), "sha")
    }

    /// Deletes a tag.
    #[track_caller]
    pub fn deletes_tag(&self, name: &str) {
        self.does(|repository| Command::DeleteTag { repository, name: name.to_owned() });
    }

    /// Creates an environment; its id.
    #[track_caller]
    pub fn creates_environment(&self, name: &str) -> u64 {
        let create = |repository| Command::CreateEnvironment { repository, name: name.to_owned(), external_url: None };
        number(&self.does(create), "id")
    }

    /// Stops an environment.
    #[track_caller]
    pub fn stops_environment(&self, name: &str) {
        self.does(|repository| Command::StopEnvironment { repository, name: name.to_owned() });
    }

    /// Starts an environment again.
    #[track_caller]
    pub fn starts_environment(&self, name: &str) {
        self.does(|repository| Command::StartEnvironment { repository, name: name.to_owned() });
    }

    /// Deploys a branch or tag to an environment; the commit.
    #[track_caller]
    pub fn deploys(&self, environment: &str, reference: &str, status: DeploymentStatus) -> String {
        let (environment, reference) = (environment.to_owned(), reference.to_owned());
        let deploy = |repository| {
            Command::Deploy(Deploy { repository, environment, reference, sha: None, status, author: None })
        };
        text(&self.does(deploy), "sha")
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "a test that tells the forge the impossible fails on its own line")]
    fn does(&self, command: impl FnOnce(Place) -> Command) -> Value {
        let done = self.world.state().run(command(self.place.clone()));
        match done {
            Ok(value) => value,
            Err(refused) => panic!("{refused}"),
        }
    }
}

fn number(value: &Value, field: &str) -> u64 {
    value.get(field).and_then(Value::as_u64).unwrap_or_default()
}

fn text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}
