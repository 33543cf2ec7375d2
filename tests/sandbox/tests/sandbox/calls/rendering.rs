//! Renderers: pure, cut into batches, and one poisoned input does not stop its neighbours.

use crate::bench;
use anyhow::{Context, Result, bail};
use orangery_core::Timestamp;
use orangery_sandbox::{
    BadAnswer, CallError, Entries, Fault, InputError, Limits, RenderInput, RenderRequest, Sandbox, Template,
    TemplateBody,
};
use serde_json::{Value, json};
use std::time::Duration;

fn input(label: &str, attributes: Value) -> RenderInput {
    let attributes = attributes.as_object().cloned().unwrap_or_default().into();
    RenderInput { label: label.into(), uid: "0123456789abcdef".into(), attributes, untrusted: Vec::new() }
}

fn request(renderer: &str, inputs: Vec<RenderInput>) -> RenderRequest {
    let template = |at: usize| Template {
        path: format!("spec.resources[{at}]"),
        body: TemplateBody::Object(json!({"kind": "ConfigMap"})),
    };
    RenderRequest {
        consumer: "ResourceSet/test/one".into(),
        renderer: renderer.into(),
        config: Value::Null,
        templates: vec![template(0), template(1)],
        inputs,
        inputless: false,
        now: Timestamp::from_millis(1_700_000_000_000),
        seed: 7,
    }
}

pub(crate) mod renders {
    use super::*;
    pub(crate) const GUEST: &str = "renders";

    async fn rendered(sandbox: &Sandbox, inputs: Vec<RenderInput>) -> Result<Entries> {
        Ok(sandbox.render(request(GUEST, inputs)).await?)
    }

