//! Rendering six objects an input, through the glass as the operator runs it, against the same code compiled natively.

mod glass;

use anyhow::{Result, ensure};
use glass::{Glass, median, native, request, rows};
use std::time::Instant;

/// Namespace, ServiceAccount, RoleBinding, OCIRepository, HelmRelease, ConfigMap with a multi-line value.
const SIX: &str = r#"---
apiVersion: v1
kind: Namespace
metadata:
  name: app-<< inputs.id >>
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: flux
  namespace: app-<< inputs.id >>
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: flux
  namespace: app-<< inputs.id >>
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: admin
subjects:
  - kind: ServiceAccount
    name: flux
    namespace: app-<< inputs.id >>
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: app
  namespace: app-<< inputs.id >>
spec:
  interval: 5m
  url: oci://registry.example/app
  ref:
    tag: << inputs.sha | quote >>
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: app
  namespace: app-<< inputs.id >>
  annotations:
    event.toolkit.fluxcd.io/branch: << inputs.branch | quote >>
spec:
  serviceAccountName: flux
  interval: 10m
  releaseName: app-<< inputs.id >>
  chartRef:
    kind: OCIRepository
    name: app
  values:
    image:
      tag: << inputs.sha >>
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  namespace: app-<< inputs.id >>
data:
  motd: |
    Preview of << inputs.branch >>
    at << inputs.sha >>
"#;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let glass = Glass::open(Some(folder.path())).await?;
    println!("{:>7} {:>9} {:>12} {:>12} {:>7}", "inputs", "objects", "glass", "native", "ratio");
    for count in [10, 100, 1_000] {
        let inputs = rows(count);
        let rounds = if count > 100 { 5 } else { 15 };
        let mut through = Vec::new();
        let mut beside = Vec::new();
        let mut objects = 0;
        for _ in 0..rounds {
            let asked = request(SIX, &inputs);
            let begun = Instant::now();
            let entries = glass.sandbox.render(asked).await?;
            through.push(begun.elapsed());
            objects = entries.iter().flatten().map(|rendering| rendering.objects.len()).sum();
            let begun = Instant::now();
            let natively = native(SIX, &inputs)?;
            beside.push(begun.elapsed());
            ensure!(natively == objects, "the glass gave {objects} objects, the same code {natively}");
        }
        let (through, beside) = (median(&mut through), median(&mut beside));
        println!(
            "{count:>7} {objects:>9} {:>9.2} ms {:>9.2} ms {:>7.2}",
            through.as_secs_f64() * 1e3,
            beside.as_secs_f64() * 1e3,
            through.as_secs_f64() / beside.as_secs_f64()
        );
    }
    Ok(())
}
