//! One control plane and the ways to talk to it.

use crate::audit::{self, Audit, AuditTail, Begin};
use crate::binary;
use crate::certificate;
use crate::namespace::TestNamespace;
use crate::process::{Role, free_port};
use anyhow::{Context, Result, bail};
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Signs service account tokens; a fixed test key would be found by secret scanners, so it is made at every start.
const SERVICE_ACCOUNT_KEY: &str = "service-account.key";
/// What the clients of this crate call themselves in the audit log.
const USER_AGENT: &str = "orangery-tests";
/// Controllers that tests need: namespaces that go, owner references that are collected, service accounts that appear.
const CONTROLLERS: &str = "namespace-controller,garbage-collector-controller,serviceaccount-controller,\
    serviceaccount-token-controller,clusterrole-aggregation-controller";

/// A control plane, or the cluster that `ORANGERY_TEST_KUBECONFIG` names.
pub struct Cluster {
    kubeconfig: PathBuf,
    config: Config,
    audit_log: Option<PathBuf>,
    /// Dropped in this order: the controller manager first, etcd last, then the directory.
    _manager: Option<Role>,
    server: Option<ApiServer>,
    _etcd: Option<Role>,
    _dir: Option<tempfile::TempDir>,
}

/// The API server, and how it was started.
struct ApiServer {
    program: PathBuf,
    dir: PathBuf,
    port: u16,
    arguments: Vec<String>,
    role: Mutex<Option<Role>>,
}

impl ApiServer {
    /// Starts it, again if it was stopped, at the same address.
    fn start(&self) -> Result<()> {
        let mut role = Role::start(&self.program, &self.dir, "apiserver", &self.arguments)?;
        role.wait_for_port(self.port, Duration::from_secs(90))?;
        *self.role.lock().unwrap_or_else(PoisonError::into_inner) = Some(role);
        Ok(())
    }

    fn check(&self) -> Result<()> {
        match self.role.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(role) => role.check(),
            None => bail!("the API server is stopped"),
        }
    }
}

