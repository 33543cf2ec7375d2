//! The program in the pod of `config/deploy`: its user, its arguments, an empty environment, and a volume that everybody may
//! enter. It starts, keeps compiled plugins where nobody else can put any, and starts as well where it cannot keep them.

use super::binary::program;
use crate::tenant::TENANT;
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kube::config::Kubeconfig;
use orangery_test_flow::{Launch, Process, SET, Shipped, World, get};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const OF_FLUX: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec: {resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: map, namespace: NAMESPACE}}]}
";

/// A folder that every user may read: the program, its kubeconfig, its volumes.
struct Pod {
    folder: TempDir,
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Pod {
    fn new(kubeconfig: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let at = |name: &str| folder.path().join(name);
        fs::copy(program()?, at("orangery")).context("copying the program")?;
        let mut config = Kubeconfig::read_from(kubeconfig)?;
        for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
            if let Some(file) = cluster.certificate_authority.take() {
                cluster.certificate_authority_data = Some(BASE64_STANDARD.encode(fs::read(file)?));
            }
        }
        fs::write(at("kubeconfig"), serde_json::to_vec(&config)?)?;
        Ok(Self { program: at("orangery"), kubeconfig: at("kubeconfig"), folder })
    }

    /// Starts the program with these arguments as the user of the Deployment, if this process may become somebody else.
    fn start(&self, world: &World, shipped: &Shipped, arguments: &[String]) -> Result<Process> {
        let mut launch = Launch::shipped(&self.program, &self.kubeconfig, arguments);
        for (name, value) in shipped.environment()? {
            launch = launch.variable(&name, value);
        }
        if fs::metadata("/proc/self")?.uid() == 0 {
            launch = launch.user(shipped.user()?);
        } else {
            eprintln!("not root: the program runs as the current user instead of {}", shipped.user()?);
        }
        launch.flags(&["--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()]).start()
    }
}

async fn works(world: &World, process: &Process) -> Result<()> {
    world
        .settles("it is ready", async |_| {
            Ok(get(process.health, "/readyz").is_some_and(|answer| answer.contains("200 OK")))
        })
        .await
        .with_context(|| process.said().unwrap_or_default())?;
    world.apply(TENANT).await?;
    world.apply(OF_FLUX).await?;
    world.is_ready(SET, "set").await.with_context(|| process.said().unwrap_or_default())
}

#[tokio::test]
async fn the_shipped_deployment_starts_and_keeps_its_plugins_to_itself() -> Result<()> {
    let world = World::of_processes("pod").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    let (pod, shipped) = (Pod::new(&rights)?, Shipped::read()?);
    let arguments = shipped.arguments_with(pod.folder.path())?;
    let mut process = pod.start(&world, &shipped, &arguments)?;
    works(&world, &process).await?;
    ensure!(process.terminate().await?.success(), "{}", process.said()?);

    let cache = arguments.iter().find_map(|one| one.strip_prefix("--plugin-cache=")).context("a cache is given")?;
    let cache =
        fs::metadata(cache).with_context(|| format!("{cache} was made:\n{}", process.said().unwrap_or_default()))?;
    assert_eq!(cache.mode() & 0o777, 0o700, "nobody else may enter");
    let kept = fs::read_dir(arguments.iter().find_map(|one| one.strip_prefix("--plugin-cache=")).unwrap_or_default())?;
    let kept = kept.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    assert!(kept.filter(|name| name.ends_with(".cwasm")).count() > 1, "compiled plugins are kept");
    Ok(())
}

#[tokio::test]
async fn a_cache_that_everybody_may_enter_is_not_used_and_the_program_works_without() -> Result<()> {
    let world = World::of_processes("open-cache").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    let (pod, shipped) = (Pod::new(&rights)?, Shipped::read()?);
    let open = pod.folder.path().join("open");
    fs::create_dir(&open)?;
    fs::set_permissions(&open, Permissions::from_mode(0o777))?;
    let mut arguments = shipped.arguments()?;
    arguments.retain(|one| !one.starts_with("--plugin-cache="));
    arguments.push(format!("--plugin-cache={}", open.display()));
    let mut process = pod.start(&world, &shipped, &arguments)?;
    works(&world, &process).await?;
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    assert_eq!(fs::read_dir(&open)?.count(), 0, "nothing is put where others could change it");
    let said = process.said()?;
    // As root the directory is another user's, otherwise it is our own and open.
    let why = ["belongs to the user 0", "may be changed by others"];
    assert!(said.contains("plugins are compiled at each start") && why.iter().any(|why| said.contains(why)), "{said}");
    Ok(())
}
