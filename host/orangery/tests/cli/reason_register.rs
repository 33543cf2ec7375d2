//! For each reason the story that brings it about with the whole operator: a real API server, and what the status or an event says.

use crate::bench::root;
use orangery_core::Reason;
use std::collections::BTreeSet;

/// Where the stories are.
const STORIES: &str = "tests/flow/tests/flow";

/// A reason, and the file and the function of the test that asserts it.
const REGISTER: &[(Reason, &str, &str)] = &[
    (Reason::Progressing, "waiting/waits.rs", "f06_set_that_waits_for_an_hour"),
    (
        Reason::ProgressingWithRetry,
        "providers/reasons.rs",
        "what_a_plugin_answers_or_does_decides_the_reason_of_its_provider",
    ),
    (
        Reason::ReconciliationSucceeded,
        "providers/configuration.rs",
        "a_set_that_waits_for_a_change_says_why_in_its_reason",
    ),
    (Reason::ReconciliationFailed, "laws.rs", "a_set_can_do_what_its_service_account_can_and_nothing_without_one"),
    (Reason::BuildFailed, "objects/environments.rs", "l01_poisoned_item"),
    (
        Reason::DependencyNotReady,
        "waiting/dependencies.rs",
        "a_set_waits_for_a_provider_and_another_set_as_its_expression_says",
    ),
    (
        Reason::InvalidCELExpression,
        "waiting/dependencies.rs",
        "an_expression_that_cannot_be_parsed_stalls_the_set_and_one_without_an_answer_is_asked_again",
    ),
    (Reason::HealthCheckCanceled, "waiting/waits.rs", "f06_set_that_waits_for_an_hour"),
    (
        Reason::ReconciliationDisabled,
        "providers/reasons.rs",
        "a_secret_that_is_not_there_a_suspension_and_an_object_made_twice_are_told",
    ),
    (
        Reason::InvalidSchedule,
        "providers/reasons.rs",
        "what_a_manifest_says_decides_the_reason_before_anything_is_asked",
    ),
    (
        Reason::InvalidSpec,
        "providers/configuration.rs",
        "a_configuration_that_the_plugin_refuses_sends_no_request_and_a_remark_is_a_warning",
    ),
    (
        Reason::SkippedDueToSchedule,
        "tenancy/foreign.rs",
        "a_schedule_of_dates_that_never_come_is_a_warning_and_its_surplus_is_ignored",
    ),
    (
        Reason::ApplySucceeded,
        "observability/events.rs",
        "each_distinct_change_keeps_its_text_and_equal_ones_are_counted",
    ),
    (Reason::InputsNotReady, "laws.rs", "d07_provider_recreated"),
    (
        Reason::SourceStale,
        "providers/trouble.rs",
        "whatever_goes_wrong_at_the_forge_the_environments_stay_and_the_conditions_say_why",
    ),
    (Reason::PartialAnswer, "providers/reasons.rs", "what_a_plugin_answers_or_does_decides_the_reason_of_its_provider"),
    (
        Reason::PruneHeld,
        "deletion/adoption.rs",
        "a_hand_made_object_whose_template_goes_is_held_and_leaves_the_list_when_it_is_gone",
    ),
    (
        Reason::DeletionHeld,
        "deletion/deleted_together.rs",
        "half_of_all_sets_within_a_minute_are_held_and_fewer_are_deleted",
    ),
    (
        Reason::ObjectsLeft,
        "deletion/namespace_ends.rs",
        "a_set_whose_account_is_gone_leaves_what_it_may_not_delete_and_says_so",
    ),
    (Reason::LimitReached, "providers/reasons.rs", "what_a_plugin_answers_or_does_decides_the_reason_of_its_provider"),
    (
        Reason::DuplicateObjects,
        "providers/reasons.rs",
        "a_secret_that_is_not_there_a_suspension_and_an_object_made_twice_are_told",
    ),
    (Reason::ObjectLeftOut, "providers/reasons.rs", "what_a_manifest_says_decides_the_reason_before_anything_is_asked"),
    (
        Reason::Unauthorized,
        "providers/trouble.rs",
        "whatever_goes_wrong_at_the_forge_the_environments_stay_and_the_conditions_say_why",
    ),
    (
        Reason::SourceNotFound,
        "providers/trouble.rs",
        "whatever_goes_wrong_at_the_forge_the_environments_stay_and_the_conditions_say_why",
    ),
    (Reason::RateLimited, "providers/trouble.rs", "q01_exhausted_rate_limit"),
    (
        Reason::SourceUnavailable,
        "providers/trouble.rs",
        "whatever_goes_wrong_at_the_forge_the_environments_stay_and_the_conditions_say_why",
    ),
    (
        Reason::MalformedResponse,
        "providers/trouble.rs",
        "whatever_goes_wrong_at_the_forge_the_environments_stay_and_the_conditions_say_why",
    ),
    (Reason::PluginRefused, "providers/reasons.rs", "what_a_plugin_answers_or_does_decides_the_reason_of_its_provider"),
    (Reason::PluginFaulted, "providers/reasons.rs", "what_a_plugin_answers_or_does_decides_the_reason_of_its_provider"),
    (Reason::CircuitOpen, "providers/reasons.rs", "what_a_plugin_answers_or_does_decides_the_reason_of_its_provider"),
    (Reason::PluginMissing, "providers/configuration.rs", "a_set_that_waits_for_a_change_says_why_in_its_reason"),
    (
        Reason::CredentialUnavailable,
        "providers/reasons.rs",
        "a_secret_that_is_not_there_a_suspension_and_an_object_made_twice_are_told",
    ),
    (
        Reason::StatusTooLarge,
        "objects/size.rs",
        "inputs_that_do_not_fit_leave_the_last_good_ones_and_say_how_large_they_are",
    ),
    (Reason::OwnedByAnother, "laws.rs", "d12_two_owners_of_one_object"),
    (
        Reason::AdoptionRefused,
        "deletion/adoption_foreign.rs",
        "a_name_that_a_foreign_renderer_computes_from_a_branch_takes_nothing",
    ),
    (
        Reason::Adopted,
        "deletion/adoption.rs",
        "what_was_adopted_is_held_through_restarts_until_it_is_approved_and_the_rest_goes",
    ),
    (
        Reason::HealthCheckFailed,
        "waiting/follows.rs",
        "with_wait_ready_follows_the_objects_and_costs_nothing_while_they_rest",
    ),
    (Reason::Contested, "waiting/fights.rs", "an_object_that_is_fought_over_is_left_alone_and_its_set_goes_on"),
    (Reason::ObjectsFrozen, "objects/frozen.rs", "d22_a_frozen_object_is_left_alone_until_it_is_thawed"),
    (
        Reason::Warning,
        "tenancy/foreign.rs",
        "a_schedule_of_dates_that_never_come_is_a_warning_and_its_surplus_is_ignored",
    ),
];

