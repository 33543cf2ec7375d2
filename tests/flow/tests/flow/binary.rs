//! The program itself, as a cluster runs it: two copies, one lease, health and metrics, an orderly end.

use anyhow::{Context, Result, bail};
use orangery_test_flow::{SET, World};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// One copy of the program; killed when dropped.
struct Copy {
    child: Child,
    health: SocketAddr,
    metrics: SocketAddr,
}

impl Copy {
    fn start(program: &PathBuf, world: &World) -> Result<Self> {
        let (health, metrics) = (free()?, free()?);
        let child = Command::new(program)
            .args(["run", "--kubeconfig"])
            .arg(world.cluster.kubeconfig_path())
            .args(["--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()])
            .args(["--health-addr", &health.to_string(), "--metrics-addr", &metrics.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        Ok(Self { child, health, metrics })
    }

    /// Sends SIGTERM, as a kubelet does, and waits for the end.
    async fn terminate(&mut self) -> Result<ExitStatus> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        assert!(sent.success(), "SIGTERM was not sent");
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if begun.elapsed() > Duration::from_secs(20) {
                bail!("it did not end within 20 s of SIGTERM");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The answer to a GET, or nothing if nobody answers.
fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// The program of this source tree, built now if it is not.
fn program() -> Result<PathBuf> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "orangery"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    assert!(built.success(), "the program does not build");
    let exe = std::env::current_exe()?;
    let folder = exe.parent().and_then(|deps| deps.parent()).context("tests lie in target/…/deps")?;
    Ok(folder.join("orangery"))
}

#[tokio::test]
async fn two_copies_take_turns_by_the_lease_and_tell_how_they_are() -> Result<()> {
    let world = World::new("binary").await?;
    let program = program()?;
    let mut first = Copy::start(&program, &world)?;
    let holder = async |world: &World| -> Result<String> {
        let lease = world.live("Lease", "orangery").await?;
        Ok(lease.pointer("/spec/holderIdentity").and_then(|holder| holder.as_str()).unwrap_or_default().to_owned())
    };
    world.settles("the first copy leads", async |world| Ok(!holder(world).await?.is_empty())).await?;
    let led_by = holder(&world).await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSetInputProvider\n\
             metadata: {name: one}\n\
             spec: {type: Static, defaultValues: {name: from-the-program}}\n\
             ---\n\
             apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSet\n\
             metadata: {name: set}\n\
             spec:\n  inputsFrom: [{name: one}]\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.name >>, namespace: NAMESPACE}}]\n",
        )
        .await?;
    world.is_ready(SET, "set").await?;
    world.has_objects("ConfigMap", &["from-the-program"]).await?;
    assert!(get(first.health, "/healthz").is_some_and(|answer| answer.contains("200 OK")));
    assert!(get(first.health, "/readyz").is_some_and(|answer| answer.contains("200 OK")));
    let metrics = get(first.metrics, "/metrics").context("metrics")?;
    assert!(metrics.contains("name=\"set\"") && metrics.contains("ready=\"True\""), "{metrics}");

    let mut second = Copy::start(&program, &world)?;
    world
        .settles("the second copy waits in good health", async |_| {
            Ok(get(second.health, "/readyz").is_some_and(|answer| answer.contains("200 OK")))
        })
        .await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(holder(&world).await?, led_by, "the first still leads");

    assert!(first.terminate().await?.success(), "an orderly end is a success");
    world
        .settles("the second takes the lease that was given back", async |world| {
            let now = holder(world).await?;
            Ok(!now.is_empty() && now != led_by)
        })
        .await?;
    world.patch(SET, "set", serde_json::json!({"spec": {"commonMetadata": {"labels": {"by": "the-second"}}}})).await?;
    world
        .settles("the second works", async |world| {
            let live = world.live("ConfigMap", "from-the-program").await?;
            Ok(live.pointer("/metadata/labels/by").is_some())
        })
        .await?;
    assert!(second.terminate().await?.success());
    assert_eq!(holder(&world).await?, "", "the lease is given back");
    Ok(())
}
