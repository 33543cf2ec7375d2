//! What users may rely on between rendering and planning.

use super::*;
use crate::ledger::SourceRef;
use serde_json::{Value, json};

fn object(value: Value) -> Object {
    Object(value.as_object().cloned().unwrap())
}

fn config_map(name: &str, data: &str) -> Object {
    object(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "apps"}, "data": {"k": data}}),
    )
}

fn templates() -> Vec<TemplateRef> {
    vec![
        TemplateRef { path: "spec.resources[0]".into(), form: Form::Structured },
        TemplateRef { path: "spec.resources[1]".into(), form: Form::Structured },
        TemplateRef { path: "spec.resourcesTemplate".into(), form: Form::Text },
    ]
}

fn rendering(label: &str, objects: Vec<(usize, Object)>) -> Rendering {
    let objects = objects.into_iter().map(|(of, object)| (of, object.into_value().to_string().into())).collect();
    let input = (!label.is_empty()).then(|| InputRef { source: SourceRef::provider("p").into(), uid: label.into() });
    Rendering { label: label.into(), input, objects }
}

fn step(name: Option<&str>, renderings: Vec<Rendering>) -> RenderedStep {
    RenderedStep { name: name.map(str::to_owned), wait: None, templates: templates(), renderings }
}

struct Case {
    common: CommonMetadata,
    on_duplicate: OnDuplicate,
    runs: TemplateRuns,
}

impl Case {
    fn usual() -> Self {
        Self { common: CommonMetadata::default(), on_duplicate: OnDuplicate::Warn, runs: TemplateRuns::PerInput }
    }

    fn run(&self, steps: Vec<RenderedStep>) -> Result<DesiredSet, DesiredError> {
        let owner = NamespacedName::new("apps", "set");
        let rules = Rules { owner: &owner, common: &self.common, on_duplicate: self.on_duplicate, runs: self.runs };
        desire(steps, &rules)
    }
}

/// What is wrong with the one environment that failed.
#[track_caller]
fn failure(set: Result<DesiredSet, DesiredError>) -> FailedEnvironment {
    let set = set.unwrap();
    let [failed] = set.failed.as_slice() else { panic!("{:?}", set.failed) };
    failed.clone()
}

fn names(set: &DesiredSet) -> Vec<&str> {
    set.objects().map(|wanted| wanted.object.key().name.as_str()).collect()
}

#[test]
fn resources_go_template_by_template_and_texts_go_input_by_input() {
    let of = |input: &str| {
        rendering(
            input,
            vec![
                (0, config_map(&format!("r0-{input}"), "")),
                (1, config_map(&format!("r1-{input}"), "")),
                (2, config_map(&format!("t1-{input}"), "")),
                (2, config_map(&format!("t2-{input}"), "")),
            ],
        )
    };
    let set = Case::usual().run(vec![step(None, vec![of("a"), of("b")])]).unwrap();
    assert_eq!(names(&set), ["r0-a", "r0-b", "r1-a", "r1-b", "t1-a", "t2-a", "t1-b", "t2-b"]);
}

#[test]
fn the_first_of_unequal_objects_wins_and_a_notice_names_both_inputs_and_the_difference() {
    let steps = || {
        vec![step(
            None,
            vec![
                rendering("p id 1", vec![(0, config_map("x", "1"))]),
                rendering("p id 2", vec![(0, config_map("x", "2"))]),
            ],
        )]
    };
    let set = Case::usual().run(steps()).unwrap();
    assert_eq!(set.len(), 1);
    assert_eq!(
        set.notices[0].message,
        "ConfigMap/apps/x is rendered by spec.resources[0] with p id 1 and by spec.resources[0] with p id 2, and they differ at data.k; \
         the first is used, the second is dropped: make the names distinct or the objects equal"
    );
    let strict = Case { on_duplicate: OnDuplicate::Error, ..Case::usual() };
    let failed = failure(strict.run(steps()));
    assert_eq!((failed.input.uid.as_str(), failed.reason), ("p id 2", Reason::DuplicateObjects));
    let inputless = Case { runs: TemplateRuns::Once, ..strict };
    let twice = vec![(2, config_map("x", "1")), (2, config_map("x", "2"))];
    let whole = inputless.run(vec![step(None, vec![rendering("", twice)])]);
    assert!(matches!(whole, Err(DesiredError::Duplicate(_))));
}

#[test]
fn equal_objects_are_one_object_without_a_word_also_under_strict() {
    let steps = vec![step(
        None,
        vec![rendering("1", vec![(0, config_map("x", ""))]), rendering("2", vec![(0, config_map("x", ""))])],
    )];
    let set = Case { on_duplicate: OnDuplicate::Error, ..Case::usual() }.run(steps).unwrap();
    assert_eq!((set.len(), set.notices.len()), (1, 0));
}

