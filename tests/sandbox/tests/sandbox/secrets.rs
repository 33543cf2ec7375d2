//! The canary: a token that is seen by the granted server and by nobody else.

use crate::bench;
use crate::forge::Forge;
use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orangery_sandbox::PollRequest;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

pub(crate) mod dumps_memory {
    use super::*;
    pub(crate) const GUEST: &str = "dumps_memory";

    const TOKEN: &str = "canary-7f3a9c1e5b";

    /// Everything that anything wrote to the log, at every level.
    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Heard {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    fn assert_silent(what: &str, text: &str) {
        for spelling in [TOKEN.to_owned(), STANDARD.encode(TOKEN), STANDARD.encode(format!("x:{TOKEN}"))] {
            assert!(!text.contains(&spelling), "{what} holds the token: {text}");
        }
    }

    fn request(forge: &Forge, path: &str, credential: Option<&str>) -> Result<PollRequest> {
        let backwards: String = TOKEN.chars().rev().collect();
        let config = json!({"backwards": backwards, "credential": credential});
        let url = format!("{}{path}", forge.url);
        Ok(PollRequest { url, session: forge.session(TOKEN)?, ..bench::question("DumpsMemory", config) })
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_token_reaches_the_granted_server_and_nobody_else() -> Result<()> {
        let heard = Heard::default();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(heard.clone()).finish();
        // For every thread: this is the only test of the program that listens.
        tracing::subscriber::set_global_default(subscriber)?;
        // A place in the code that another test met a moment ago may have been noted as one nobody listens to.
        tracing::callsite::rebuild_interest_cache();
        let forge = Forge::start().await?;
        let dir = tempfile::tempdir()?;
        let egress = orangery_egress::Egress::new(orangery_egress::Policy {
            loopback: orangery_egress::Loopback::Allowed,
            ..orangery_egress::Policy::default()
        })?;
        let cache_dir = Some(dir.path().join("cache"));
        let limits = orangery_sandbox::Limits { cpu: std::time::Duration::from_secs(30), ..Default::default() };
        let sandbox = orangery_sandbox::Sandbox::start(orangery_sandbox::SandboxConfig {
            cache_dir,
            limits,
            egress,
            evaluator: bench::evaluator(),
            compiler: bench::compiler(),
            precompiled: orangery_sandbox::Precompiled::default(),
        })?;
        bench::admit(&sandbox, GUEST).await?;

        let report = sandbox.poll(request(&forge, "/plain", Some("api"))?).await;
        assert_eq!(bench::told(&report)?["found"], 0, "the guest found the token in its own memory");
        assert!(forge.seen().concat().contains(&format!("authorization: Bearer {TOKEN}")), "{:?}", forge.seen());
        assert_silent("the report", &format!("{report:?}"));

        // The search does find what is there.
        let backwards: String = "everything I know".chars().rev().collect();
        let control = PollRequest { config: json!({"backwards": backwards}), ..request(&forge, "/plain", None)? };
        let found = bench::told(&sandbox.poll(control).await)?["found"].as_u64();
        assert!(found > Some(0), "the search finds nothing at all");

        // A server that says the token back would hand it to the guest.
        let report = sandbox.poll(request(&forge, "/mirror", Some("api"))?).await;
        assert_silent("the report of the mirror", &format!("{report:?}"));
        assert_eq!(bench::told(&report)?["found"], 0);

        // A denial and a failure quote what was asked.
        for url in [format!("http://nobody.invalid/?token={TOKEN}"), format!("{}/x?token={TOKEN}", forge.url)] {
            let request = PollRequest { url, ..request(&forge, "", None)? };
            let report = sandbox.poll(request).await;
            assert_silent("the requests", &format!("{:?}", report.requests));
        }

        let log = String::from_utf8_lossy(&heard.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
        assert!(log.contains("everything I know"), "the log was listened to");
        assert_silent("the log", &log);
        for entry in std::fs::read_dir(dir.path().join("cache"))? {
            let bytes = std::fs::read(entry?.path())?;
            assert_silent("a file of the cache", &String::from_utf8_lossy(&bytes));
        }
        Ok(())
    }
}
