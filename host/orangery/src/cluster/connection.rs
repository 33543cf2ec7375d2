//! Makes a client from the flags and the kubeconfig. The Kubernetes client handles the credentials of the kubeconfig,
//! exec plugins included.

use super::item::Item;
use super::kind::Kind;
use crate::cli::cluster::ConnectionOptions;
use anyhow::{Context as _, anyhow};
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::api::{Api, DynamicObject, ListParams};
use kube::config::{
    AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext,
};
use kube::{Client, Config};
use std::path::Path;
use std::time::Duration;

/// The user agent, which the API server's log shows.
const AGENT: &str = concat!("orangery-ctl/", env!("CARGO_PKG_VERSION"));
/// Name of the context, the cluster and the user where flags alone say them.
const GIVEN: &str = "flags";
/// Objects of one page of a list.
const PAGE: u32 = 500;

/// A cluster, a namespace in it, and how long a command may wait.
#[derive(Clone)]
pub(crate) struct Connection {
    /// The namespace of objects that name none.
    pub(crate) namespace: String,
    /// The value of `--timeout`.
    pub(crate) timeout: Duration,
    /// For requests: without an answer in time they fail.
    pub(crate) client: Client,
    config: Config,
}

/// Which namespaces a command looks into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// That of the connection.
    Namespace,
    /// All namespaces of the cluster.
    Cluster,
}

impl Reach {
    /// The namespaces of a command, by whether `-A` was given.
    pub(super) fn of(all_namespaces: bool) -> Self {
        if all_namespaces { Self::Cluster } else { Self::Namespace }
    }
}

impl Connection {
    /// Connects. No request is made yet.
    ///
    /// # Errors
    /// There is no usable kubeconfig, or a flag contradicts it.
    pub(crate) async fn open(options: &ConnectionOptions) -> anyhow::Result<Self> {
        let mut config = configuration(options).await?;
        config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
        config.read_timeout = Some(options.timeout);
        config.connect_timeout = Some(options.timeout);
        config.reset_reader_on_write = true;
        let client = Client::try_from(config.clone()).with_context(|| no_client(&config))?;
        let namespace = options.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        Ok(Self { namespace, timeout: options.timeout, client, config })
    }

    /// A client for watches and logs, which may say nothing for a long time.
    pub(super) fn patient(&self) -> anyhow::Result<Client> {
        let mut config = self.config.clone();
        config.read_timeout = None;
        Client::try_from(config).context("cannot make a client for the API server")
    }

    /// The configuration, for what makes clients of its own.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The API of a kind of ours in the namespace of the connection.
    pub(super) fn api(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource())
    }

    /// The API of a kind of ours.
    pub(super) fn api_of(&self, kind: Kind, reach: Reach) -> Api<DynamicObject> {
        match reach {
            Reach::Namespace => self.api(kind),
            Reach::Cluster => Api::all_with(self.client.clone(), &kind.resource()),
        }
    }

    /// One object, if it exists.
    pub(super) async fn find(&self, kind: Kind, name: &str) -> anyhow::Result<Option<Item>> {
        let found = self.api(kind).get_opt(name).await;
        let found = found.map_err(said);
        let found = found.with_context(|| format!("cannot read {}/{}/{name}", kind.as_str(), self.namespace))?;
        Ok(found.map(|object| Item::new(kind, object)))
    }

    /// One object that has to exist.
    pub(super) async fn get(&self, kind: Kind, name: &str) -> anyhow::Result<Item> {
        let missing = || anyhow!("{}/{}/{name} not found", kind.as_str(), self.namespace);
        self.find(kind, name).await?.ok_or_else(missing)
    }

    /// All objects of a kind of ours, page by page, sorted by namespace and name.
    pub(super) async fn list(&self, kind: Kind, reach: Reach) -> anyhow::Result<Vec<Item>> {
        let api = self.api_of(kind, reach);
        let mut items = Vec::new();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let list = api.list(&page).await.map_err(|error| explain_list(kind, error))?;
            let next = list.metadata.continue_.clone().filter(|token| !token.is_empty());
            items.extend(list.items.into_iter().map(|object| Item::new(kind, object)));
            match next {
                Some(token) => page = page.continue_token(&token),
                None => break,
            }
        }
        items.sort_by_key(Item::name);
        Ok(items)
    }
}

/// The error if no client can be made; it names the exec plugin of the kubeconfig, if there is one.
fn no_client(config: &Config) -> String {
    let Some(exec) = &config.auth_info.exec else { return "cannot make a client for the API server".to_owned() };
    let command = exec.command.as_deref().unwrap_or_default();
    let hint = exec.install_hint.as_deref().map(|hint| format!(" ({})", hint.trim())).unwrap_or_default();
    format!("the kubeconfig's exec plugin {command} gave no credential{hint}")
}

/// The API server's own message, without the text that the client adds.
pub(crate) fn said(error: kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => anyhow!("{}", status.message),
        kube::Error::Api(status) => anyhow!("{} {}", status.code, status.reason),
        kube::Error::Service(source) => {
            let mut text = source.to_string();
            let mut cause = source.source();
            while let Some(next) = cause {
                if !text.contains(&next.to_string()) {
                    text.push_str(&format!(": {next}"));
                }
                cause = next.source();
            }
            anyhow!("the API server cannot be reached: {text}")
        }
        other => other.into(),
    }
}