/// The test of this name in a source, from its attributes to its end, without comments; `None` if there is no such test.
fn story(source: &str, name: &str) -> Option<String> {
    let at = source.find(&format!("fn {name}("))?;
    let before = source[..at].trim_end_matches("async ").lines().rev().take_while(|line| line.starts_with("#["));
    if !before.into_iter().any(|line| line.contains("test]") || line.contains("test(")) {
        return None;
    }
    let body = source[at..].split("\n}\n").next()?;
    Some(body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n"))
}

#[test]
fn every_reason_is_brought_about_by_the_story_that_is_registered_for_it() {
    let registered: BTreeSet<Reason> = REGISTER.iter().map(|(reason, ..)| *reason).collect();
    let missing: Vec<&Reason> = Reason::ALL.iter().filter(|reason| !registered.contains(reason)).collect();
    assert!(missing.is_empty(), "register a story under {STORIES} for {missing:?}");
    assert_eq!(registered.len(), REGISTER.len(), "a reason is registered twice");
    let mut wrong = Vec::new();
    for (reason, file, name) in REGISTER {
        let path = root().join(STORIES).join(file);
        let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        match story(&source, name) {
            None => wrong.push(format!("{reason}: {file} has no test {name}")),
            Some(body) if !body.contains(&format!("\"{reason}\"")) => {
                wrong.push(format!("{reason}: {name} in {file} does not assert it"));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_story_is_a_test_and_ends_with_its_function() {
    let source = "fn helper() {\n    \"A\"\n}\n\n#[tokio::test]\nasync fn told() {\n    \"B\"\n    // \"C\"\n}\n\nfn after() {\n    \"D\"\n}\n";
    assert_eq!(story(source, "helper"), None, "not a test");
    assert_eq!(story(source, "tol"), None, "another name");
    let told = story(source, "told").unwrap();
    assert!(told.contains("\"B\"") && !["\"A\"", "\"C\"", "\"D\""].iter().any(|other| told.contains(other)), "{told}");
}
