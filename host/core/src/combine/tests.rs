//! What users may rely on when inputs are combined.

use super::*;
use serde_json::json;

fn maps(values: &[Value]) -> Vec<Map<String, Value>> {
    values.iter().map(|value| value.as_object().cloned().unwrap()).collect()
}

fn ids(ids: &[&str]) -> Vec<Map<String, Value>> {
    ids.iter().map(|id| json!({ "id": id }).as_object().cloned().unwrap()).collect()
}

fn provider(name: &str, inputs: Vec<Map<String, Value>>) -> Source {
    Source {
        provider: ProviderRef::provider(NamespacedName::new("apps", name)),
        inputs: inputs.into_iter().collect(),
        trust: Trust::Answered { defaults: Map::new() },
    }
}

fn run(strategy: Strategy, inline: &[Value], providers: Vec<Source>) -> Result<Combined, CombineError> {
    let set = NamespacedName::new("apps", "my-set");
    let inline = maps(inline);
    combine(CombineRequest { set: &set, strategy, inline: &inline, reads_providers: !providers.is_empty(), providers })
}

const FLATTEN: Strategy = Strategy::Flatten;
const PERMUTE: Strategy = Strategy::Permute { empty: EmptySources::LeftOut, id_from: IdFrom::Position };

fn seen(combined: &Combined, path: &[&str]) -> Vec<String> {
    let find = |input: &CombinedInput| {
        path.iter().try_fold(&Value::Object(input.attributes.to_map()), |value, key| value.get(key)).cloned()
    };
    combined
        .inputs
        .iter()
        .map(|input| find(input).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default())
        .collect()
}

#[test]
fn flatten_puts_inline_inputs_first_and_providers_in_order_of_name() {
    let combined = run(
        Strategy::Flatten,
        &[json!({"id": "own"})],
        vec![provider("b", ids(&["2", "1"])), provider("a", ids(&["3"]))],
    )
    .unwrap();
    assert_eq!(seen(&combined, &["id"]), ["own", "3", "2", "1"]);
    assert_eq!(seen(&combined, &["provider", "name"]), ["my-set", "a", "b", "b"]);
    assert_eq!(seen(&combined, &["provider", "kind"]).first().map(String::as_str), Some("ResourceSet"));
}

#[test]
fn the_same_provider_named_twice_counts_once() {
    let combined = run(Strategy::Flatten, &[], vec![provider("a", ids(&["1"])), provider("a", ids(&["1"]))]).unwrap();
    assert_eq!(combined.inputs.len(), 1);
}

#[test]
fn the_host_key_provider_wins_over_a_users_own() {
    let combined = run(Strategy::Flatten, &[json!({"provider": "mine"})], vec![]).unwrap();
    assert_eq!(seen(&combined, &["provider", "name"]), ["my-set"]);
}

#[test]
fn permute_varies_the_last_provider_fastest_and_has_the_ids_of_flux_operator() {
    let combined =
        run(PERMUTE, &[], vec![provider("provider-2", ids(&["x", "y"])), provider("provider-1", ids(&["a", "b"]))])
            .unwrap();
    assert_eq!(seen(&combined, &["provider_1", "id"]), ["a", "a", "b", "b"]);
    assert_eq!(seen(&combined, &["provider_2", "id"]), ["x", "y", "x", "y"]);
    assert_eq!(seen(&combined, &["id"]).first().map(String::as_str), Some("2075461889"));
}

#[test]
fn permutations_keyed_by_content_keep_their_ids_when_an_input_is_added_in_front() {
    let by_content = Strategy::Permute { empty: EmptySources::LeftOut, id_from: IdFrom::Content };
    let before = run(by_content, &[], vec![provider("a", ids(&["1"])), provider("b", ids(&["x"]))]).unwrap();
    let after = run(by_content, &[], vec![provider("a", ids(&["0", "1"])), provider("b", ids(&["x"]))]).unwrap();
    assert_eq!(seen(&after, &["id"]).get(1), seen(&before, &["id"]).first());
    assert_ne!(seen(&after, &["id"]).first(), seen(&before, &["id"]).first());
}

#[test]
fn an_empty_provider_is_left_out_of_the_product_or_makes_it_empty() {
    let providers = || vec![provider("a", ids(&["1", "2"])), provider("b", vec![])];
    assert_eq!(run(PERMUTE, &[], providers()).unwrap().inputs.len(), 2);
    let counting = Strategy::Permute { empty: EmptySources::Counted, id_from: IdFrom::Position };
    assert!(run(counting, &[], providers()).unwrap().inputs.is_empty());
    // The set has no inline inputs, so it does not count as an empty provider.
    assert_eq!(run(counting, &[], vec![provider("a", ids(&["1", "2"]))]).unwrap().inputs.len(), 2);
}

