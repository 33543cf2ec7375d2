//! What can be done to the forge: one list of commands, said alike by the Rust API, the control API, the command line and
//! seed files.

use serde::{Deserialize, Serialize};

use crate::hosted::environment::DeploymentStatus;
use crate::hosted::repository::Flavour;
use crate::serving::access::{App, Token};
use crate::serving::fault::Fault;

/// A repository named in a command: `github:owner/repo` or `gitlab:group/project`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place {
    /// Whose API it is read by.
    pub flavour: Flavour,
    /// `owner/repo`, or any depth on GitLab.
    pub path: String,
}

/// A repository that was named in a way nobody understands.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} names no repository; write github:owner/repo or gitlab:group/project")]
pub struct UnknownPlace(String);

/// One work. The fields are named for what they hold: a repository, the number of a change request, a name in it.
#[expect(missing_docs, reason = "a line for every `repository` and `number` would say nothing")]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Creates a repository, or changes who sees it. Other commands create a public one when they name a new one.
    Repository {
        repository: Place,
        #[serde(default)]
        private: bool,
    },
    /// Removes a repository and everything in it.
    DeleteRepository { repository: Place },
    /// Opens a change request.
    Open(Open),
    /// Pushes a new commit to a change request.
    Push { repository: Place, number: u64 },
    /// Changes its title.
    Retitle { repository: Place, number: u64, title: String },
    /// Adds a label.
    Label { repository: Place, number: u64, label: String },
    /// Takes a label away.
    Unlabel { repository: Place, number: u64, label: String },
    /// Makes it a draft, or ready.
    Draft { repository: Place, number: u64, draft: bool },
    /// Closes it.
    Close { repository: Place, number: u64 },
    /// Merges it.
    Merge { repository: Place, number: u64 },
    /// Reopens it.
    Reopen { repository: Place, number: u64 },
    /// Creates a branch.
    CreateBranch { repository: Place, name: String },
    /// Pushes a new commit to a branch.
    PushBranch { repository: Place, name: String },
    /// Deletes a branch, which closes the change requests from it.
    DeleteBranch { repository: Place, name: String },
    /// Creates a tag.
    CreateTag {
        repository: Place,
        name: String,
        #[serde(default)]
        sha: Option<String>,
    },
    /// Deletes a tag.
    DeleteTag { repository: Place, name: String },
    /// Creates a GitLab environment.
    CreateEnvironment {
        repository: Place,
        name: String,
        #[serde(default)]
        external_url: Option<String>,
    },
    /// Stops it.
    StopEnvironment { repository: Place, name: String },
    /// Starts it again.
    StartEnvironment { repository: Place, name: String },
    /// Deletes it.
    DeleteEnvironment { repository: Place, name: String },
    /// Adds a deployment to an environment.
    Deploy(Deploy),
    /// Changes the status of a deployment.
    FinishDeployment { repository: Place, iid: u64, status: DeploymentStatus },
    /// Makes a token known; the same value again replaces it.
    Token(Token),
    /// Makes a token unknown.
    RevokeToken { value: String },
    /// Registers a GitHub App.
    App(App),
    /// Starts the rate-limit windows anew with this many requests.
    RateLimit { flavour: Flavour, limit: u64 },
    /// Sets the max-age that GitHub's answers carry; the real one is 60.
    MaxAge { seconds: u64 },
    /// Adds a fault.
    Fault(Fault),
    /// Removes every fault.
    ClearFaults,
    /// Sends events of every repository of this flavour to a URL.
    Webhook(Webhook),
}

/// What a new change request looks like.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Open {
    /// Where.
    pub repository: Place,
    /// The head branch; created when there is none.
    pub branch: String,
    /// The title; made from the branch when left out.
    #[serde(default)]
    pub title: Option<String>,
    /// The description.
    #[serde(default)]
    pub body: String,
    /// The author.
    #[serde(default)]
    pub author: Option<String>,
    /// The labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The repository the head branch lives in when it is a fork: `owner/repo`.
    #[serde(default)]
    pub fork: Option<String>,
    /// The branch to merge into.
    #[serde(default)]
    pub target: Option<String>,
    /// Whether it is a draft.
    #[serde(default)]
    pub draft: bool,
}

/// A new deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Deploy {
    /// Where.
    pub repository: Place,
    /// The environment's name.
    pub environment: String,
    /// The branch or tag.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The commit; the head of the branch when left out.
    #[serde(default)]
    pub sha: Option<String>,
    /// How it went.
    pub status: DeploymentStatus,
    /// Who started it.
    #[serde(default)]
    pub author: Option<String>,
}

/// A target of events.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Webhook {
    /// Whose format it gets.
    pub flavour: Flavour,
    /// Where to POST.
    pub url: String,
    /// Signs (GitHub) or accompanies (GitLab) each event.
    #[serde(default)]
    pub secret: Option<String>,
}

impl TryFrom<String> for Place {
    type Error = UnknownPlace;

    fn try_from(text: String) -> Result<Self, UnknownPlace> {
        text.parse()
    }
}

impl std::str::FromStr for Place {
    type Err = UnknownPlace;

    fn from_str(text: &str) -> Result<Self, UnknownPlace> {
        let (flavour, path) = match text.split_once(':') {
            Some(("github", path)) => (Flavour::Github, path),
            Some(("gitlab", path)) => (Flavour::Gitlab, path),
            _ => return Err(UnknownPlace(text.to_owned())),
        };
        let parts = path.split('/').count();
        let well_formed =
            !path.split('/').any(str::is_empty) && (parts == 2 || parts > 2 && flavour == Flavour::Gitlab);
        if !well_formed {
            return Err(UnknownPlace(text.to_owned()));
        }
        Ok(Self { flavour, path: path.to_owned() })
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let flavour = match self.flavour {
            Flavour::Github => "github",
            Flavour::Gitlab => "gitlab",
        };
        write!(to, "{flavour}:{}", self.path)
    }
}