#[test]
fn what_all_inputs_give_is_of_none_and_what_some_give_is_of_those() {
    let of = |label: &str, shared: bool| {
        let both = shared.then(|| (1, config_map("both", "")));
        let text = [(2, config_map("all", "")), (2, config_map("all", ""))];
        rendering(label, both.into_iter().chain(text).collect())
    };
    let set = Case::usual().run(vec![step(None, vec![of("1", true), of("2", true), of("3", false)])]).unwrap();
    let makers: Vec<(&str, Vec<&str>)> = set
        .objects()
        .map(|wanted| {
            let inputs = wanted.input.iter().chain(&wanted.sharers).map(|input| input.uid.as_str()).collect();
            (wanted.object.key().name.as_str(), inputs)
        })
        .collect();
    assert_eq!(makers, [("both", vec!["1", "2"]), ("all", vec![])]);
    let alone = Case::usual().run(vec![step(None, vec![of("1", true)])]).unwrap();
    assert!(alone.objects().all(|wanted| wanted.input.is_some()), "of a single input it is that input's");
}

#[test]
fn the_version_is_no_part_of_the_identity_and_slashes_do_not_confuse_it() {
    let with = |version: &str, namespace: &str, name: &str| {
        object(json!({"apiVersion": version, "kind": "Thing", "metadata": {"namespace": namespace, "name": name}}))
    };
    let objects = vec![
        (0, with("x/v1", "a", "b")),
        (0, with("x/v2", "a", "b")),
        (0, with("x/v1", "a/b", "c")),
        (0, with("x/v1", "a", "b/c")),
    ];
    let set = Case::usual().run(vec![step(None, vec![rendering("1", objects)])]).unwrap();
    assert_eq!(set.len(), 3);
}

#[test]
fn an_excluded_object_is_left_out_only_for_the_exact_word() {
    let with = |name: &str, word: &str| {
        object(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "annotations": {"fluxcd.controlplane.io/reconcile": word}}}))
    };
    let objects = || vec![(0, with("a", "disabled")), (1, with("b", "Disabled")), (2, with("c", "disabled"))];
    let set = Case::usual().run(vec![step(None, vec![rendering("1", objects())])]).unwrap();
    assert_eq!(names(&set), ["b"]);
    let inputless = Case { runs: TemplateRuns::Once, ..Case::usual() };
    assert_eq!(names(&inputless.run(vec![step(None, vec![rendering("", objects())])]).unwrap()), ["a", "b"]);
}

#[test]
fn without_inputs_duplicates_of_resources_are_kept_with_a_notice() {
    let objects = vec![(0, config_map("x", "1")), (1, config_map("x", "2")), (2, config_map("x", "3"))];
    let set =
        Case { runs: TemplateRuns::Once, ..Case::usual() }.run(vec![step(None, vec![rendering("", objects)])]).unwrap();
    assert_eq!(set.len(), 2);
    assert_eq!(set.notices.len(), 2);
}

#[test]
fn one_object_in_two_steps_is_an_error_in_the_words_of_flux_operator() {
    let steps = vec![
        step(Some("one"), vec![rendering("1", vec![(0, config_map("x", ""))])]),
        step(Some("two"), vec![rendering("1", vec![(0, config_map("x", ""))])]),
    ];
    assert_eq!(
        failure(Case::usual().run(steps)).message,
        "duplicate resource ConfigMap/apps/x in step \"two\", already defined in step \"one\""
    );
}

#[test]
fn owner_labels_and_common_metadata_are_written() {
    let common = CommonMetadata {
        labels: [("team".to_owned(), "a".to_owned())].into(),
        annotations: [("note".to_owned(), "b".to_owned())].into(),
    };
    let raw = object(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"team": "z", "app": "w"}}}),
    );
    let set = Case { common, ..Case::usual() }.run(vec![step(None, vec![rendering("1", vec![(0, raw)])])]).unwrap();
    let metadata = set.steps[0].objects[0].object.unpack().0.get("metadata").cloned();
    assert_eq!(
        metadata,
        Some(json!({"name": "x", "annotations": {"note": "b"}, "labels": {"app": "w", "team": "a",
            "resourceset.fluxcd.controlplane.io/name": "set", "resourceset.fluxcd.controlplane.io/namespace": "apps"}}))
    );
}

