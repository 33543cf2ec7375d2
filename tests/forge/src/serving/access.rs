//! Who is calling: tokens, GitHub Apps, and what each may see.
//!
//! Promises the three answers of the real forges: unknown credentials are refused, a repository the caller may not see
//! does not exist for it, and one it may see but not read is forbidden.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};

use crate::hosted::repository::{Flavour, Repository};

/// A token somebody may present.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Token {
    /// The secret itself.
    pub value: String,
    /// Which of the two APIs accepts it.
    pub flavour: Flavour,
    /// Paths it can see; empty means every one.
    #[serde(default)]
    pub repositories: Vec<String>,
    /// What it may do there.
    #[serde(default)]
    pub rights: Rights,
    /// Whose it is.
    #[serde(default = "somebody")]
    pub user: String,
    /// After this it is as good as unknown.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// What a token may do with the repositories it sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rights {
    /// It sees that they exist, and every read of their content is answered 403.
    None,
    /// It reads.
    Read,
    /// It reads and writes.
    #[default]
    Write,
}

/// A GitHub App with one installation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct App {
    /// The App id; the `iss` of its JWTs.
    pub id: String,
    /// The public half of its RSA key, PEM.
    pub public_key: String,
    /// The id of its installation.
    pub installation: u64,
    /// The account it is installed on.
    pub owner: String,
    /// Whether that account is a user and not an organization.
    #[serde(default)]
    pub on_a_user: bool,
    /// Paths the installation was granted; empty means every repository of the owner.
    #[serde(default)]
    pub repositories: Vec<String>,
    /// How long its installation tokens live; GitHub's are good for an hour.
    #[serde(default = "one_hour")]
    pub token_seconds: u64,
}

/// The caller of one request.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// No credentials were sent.
    Anonymous,
    /// A token we know.
    Known(Token),
    /// Something in the shape of a JWT; only the App routes look into it.
    Jwt(String),
    /// Credentials we do not know.
    Unknown,
}

/// What a caller gets to see of a repository.
pub(crate) enum Sight {
    Open,
    Hidden,
    Forbidden,
}

/// What the caller wants to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Read,
    Write,
}

impl Caller {
    pub(crate) fn of(headers: &HeaderMap, flavour: Flavour, tokens: &[Token], now: Timestamp) -> Self {
        let Some(presented) = presented(headers, flavour) else { return Self::Anonymous };
        let alive = |token: &&Token| token.expires_at.is_none_or(|end| end > now);
        let ours = |token: &&Token| token.flavour == flavour && token.value == presented;
        match tokens.iter().filter(alive).find(ours) {
            Some(token) => Self::Known(token.clone()),
            None if flavour == Flavour::Github && presented.split('.').count() == 3 => Self::Jwt(presented),
            None => Self::Unknown,
        }
    }

    /// The account whose budget a request is taken from.
    pub(crate) fn account(&self) -> String {
        match self {
            Self::Known(token) => token.value.clone(),
            Self::Anonymous | Self::Jwt(_) | Self::Unknown => String::new(),
        }
    }

    pub(crate) fn user(&self) -> &str {
        match self {
            Self::Known(token) => &token.user,
            Self::Anonymous | Self::Jwt(_) | Self::Unknown => "ghost",
        }
    }

    pub(crate) fn sees(&self, repository: &Repository, intent: Intent) -> Sight {
        let known = match self {
            Self::Known(token) => Some(token),
            Self::Anonymous | Self::Jwt(_) | Self::Unknown => None,
        };
        let granted =
            known.filter(|token| token.repositories.is_empty() || token.repositories.contains(&repository.path));
        match (granted.map(|token| token.rights), intent) {
            (Some(Rights::Write), _) | (Some(Rights::Read), Intent::Read) => Sight::Open,
            (Some(Rights::None | Rights::Read), _) => Sight::Forbidden,
            (None, Intent::Read) if !repository.private => Sight::Open,
            (None, Intent::Write) if !repository.private => Sight::Forbidden,
            (None, _) => Sight::Hidden,
        }
    }
}

impl App {
    /// Checks a JWT as GitHub does: signed RS256 by the App's key, `iss` the App, not issued in the future, and alive for
    /// ten minutes at most. The answer is GitHub's own message.
    pub(crate) fn accepts(&self, jwt: &str, now: Timestamp) -> Result<(), &'static str> {
        const UNREADABLE: &str = "A JSON web token could not be decoded";
        let key = DecodingKey::from_rsa_pem(self.public_key.as_bytes()).map_err(|_| UNREADABLE)?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<serde_json::Value>(jwt, &key, &validation).map_err(|_| UNREADABLE)?.claims;
        let issuer =
            claims.get("iss").and_then(|iss| iss.as_str().map(str::to_owned).or(iss.as_u64().map(|id| id.to_string())));
        if issuer.as_deref() != Some(self.id.as_str()) {
            return Err("'Issuer' claim ('iss') must be the App's ID or client ID");
        }
        let now = now.as_second();
        let moment = |claim: &str| claims.get(claim).and_then(serde_json::Value::as_i64);
        match (moment("iat"), moment("exp")) {
            (None, _) => Err("Missing 'issued at' claim ('iat') in assertion"),
            (_, None) => Err("Missing 'expiration time' claim ('exp') in assertion"),
            (Some(issued), _) if issued > now => {
                Err("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
            }
            (_, Some(end)) if end <= now => Err(
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
            ),
            (_, Some(end)) if end > now + 600 => Err("'Expiration time' claim ('exp') is too far in the future"),
            (Some(_), Some(_)) => Ok(()),
        }
    }
}

/// The secret as sent, whichever of the accepted ways it came.
fn presented(headers: &HeaderMap, flavour: Flavour) -> Option<String> {
    use base64::Engine as _;
    if flavour == Flavour::Gitlab
        && let Some(token) = headers.get("private-token")
    {
        return Some(String::from_utf8_lossy(token.as_bytes()).into_owned());
    }
    let value = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
    Some(match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => rest.to_owned(),
        "basic" => {
            let decoded = base64::engine::general_purpose::STANDARD.decode(rest).unwrap_or_default();
            let pair = String::from_utf8_lossy(&decoded).into_owned();
            pair.split_once(':').map(|(_, password)| password.to_owned()).unwrap_or_default()
        }
        _ => value.to_owned(),
    })
}

fn somebody() -> String {
    "octocat".to_owned()
}

fn one_hour() -> u64 {
    3600
}
