//! One ResourceSet and one provider from their spec to an outcome, without a Kubernetes client.

pub mod build;
pub mod converge;
pub mod provider;
pub mod secrets;
pub mod set;