#[test]
fn malformed_metadata_is_printed_as_flux_operator_prints_it() {
    let malformed = |metadata: Value| object(json!({"kind": "A", "metadata": metadata}));
    let objects = vec![
        (0, malformed(json!("foo"))),
        (1, object(json!({"kind": "B"}))),
        (2, malformed(json!({"name": "c", "labels": null, "annotations": null}))),
    ];
    let set = Case::usual().run(vec![step(None, vec![rendering("1", objects)])]).unwrap();
    let metadata: Vec<_> = set.objects().map(|wanted| wanted.object.unpack().0["metadata"].clone()).collect();
    assert_eq!(metadata[0], json!("foo"));
    assert_eq!(metadata[1]["labels"].as_object().map(serde_json::Map::len), Some(2));
    assert_eq!(metadata[2]["annotations"], Value::Null);
}

#[test]
fn nobody_but_the_host_writes_owner_labels() {
    let with = |key: &str, value: &str| {
        let raw =
            object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {key: value}}}));
        Case::usual().run(vec![step(None, vec![rendering("1", vec![(0, raw)])])])
    };
    let refused = failure(with(keys::OWNER_NAME, "other")).message;
    assert!(refused.contains("sets the label resourceset.fluxcd.controlplane.io/name"), "{refused}");
    assert_eq!(failure(with("internal.orangery.dev/x", "")).reason, Reason::BuildFailed);
    assert_eq!(with(keys::OWNER_NAME, "set").unwrap().failed, []);
    let common = CommonMetadata {
        labels: [(keys::OWNER_NAMESPACE.to_owned(), "x".to_owned())].into(),
        ..CommonMetadata::default()
    };
    let refused = Case { common, ..Case::usual() }.run(vec![]).unwrap_err();
    assert_eq!(refused.reason(), Reason::InvalidSpec);
    assert!(refused.to_string().contains("resourceset.fluxcd.controlplane.io/namespace"));
}

#[test]
fn an_object_past_its_bound_is_refused_with_its_size() {
    let big = config_map("x", &"y".repeat(MAX_OBJECT_BYTES));
    let neighbour = rendering("2", vec![(0, config_map("small", ""))]);
    let set = Case::usual().run(vec![step(None, vec![rendering("1", vec![(0, big.clone())]), neighbour])]);
    assert_eq!(names(set.as_ref().unwrap()), ["small"], "only its own environment fails");
    assert!(failure(set).message.contains("more than the maximum of 524288"));
    let inputless = Case { runs: TemplateRuns::Once, ..Case::usual() };
    let error = inputless.run(vec![step(None, vec![rendering("", vec![(0, big)])])]).unwrap_err();
    assert!(matches!(error, DesiredError::TooBig { bytes, .. } if bytes > MAX_OBJECT_BYTES));
}

#[test]
fn objects_that_are_equal_once_they_are_labelled_are_one_object_without_a_word() {
    let labelled = |team: &str| {
        object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "apps",
            "labels": {"team": team}}}))
    };
    let steps =
        || vec![step(None, vec![rendering("1", vec![(0, labelled("a"))]), rendering("2", vec![(0, labelled("b"))])])];
    let strict = || Case { on_duplicate: OnDuplicate::Error, ..Case::usual() };
    let error = failure(strict().run(steps())).message;
    assert!(error.contains("they differ at metadata.labels.team"), "{error}");
    let common = CommonMetadata { labels: [("team".into(), "c".into())].into(), ..CommonMetadata::default() };
    let set = Case { common, ..strict() }.run(steps()).unwrap();
    assert_eq!((set.len(), set.notices.len()), (1, 0));
}

#[test]
fn what_is_no_object_is_refused_with_its_origin() {
    let mut bad = rendering("1", Vec::new());
    bad.objects.push((1, "[1]".into()));
    let error = failure(Case::usual().run(vec![step(None, vec![bad])]));
    assert_eq!(error.reason, Reason::PluginFaulted);
    assert!(error.message.starts_with("spec.resources[1] with 1 did not render to a JSON object: "), "{error:?}");
}

#[test]
fn r03_order_of_maps() {
    let digest = |data: &str| {
        Case::usual().run(vec![step(None, vec![rendering("1", vec![(0, config_map("x", data))])])]).unwrap().digest()
    };
    assert_eq!(digest("1"), digest("1"));
    assert_ne!(digest("1"), digest("2"));
    let digest = |text: &str| {
        let object = object(serde_json::from_str(text).unwrap());
        Case::usual().run(vec![step(None, vec![rendering("1", vec![(0, object)])])]).unwrap().digest()
    };
    let one =
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"n"},"data":{"a":"1","b":"2"}}"#;
    let two =
        r#"{"data":{"b":"2","a":"1"},"metadata":{"namespace":"n","name":"x"},"kind":"ConfigMap","apiVersion":"v1"}"#;
    assert_eq!(digest(one), digest(two));
}