#[test]
fn no_inputs_from_providers_is_not_the_same_as_no_inputs_at_all() {
    assert_eq!(run(Strategy::Flatten, &[], vec![]).unwrap().runs, TemplateRuns::Once);
    let empty = run(Strategy::Flatten, &[], vec![provider("a", vec![])]).unwrap();
    assert!(empty.runs == TemplateRuns::PerInput && empty.inputs.is_empty());
}

#[test]
fn providers_that_would_hide_each_other_are_an_error_that_names_both() {
    let collide = run(PERMUTE, &[], vec![provider("a.b", ids(&["1"])), provider("a-b", ids(&["2"]))]).unwrap_err();
    assert_eq!(
        collide.to_string(),
        "ResourceSetInputProvider/a-b and ResourceSetInputProvider/a.b would both be inputs.a_b; rename one of them"
    );
    let id = run(PERMUTE, &[], vec![provider("id", ids(&["1"]))]).unwrap_err();
    assert!(id.to_string().starts_with("ResourceSetInputProvider/id would be inputs.id"));
    assert_eq!(run(PERMUTE, &[], vec![provider("...", ids(&["1"]))]), Err(CombineError::EmptyName("...".into())));
}

#[test]
fn too_many_permutations_are_refused_in_the_words_of_flux_operator() {
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let error = run(PERMUTE, &[], vec![provider("a", ids(&many)), provider("b", ids(&many))]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to get inputs from ResourceSetInputProvider/b: adding provider 'b' with 101 inputs would exceed the maximum allowed \
         permutations. max: 10000, got: 10201"
    );
}

#[test]
fn what_a_provider_answered_is_untrusted_and_what_the_user_wrote_is_not() {
    let mut source = provider("a", maps(&[json!({"id": "1", "title": "x", "team": "ours"})]));
    source.trust = Trust::Answered { defaults: json!({"team": "ours"}).as_object().cloned().unwrap() };
    let flat = run(Strategy::Flatten, &[json!({"k": "v"})], vec![source.clone()]).unwrap();
    let untrusted: Vec<_> = flat.inputs.iter().map(|input| input.untrusted.join(",")).collect();
    assert_eq!(untrusted, ["", "id,title"]);
    let permuted = run(PERMUTE, &[json!({"k": "v"})], vec![source]).unwrap();
    assert_eq!(permuted.inputs[0].untrusted, ["a.id", "a.title"]);
}

#[test]
fn inputs_with_one_id_are_a_warning_and_have_different_uids() {
    let combined = run(Strategy::Flatten, &[json!({"id": "1", "a": 1}), json!({"id": "1", "a": 2})], vec![]).unwrap();
    assert_eq!(combined.notices.len(), 1);
    assert_eq!(combined.notices[0].message, "ResourceSet/my-set: inputs 0, 1 have the same id 1");
    assert_ne!(combined.inputs[0].uid, combined.inputs[1].uid);
}

#[test]
fn labels_say_who_an_input_is() {
    let combined = run(Strategy::Flatten, &[json!({"a": 1})], vec![provider("previews", ids(&["42"]))]).unwrap();
    let labels: Vec<_> = combined.inputs.iter().map(|input| input.label.as_str()).collect();
    assert_eq!(labels, ["ResourceSet/my-set input 0", "ResourceSetInputProvider/previews id 42"]);
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn a_product_is_as_large_as_its_factors_or_refused(sizes in proptest::collection::vec(0usize..40, 1..5)) {
            let name = |n: usize| format!("p{n}");
            let inputs = |count: usize| (0..count).map(|n| json!({"id": n.to_string()}).as_object().cloned().unwrap()).collect();
            let providers = sizes.iter().enumerate().map(|(n, count)| provider(&name(n), inputs(*count))).collect();
            let product: usize = sizes.iter().filter(|count| **count > 0).product();
            let expected = if sizes.iter().all(|count| *count == 0) { 0 } else { product };
            match run(PERMUTE, &[], providers) {
                Ok(combined) => {
                    prop_assert_eq!(combined.inputs.len(), expected);
                    prop_assert!(expected <= MAX_COMBINED);
                    let uids: std::collections::BTreeSet<_> = combined.inputs.iter().map(|input| &input.uid).collect();
                    prop_assert_eq!(uids.len(), expected);
                }
                Err(error) => {
                    let refused = matches!(error, CombineError::TooManyPermutations { .. });
                    prop_assert!(refused && expected > MAX_COMBINED);
                }
            }
        }

        #[test]
        fn the_order_in_which_providers_are_found_does_not_matter(mut names in proptest::collection::vec("[a-z]{1,4}", 1..6), seed in any::<u64>()) {
            let sources = |names: &[String]| names.iter().map(|name| provider(name, ids(&["1", "2"]))).collect::<Vec<_>>();
            let before = run(FLATTEN, &[], sources(&names));
            let len = names.len();
            names.rotate_left(usize::try_from(seed % len as u64).unwrap());
            prop_assert_eq!(before, run(FLATTEN, &[], sources(&names)));
        }
    }
}