impl Cluster {
    /// The control plane of this process; the first caller starts it.
    ///
    /// # Panics
    /// If it cannot be started: no test that needs it can go on.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        // Every test has a runtime of its own; a thread of its own keeps the start independent of all of them.
        let started = tokio::task::spawn_blocking(|| {
            SHARED.get_or_init(|| match Self::start() {
                Ok(cluster) => cluster,
                Err(error) => fail(&error),
            })
        });
        match started.await {
            Ok(cluster) => cluster,
            Err(error) => fail(&error.into()),
        }
    }

    /// Starts a control plane of its own, or connects to the one that `ORANGERY_TEST_KUBECONFIG` names. Blocks.
    ///
    /// # Errors
    /// The program cannot be built, or a process ended: with the end of its log.
    pub fn start() -> Result<Self> {
        if let Some(path) = std::env::var_os("ORANGERY_TEST_KUBECONFIG") {
            let kubeconfig = PathBuf::from(path);
            let config = load(&kubeconfig)?;
            let audit_log = std::env::var_os("ORANGERY_TEST_AUDIT_LOG").map(PathBuf::from);
            return Ok(Self { kubeconfig, config, audit_log, _manager: None, server: None, _etcd: None, _dir: None });
        }
        let program = binary::controlplane()?;
        // A free port may be taken between the look and the use; that is rare enough for a second try to settle it.
        Self::launch(&program)
            .or_else(|first| Self::launch(&program).with_context(|| format!("after a first failure: {first:#}")))
    }

    fn launch(program: &Path) -> Result<Self> {
        let temp = tempfile::Builder::new().prefix("orangery-controlplane-").tempdir().context("making a directory")?;
        let dir = temp.path();
        let at = |name: &str| dir.join(name).display().to_string();
        let (etcd_port, port, manager_port) = (free_port()?, free_port()?, free_port()?);
        let token = format!("test-{:x}", rand_u128());
        fs::write(dir.join("tokens.csv"), format!("{token},test-admin,test-admin,\"system:masters\"\n"))?;
        fs::write(dir.join("audit-policy.json"), audit::POLICY)?;
        certificate::make_authority(dir)?;
        let key =
            rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).context("making the service account key")?;
        fs::write(dir.join(SERVICE_ACCOUNT_KEY), key.serialize_pem())?;
        fs::write(dir.join("service-account.pub"), key.public_key_pem())?;

        let etcd_url = format!("http://127.0.0.1:{etcd_port}");
        let mut etcd = Role::start(
            program,
            dir,
            "etcd",
            &[format!("--data-dir={}", at("etcd")), format!("--listen-client-url={etcd_url}")],
        )?;
        etcd.wait_for_port(etcd_port, Duration::from_secs(60))?;
        let server = ApiServer {
            program: program.to_owned(),
            dir: dir.to_owned(),
            port,
            role: Mutex::default(),
            arguments: vec![
                format!("--etcd-servers={etcd_url}"),
                format!("--secure-port={port}"),
                "--bind-address=127.0.0.1".to_owned(),
                "--advertise-address=127.0.0.1".to_owned(),
                format!("--cert-dir={}", at("certs")),
                format!("--token-auth-file={}", at("tokens.csv")),
                format!("--client-ca-file={}", at(certificate::AUTHORITY)),
                "--authorization-mode=RBAC".to_owned(),
                "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
                format!("--service-account-key-file={}", at("service-account.pub")),
                format!("--service-account-signing-key-file={}", at(SERVICE_ACCOUNT_KEY)),
                "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
                // No kubelet projects tokens, so no pod could be admitted with it.
                "--disable-admission-plugins=ServiceAccount".to_owned(),
                format!("--audit-policy-file={}", at("audit-policy.json")),
                format!("--audit-log-path={}", at("audit.log")),
            ],
        };
        server.start()?;

        let kubeconfig = dir.join("kubeconfig");
        fs::write(&kubeconfig, kubeconfig_text(port, &dir.join("certs/apiserver.crt"), &token))?;
        let config = load(&kubeconfig)?;
        wait_until_ready(&config, &server)?;
        let manager = Role::start(
            program,
            dir,
            "controller-manager",
            &[
                format!("--kubeconfig={}", kubeconfig.display()),
                "--leader-elect=false".to_owned(),
                "--bind-address=127.0.0.1".to_owned(),
                format!("--secure-port={manager_port}"),
                format!("--cert-dir={}", at("manager-certs")),
                format!("--service-account-private-key-file={}", at(SERVICE_ACCOUNT_KEY)),
                format!("--controllers={CONTROLLERS}"),
            ],
        )?;
        let audit_log = Some(dir.join("audit.log"));
        Ok(Self {
            kubeconfig,
            config,
            audit_log,
            _manager: Some(manager),
            server: Some(server),
            _etcd: Some(etcd),
            _dir: Some(temp),
        })
    }

    /// A new client with all rights. Made in the caller's runtime, because its connections live there.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn client(&self) -> Result<Client> {
        Ok(Client::try_from(self.config())?)
    }

    /// A client that acts as somebody else, for tests of rights.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn client_as(&self, user: &str, groups: &[&str]) -> Result<Client> {
        let mut config = self.config();
        config.auth_info.impersonate = Some(user.to_owned());
        config.auth_info.impersonate_groups =
            (!groups.is_empty()).then(|| groups.iter().map(|group| (*group).to_owned()).collect());
        Ok(Client::try_from(config)?)
    }

    /// Kills the API server: connections break, and new ones are refused. Only for a cluster that no other test uses.
    ///
    /// # Errors
    /// The cluster comes from `ORANGERY_TEST_KUBECONFIG`.
    pub fn stop_api_server(&self) -> Result<()> {
        let server = self.server.as_ref().context("the API server of a foreign cluster cannot be stopped")?;
        drop(server.role.lock().unwrap_or_else(PoisonError::into_inner).take());
        Ok(())
    }

    /// Starts it again at the same address, over the same etcd, and waits until it is ready. Blocks.
    ///
    /// # Errors
    /// It does not start: with the end of its log.
    pub fn start_api_server(&self) -> Result<()> {
        let server = self.server.as_ref().context("the API server of a foreign cluster cannot be started")?;
        server.start()?;
        wait_until_ready(&self.config, server)
    }

    /// The connection settings with all rights.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// Path of a kubeconfig with all rights.
    #[must_use]
    pub fn kubeconfig_path(&self) -> &Path {
        &self.kubeconfig
    }

    /// Path of the audit log, if there is one.
    #[must_use]
    pub fn audit_log_path(&self) -> Option<&Path> {
        self.audit_log.as_deref()
    }

    /// A namespace of the caller's own: `hint` and a random ending.
    ///
    /// # Errors
    /// The API server refused it.
    pub async fn namespace(&self, hint: &str) -> Result<TestNamespace> {
        TestNamespace::create(self.client()?, hint).await
    }

    /// Everything that was asked of the API server so far, by anybody.
    ///
    /// # Errors
    /// The cluster comes from `ORANGERY_TEST_KUBECONFIG` and `ORANGERY_TEST_AUDIT_LOG` is not set.
    pub async fn audit(&self) -> Result<Audit> {
        let mut tail = AuditTail::new(self.audited()?, Begin::Start)?;
        tail.next(&self.client()?, "").await
    }

    /// What will be asked of the API server from now on.
    ///
    /// # Errors
    /// As [`Cluster::audit`].
    pub fn audit_tail(&self) -> Result<AuditTail> {
        AuditTail::new(self.audited()?, Begin::Now)
    }

    fn audited(&self) -> Result<PathBuf> {
        self.audit_log.clone().context(
            "this test counts requests in the API server's audit log: set ORANGERY_TEST_AUDIT_LOG beside ORANGERY_TEST_KUBECONFIG",
        )
    }
}

