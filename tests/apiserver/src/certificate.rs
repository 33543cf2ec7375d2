//! Client certificates: the authority that the API server trusts, and users that it vouches for.

use crate::Cluster;
use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The certificate of the authority, which `--client-ca-file` names.
pub(crate) const AUTHORITY: &str = "client-ca.crt";
/// Its key.
const KEY: &str = "client-ca.key";

/// A client certificate and its key, as PEM.
pub struct ClientCertificate {
    certificate: String,
    key: String,
}

impl ClientCertificate {
    /// Writes `client.crt` and `client.key`, each whole at once.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn write_to(&self, folder: &Path) -> Result<()> {
        for (name, text) in [("client.key", &self.key), ("client.crt", &self.certificate)] {
            let draft = folder.join(format!("{name}.new"));
            fs::write(&draft, text).with_context(|| format!("writing {}", draft.display()))?;
            fs::rename(&draft, folder.join(name)).with_context(|| format!("renaming {}", draft.display()))?;
        }
        Ok(())
    }
}

fn params() -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "authority of the test clients");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    Ok(params)
}

/// Makes the authority.
pub(crate) fn make_authority(folder: &Path) -> Result<()> {
    let key = KeyPair::generate().context("making the key of the client authority")?;
    fs::write(folder.join(KEY), key.serialize_pem())?;
    let authority = CertifiedIssuer::self_signed(params()?, key).context("making the client authority")?;
    fs::write(folder.join(AUTHORITY), authority.pem())?;
    Ok(())
}

impl Cluster {
    /// A certificate for a user with all rights, which the API server accepts until then.
    ///
    /// # Errors
    /// The cluster was not started by this process.
    pub fn admin_certificate(&self, user: &str, until: SystemTime) -> Result<ClientCertificate> {
        let folder = self.kubeconfig_path().parent().context("the kubeconfig is in a folder")?;
        let key = fs::read_to_string(folder.join(KEY)).context("reading the key of the client authority")?;
        let authority = Issuer::new(params()?, KeyPair::from_pem(&key)?);
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, user);
        params.distinguished_name.push(DnType::OrganizationName, "system:masters");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_after = until.into();
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &authority).context("signing a client certificate")?;
        Ok(ClientCertificate { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}