    fn field(entries: &Entries, entry: usize, object: usize, name: &str) -> Result<Value> {
        let entry = entries.get(entry).context("no such entry")?.as_ref().map_err(Clone::clone)?;
        let object: Value = serde_json::from_str(&entry.objects.get(object).context("no such object")?.object)?;
        Ok(object.get(name).cloned().unwrap_or_default())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_did_not_change_is_not_rendered_again() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let asked = |names: &[&str]| request(GUEST, names.iter().map(|name| input(name, json!({"v": name}))).collect());
        let (first, cost) = sandbox.render_measured(asked(&["a", "b", "c"])).await?;
        assert!(cost.memory_bytes > 0);
        let (again, cost) = sandbox.render_measured(asked(&["a", "b", "c"])).await?;
        assert_eq!(again, first);
        assert_eq!((cost.memory_bytes, cost.wall), (0, Duration::ZERO), "no instance was made");
        // Old and new ones together come in the order of the inputs.
        let (mixed, cost) = sandbox.render_measured(asked(&["c", "new", "a"])).await?;
        assert!(cost.memory_bytes > 0);
        assert_eq!([mixed.first(), mixed.get(2)], [first.get(2), first.first()]);
        assert_eq!(field(&mixed, 1, 0, "label")?, "new");
        assert!(matches!(mixed.get(1), Some(Ok(_))));
        // Another template is another rendering.
        let mut other = asked(&["a"]);
        other.templates.truncate(1);
        assert!(sandbox.render_measured(other).await?.1.memory_bytes > 0);
        // Nothing is remembered where nothing is to be.
        let forgetful = bench::limited(Limits { remembered_bytes: 0, ..Limits::default() }, &[GUEST]).await?;
        forgetful.render(asked(&["a"])).await?;
        assert!(forgetful.render_measured(asked(&["a"])).await?.1.memory_bytes > 0);
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_template_meets_every_input_in_order() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let entries = rendered(&sandbox, vec![input("a", json!({})), input("b", json!({}))]).await?;
        assert_eq!(entries.len(), 2);
        assert_eq!(field(&entries, 1, 0, "label")?, "b");
        assert_eq!(field(&entries, 1, 1, "path")?, "spec.resources[1]");
        assert_eq!(field(&entries, 0, 0, "now")?, 1_700_000_000_000u64);
        let first = entries.first().context("two")?.as_ref().map_err(Clone::clone)?;
        assert_eq!(first.objects.iter().map(|object| object.template).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(first.notes.first().map(ToString::to_string).as_deref(), Some("a (Seen)"));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn without_inputs_there_is_one_entry_if_asked_for_and_none_otherwise() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let entries = sandbox.render(RenderRequest { inputless: true, ..request(GUEST, Vec::new()) }).await?;
        assert_eq!(field(&entries, 0, 0, "label")?, "none");
        assert!(rendered(&sandbox, Vec::new()).await?.is_empty());
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thousand_inputs_are_cut_into_calls_and_come_back_in_order() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let inputs = (0..1000).map(|n| input(&n.to_string(), json!({"pad": "x".repeat(3000)}))).collect();
        let entries = rendered(&sandbox, inputs).await?;
        assert_eq!(entries.len(), 1000);
        for n in [0, 255, 256, 500, 999] {
            assert_eq!(field(&entries, n, 0, "label")?, n.to_string());
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn objects_that_do_not_fit_one_call_are_rendered_in_several() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let inputs = (0..100).map(|n| input(&n.to_string(), json!({"break": "large"}))).collect();
        let entries = rendered(&sandbox, inputs).await?;
        assert_eq!(entries.iter().filter(|entry| entry.is_ok()).count(), 100);
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_input_that_breaks_the_renderer_does_not_stop_the_others() -> Result<()> {
        let limits = Limits { cpu: Duration::from_millis(300), ..Limits::default() };
        let sandbox = bench::limited(limits, &[GUEST]).await?;
        for (how, told) in [
            ("panic", "bad: the renderer trapped: wasm `unreachable` instruction executed; it wrote:"),
            ("loop", "bad: the renderer used up its 300ms of processor time"),
            ("bad-json", "bad: the renderer answered what the interface forbids: object 0 is not a JSON object: EOF"),
            ("list", "bad: the renderer answered what the interface forbids: object 0 is not a JSON object"),
            ("template", "bad: the renderer answered what the interface forbids: an object of template 99"),
            ("huge", "bad: the renderer answered what the interface forbids: object 0 has 614408 bytes"),
            ("fail", "bad: no such key (Undefined)"),
        ] {
            let mut inputs: Vec<_> = (0..7).map(|n| input(&n.to_string(), json!({}))).collect();
            inputs.insert(4, input("bad", json!({"break": how})));
            let entries = rendered(&sandbox, inputs).await.context(how)?;
            assert_eq!(entries.iter().filter(|entry| entry.is_ok()).count(), 7, "{how}");
            let said =
                entries.get(4).and_then(|entry| entry.as_ref().err()).map(ToString::to_string).unwrap_or_default();
            assert!(said.starts_with(told), "{how}: {said}");
            assert_eq!(field(&entries, 5, 0, "label")?, "4", "{how}");
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_renderer_that_breaks_on_everything_fails_the_whole() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let inputs = (0..40).map(|n| input(&n.to_string(), json!({"break": "panic"}))).collect();
        let outcome = sandbox.render(request(GUEST, inputs)).await;
        assert!(matches!(outcome, Err(CallError::Faulted { fault: Fault::Trapped { .. }, .. })), "{outcome:?}");
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_inputs_that_break_the_renderer_stop_none_of_the_others() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let poisoned = |n: usize| n < 30 || n.is_multiple_of(20);
        let attributes = |n| if poisoned(n) { json!({"break": "panic"}) } else { json!({}) };
        let inputs = (0..300).map(|n| input(&n.to_string(), attributes(n))).collect();
        let entries = rendered(&sandbox, inputs).await?;
        assert_eq!(entries.len(), 300);
        for (n, entry) in entries.iter().enumerate() {
            assert_eq!(matches!(entry, Err(InputError::Faulted { .. })), poisoned(n), "{n}: {entry:?}");
            assert_eq!(entry.is_ok(), !poisoned(n), "{n}: {entry:?}");
        }
        Ok(())
    }

    /// A thousand inputs that loop would take an hour to find one by one.
    #[tokio::test(flavor = "multi_thread")]
    async fn looking_for_inputs_that_loop_ends_and_what_was_rendered_by_then_counts() -> Result<()> {
        let limits = Limits { cpu: Duration::from_millis(50), ..Limits::default() };
        let sandbox = bench::limited(limits, &[GUEST]).await?;
        let attributes = |n: usize| if n >= 24 { json!({"break": "loop"}) } else { json!({}) };
        let inputs = (0..1024).map(|n| input(&n.to_string(), attributes(n))).collect();
        let begun = std::time::Instant::now();
        let entries = rendered(&sandbox, inputs).await?;
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(60), "{took:?}, where looking for all takes more than 100 s");
        assert!(entries.iter().any(Result::is_ok), "what was rendered counts");
        let said = entries.iter().filter_map(|entry| entry.as_ref().err()).map(ToString::to_string);
        let not_isolated: Vec<String> =
            said.filter(|said| said.contains("was not rendered: there are too many inputs")).collect();
        assert!(not_isolated.len() > 500, "{}", not_isolated.len());
        assert!(not_isolated.iter().all(|said| said.contains("(it used up its 50ms of processor time)")));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn its_configuration_is_checked_first_and_a_name_that_nobody_has_is_an_error() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let config = json!({"depth": "seven"});
        let outcome = sandbox.render(RenderRequest { config, ..request(GUEST, Vec::new()) }).await;
        let said = outcome.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.starts_with("spec.renderer.config.depth: "), "{said}");
        let outcome = sandbox.render(request("nobody", Vec::new())).await;
        let said = outcome.err().map(|error| error.to_string());
        assert_eq!(
            said.as_deref(),
            Some("no loaded plugin serves the renderer 'nobody'; loaded plugins serve: renders")
        );
        Ok(())
    }
}

pub(crate) mod gambles {
    use super::*;
    pub(crate) const GUEST: &str = "gambles";

    async fn object(sandbox: &Sandbox, seed: u64) -> Result<String> {
        let inputs = vec![input("a", json!({}))];
        let entries = sandbox.render(RenderRequest { seed, ..request(GUEST, inputs) }).await?;
        let entry = entries.into_iter().next().context("one entry")??;
        Ok(entry.objects.first().context("one object")?.object.to_string())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn clock_and_randomness_are_those_of_the_request() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let first = object(&sandbox, 7).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(first, object(&sandbox, 7).await?, "same request, same bytes");
        assert_ne!(first, object(&sandbox, 8).await?, "the seed is the only randomness");
        assert!(first.contains("\"millis\":1700000000000") && first.contains("\"elapsed\":1"), "{first}");
        let another = bench::with(&[GUEST]).await?;
        assert_eq!(first, object(&another, 7).await?, "another process would say the same");
        Ok(())
    }
}

pub(crate) mod miscounts {
    use super::*;
    pub(crate) const GUEST: &str = "miscounts";

    #[tokio::test(flavor = "multi_thread")]
    async fn one_entry_too_few_is_never_taken_for_an_answer() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let outcome = sandbox.render(request(GUEST, vec![input("a", json!({}))])).await;
        let Err(CallError::Faulted { fault, .. }) = outcome else { bail!("{outcome:?}") };
        assert_eq!(fault, Fault::BadAnswer(BadAnswer::WrongCount { expected: 1, got: 0 }));
        let entries = sandbox.render(request(GUEST, vec![input("a", json!({})), input("b", json!({}))])).await?;
        assert!(entries.iter().all(|entry| matches!(entry, Err(InputError::Faulted { .. }))), "{entries:?}");
        Ok(())
    }
}