fn explain_list(kind: Kind, error: kube::Error) -> anyhow::Error {
    let unserved = matches!(&error, kube::Error::Api(status) if status.code == 404);
    let error = said(error).context(format!("cannot list the {} objects", kind.as_str()));
    if unserved { error.context("the definitions are not installed; `orangery crds` prints them") } else { error }
}

/// The namespace that the flags or the kubeconfig name. No cluster is asked, and none has to be known.
///
/// # Errors
/// The kubeconfig that was given cannot be used.
pub(super) async fn namespace_of(options: &ConnectionOptions) -> anyhow::Result<String> {
    if let Some(namespace) = &options.namespace {
        return Ok(namespace.clone());
    }
    match configuration(options).await {
        Ok(config) => Ok(config.default_namespace),
        Err(error) if options.kubeconfig.is_some() || options.kube_context.is_some() => Err(error),
        Err(_) => Ok("default".to_owned()),
    }
}

/// The configuration of the kubeconfig, changed by the flags.
async fn configuration(options: &ConnectionOptions) -> anyhow::Result<Config> {
    let kubeconfig = match &options.kubeconfig {
        Some(path) => {
            let read = Kubeconfig::read_from(path);
            Some(read.with_context(|| format!("cannot read the kubeconfig {}", path.display()))?)
        }
        None => Kubeconfig::read().ok(),
    };
    let mut kubeconfig = match kubeconfig {
        Some(kubeconfig) => kubeconfig,
        None if options.kube_server.is_some() => Kubeconfig::default(),
        None => return in_cluster(options),
    };
    let context = select(&mut kubeconfig, options)?;
    let selected = KubeConfigOptions { context: Some(context), ..KubeConfigOptions::default() };
    Config::from_custom_kubeconfig(kubeconfig, &selected).await.context("the kubeconfig cannot be used")
}

/// In a pod without a kubeconfig.
fn in_cluster(options: &ConnectionOptions) -> anyhow::Result<Config> {
    let mut config = Config::incluster().context(
        "there is neither a kubeconfig nor the configuration of a pod; give one with --kubeconfig or KUBECONFIG, or an \
         address with --kube-server",
    )?;
    change_user(&mut config.auth_info, options);
    Ok(config)
}

/// Changes the context that is used as the flags say; answers its name. A server without a kubeconfig gets a context of its own.
fn select(kubeconfig: &mut Kubeconfig, options: &ConnectionOptions) -> anyhow::Result<String> {
    let wanted = options.kube_context.clone().or_else(|| kubeconfig.current_context.clone());
    let wanted = wanted.filter(|name| !name.is_empty());
    let name = match wanted {
        Some(name) => name,
        None if options.kube_server.is_some() => {
            let context = Context { cluster: GIVEN.to_owned(), user: Some(GIVEN.to_owned()), ..Context::default() };
            let named = NamedContext { name: GIVEN.to_owned(), context: Some(context), other: Default::default() };
            kubeconfig.contexts.push(named);
            GIVEN.to_owned()
        }
        None => return Err(anyhow!("the kubeconfig has no current context; name one with --kube-context")),
    };
    let context = kubeconfig
        .contexts
        .iter()
        .find(|context| context.name == name)
        .and_then(|context| context.context.clone())
        .with_context(|| format!("the kubeconfig has no context {name}; `kubectl config get-contexts` lists them"))?;
    let cluster = kubeconfig.clusters.iter_mut().find(|cluster| cluster.name == context.cluster);
    match cluster {
        Some(cluster) => change_cluster(cluster.cluster.get_or_insert_with(Cluster::default), options),
        None => {
            let mut cluster = Cluster::default();
            change_cluster(&mut cluster, options);
            let named = NamedCluster { name: context.cluster, cluster: Some(cluster), other: Default::default() };
            kubeconfig.clusters.push(named);
        }
    }
    let user = context.user.unwrap_or_default();
    match kubeconfig.auth_infos.iter_mut().find(|known| known.name == user) {
        Some(known) => change_user(known.auth_info.get_or_insert_with(AuthInfo::default), options),
        None => {
            let mut auth_info = AuthInfo::default();
            change_user(&mut auth_info, options);
            let named = NamedAuthInfo { name: user, auth_info: Some(auth_info), other: Default::default() };
            kubeconfig.auth_infos.push(named);
        }
    }
    Ok(name)
}

fn change_cluster(cluster: &mut Cluster, options: &ConnectionOptions) {
    if let Some(server) = &options.kube_server {
        cluster.server = Some(server.clone());
    }
    if let Some(name) = &options.kube_tls_server_name {
        cluster.tls_server_name = Some(name.clone());
    }
    if let Some(file) = &options.kube_certificate_authority {
        cluster.certificate_authority_data = None;
        cluster.certificate_authority = Some(text(file));
    }
    if options.kube_insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
    }
}

fn change_user(user: &mut AuthInfo, options: &ConnectionOptions) {
    if let Some(token) = &options.kube_token {
        // A token that is given wins over whatever the kubeconfig authenticates with.
        *user = AuthInfo { token: Some(token.clone().into()), ..AuthInfo::default() };
    }
    if let Some(file) = &options.kube_client_certificate {
        user.client_certificate_data = None;
        user.client_certificate = Some(text(file));
    }
    if let Some(file) = &options.kube_client_key {
        user.client_key_data = None;
        user.client_key = Some(text(file));
    }
    if let Some(name) = &options.kube_as {
        user.impersonate = Some(name.clone());
        user.impersonate_groups = Some(options.kube_as_group.clone()).filter(|groups| !groups.is_empty());
        user.impersonate_uid = options.kube_as_uid.clone();
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