#[expect(clippy::panic, reason = "a test without its control plane can only fail")]
fn fail(error: &anyhow::Error) -> ! {
    panic!("the test control plane did not start: {error:#}")
}

fn rand_u128() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    let half = || u128::from(RandomState::new().hash_one(std::process::id()));
    half() << 64 | half()
}

fn kubeconfig_text(port: u16, ca: &Path, token: &str) -> String {
    // JSON is YAML.
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": format!("https://127.0.0.1:{port}"), "certificate-authority": ca}}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    })
    .to_string()
}

fn load(path: &Path) -> Result<Config> {
    let kubeconfig = Kubeconfig::read_from(path).with_context(|| format!("reading {}", path.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // A thread of its own: the caller may be inside a runtime already.
    let mut config = std::thread::scope(|scope| {
        scope
            .spawn(move || runtime.block_on(Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())))
            .join()
    })
    .map_err(|_| anyhow::anyhow!("the thread that reads the kubeconfig panicked"))?
    .with_context(|| format!("using {}", path.display()))?;
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(USER_AGENT)));
    Ok(config)
}

/// Waits for `/readyz`, and for the roles that the API server writes at its first start.
fn wait_until_ready(config: &Config, server: &ApiServer) -> Result<()> {
    let config = config.clone();
    let deadline = Instant::now() + Duration::from_secs(120);
    std::thread::scope(|scope| {
        scope
            .spawn(move || -> Result<()> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async {
                    let client = Client::try_from(config)?;
                    loop {
                        let ready = client.request_text(http::Request::get("/readyz").body(Vec::new())?).await;
                        match ready {
                            Ok(_) => return Ok(()),
                            Err(error) if Instant::now() > deadline => {
                                return Err(error).context("the API server was not ready in time");
                            }
                            Err(_) => server.check()?,
                        }
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                })
            })
            .join()
    })
    .map_err(|_| anyhow::anyhow!("the thread that waits for the API server panicked"))?
}

/// Connection settings without any credential, for tests of refusals.
#[must_use]
pub fn anonymous(config: &Config) -> Config {
    let mut config = config.clone();
    config.auth_info = AuthInfo::default();
    config
}
