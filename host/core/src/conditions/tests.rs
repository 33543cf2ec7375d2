//! What status readers may rely on.

use super::*;
use std::time::Duration;

const EARLY: Stamp = Stamp { generation: 1, now: Timestamp::from_millis(1_767_225_600_000) };
const LATE: Stamp = Stamp { generation: 1, now: Timestamp::from_millis(1_767_229_200_000) };

fn succeeded(seconds: u64, changed: bool) -> Outcome {
    Outcome::Succeeded { took: Duration::from_secs(seconds), changed, deleted: 0, remark: String::new() }
}

fn failed() -> Outcome {
    Outcome::Failed { reason: Reason::ReconciliationFailed, message: "no".into() }
}

fn types(conditions: &Conditions) -> Vec<&str> {
    conditions.as_slice().iter().map(|condition| condition.condition_type.as_str()).collect()
}

#[test]
fn a_success_that_changed_nothing_leaves_the_status_equal() {
    let first = conclude(&Conditions::default(), &succeeded(2, true), Some(&[]), EARLY);
    assert_eq!(first.get(ConditionType::Ready).unwrap().message, "Reconciliation finished in 2s");
    assert_eq!(conclude(&first, &succeeded(3, false), Some(&[]), LATE), first);
    let changed = conclude(&first, &succeeded(3, true), Some(&[]), LATE);
    let ready = changed.get(ConditionType::Ready).unwrap();
    assert_eq!(
        (ready.message.as_str(), ready.last_transition_time.as_str()),
        ("Reconciliation finished in 3s", EARLY.now.to_string().as_str())
    );
    let regenerated = conclude(&first, &succeeded(3, false), Some(&[]), Stamp { generation: 2, ..LATE });
    assert_eq!(regenerated.get(ConditionType::Ready).unwrap().observed_generation, 2);
}

#[test]
fn ready_keeps_its_value_while_work_goes_on() {
    let progressing = Outcome::Progressing { message: "Reconciliation in progress".into() };
    let fresh = conclude(&Conditions::default(), &progressing, None, EARLY);
    assert!(fresh.is(ConditionType::Ready, ConditionStatus::Unknown));
    let ready = conclude(&Conditions::default(), &succeeded(1, true), None, EARLY);
    let again = conclude(&ready, &progressing, None, LATE);
    assert!(
        again.is(ConditionType::Ready, ConditionStatus::True)
            && again.is(ConditionType::Reconciling, ConditionStatus::True)
    );
}

#[test]
fn a_wait_takes_back_a_failure_and_a_success() {
    let waiting = Outcome::Waiting { message: "waiting for: [A status: 'InProgress']".into() };
    let failing = conclude(&Conditions::default(), &failed(), None, EARLY);
    let waits = conclude(&failing, &waiting, None, LATE);
    let ready = waits.get(ConditionType::Ready).unwrap();
    assert_eq!((ready.status, ready.reason.as_str()), (ConditionStatus::Unknown, "Progressing"));
    assert_eq!(conclude(&waits, &waiting, None, EARLY), waits, "the same wait is not written again");
    let ready = conclude(&Conditions::default(), &succeeded(1, true), None, EARLY);
    let again = conclude(&ready, &waiting, None, LATE);
    assert!(again.is(ConditionType::Ready, ConditionStatus::Unknown));
    assert!(again.get(ConditionType::Reconciling).unwrap().message.starts_with("waiting for: "));
}

#[test]
fn what_is_not_ready_any_more_is_false_and_says_why() {
    let degraded = Outcome::Degraded { message: "waiting for: [A]".into(), unready: "A status: no pods".into() };
    let ready = conclude(&Conditions::default(), &succeeded(1, true), None, EARLY);
    let after = conclude(&ready, &degraded, None, LATE);
    let condition = after.get(ConditionType::Ready).unwrap();
    assert_eq!((condition.status, condition.reason.as_str()), (ConditionStatus::False, "HealthCheckFailed"));
    assert_eq!(condition.message, "A status: no pods");
    assert_eq!(after.get(ConditionType::Reconciling).unwrap().message, "waiting for: [A]");
    assert_eq!(types(&conclude(&after, &succeeded(1, false), None, LATE)), ["Ready"]);
}

#[test]
fn deletions_are_told_until_something_else_changes() {
    let deleted =
        |changed, deleted| Outcome::Succeeded { took: Duration::from_secs(2), changed, deleted, remark: String::new() };
    let after = conclude(&Conditions::default(), &deleted(true, 3), None, EARLY);
    assert_eq!(after.get(ConditionType::Ready).unwrap().message, "Reconciliation finished in 2s, 3 objects deleted");
    assert_eq!(conclude(&after, &deleted(false, 0), None, LATE), after);
    let again = conclude(&after, &deleted(true, 1), None, LATE);
    assert_eq!(again.get(ConditionType::Ready).unwrap().message, "Reconciliation finished in 2s, 1 object deleted");
}

#[test]
fn a_failure_is_retried_and_a_stall_is_not() {
    let failing = conclude(&Conditions::default(), &failed(), None, EARLY);
    assert_eq!(types(&failing), ["Reconciling", "Ready"]);
    assert_eq!(failing.get(ConditionType::Reconciling).unwrap().reason, "ProgressingWithRetry");
    assert_eq!(conclude(&failing, &failed(), None, LATE), failing);
    let stalled = Outcome::Stalled { reason: Reason::BuildFailed, message: "build failed: x".into() };
    assert_eq!(types(&conclude(&failing, &stalled, None, LATE)), ["Stalled", "Ready"]);
    assert_eq!(types(&conclude(&failing, &succeeded(1, true), None, LATE)), ["Ready"]);
}

#[test]
fn a_skip_says_ready_only_to_those_who_never_were_anything() {
    let skipped = Outcome::Skipped {
        reason: Reason::ReconciliationDisabled,
        message: "Initialized with reconciliation suspended".into(),
    };
    let fresh = conclude(&Conditions::default(), &skipped, None, EARLY);
    assert_eq!(fresh.get(ConditionType::Ready).unwrap().reason, "ReconciliationDisabled");
    let failing = conclude(&Conditions::default(), &failed(), None, EARLY);
    assert!(conclude(&failing, &skipped, None, LATE).is(ConditionType::Ready, ConditionStatus::False));
}

#[test]
fn an_abnormal_condition_is_shown_while_it_lasts() {
    let abnormal = |message: &str| Abnormal {
        condition_type: ConditionType::DuplicateObjects,
        reason: Reason::DuplicateObjects,
        message: message.into(),
    };
    let shown = conclude(&Conditions::default(), &succeeded(1, true), Some(&[abnormal("a"), abnormal("b")]), EARLY);
    assert_eq!(shown.get(ConditionType::DuplicateObjects).unwrap().message, "a\nb");
    assert_eq!(types(&conclude(&shown, &failed(), None, LATE)), ["Reconciling", "Ready", "DuplicateObjects"]);
    assert_eq!(types(&conclude(&shown, &succeeded(1, false), Some(&[]), LATE)), ["Ready"]);
}

#[test]
fn what_was_left_out_adds_what_is_abnormal_and_takes_nothing_away() {
    let abnormal =
        |condition_type, message: &str| Abnormal { condition_type, reason: Reason::Warning, message: message.into() };
    let before = [abnormal(ConditionType::LimitReached, "2 wait"), abnormal(ConditionType::Warning, "old")];
    let polled = conclude(&Conditions::default(), &succeeded(1, true), Some(&before), EARLY);
    let skipped = Outcome::Skipped { reason: Reason::SkippedDueToSchedule, message: "later".into() };
    let after = conclude(&polled, &skipped, Some(&[abnormal(ConditionType::Warning, "never")]), LATE);
    assert_eq!(types(&after), ["Ready", "LimitReached", "Warning"]);
    assert_eq!(after.get(ConditionType::Warning).unwrap().message, "never");
    assert_eq!(conclude(&polled, &skipped, Some(&[]), LATE), polled);
}

#[test]
fn long_messages_are_cut_at_a_character() {
    let mut conditions = Conditions::default();
    conditions.set(ConditionType::Warning, ConditionStatus::True, Reason::Warning, &"ü".repeat(MAX_MESSAGE), EARLY);
    let message = &conditions.get(ConditionType::Warning).unwrap().message;
    assert!(message.len() <= MAX_MESSAGE && message.ends_with("ü…"));
}

#[test]
fn conditions_of_others_are_kept_behind_ours() {
    let mut conditions = Conditions::default();
    conditions.set(ConditionType::Ready, ConditionStatus::True, Reason::ReconciliationSucceeded, "", EARLY);
    let foreign =
        Condition { condition_type: "Theirs".into(), ..conditions.get(ConditionType::Ready).cloned().unwrap() };
    let mut all = Conditions::new(vec![foreign, conditions.get(ConditionType::Ready).cloned().unwrap()]);
    all.set(ConditionType::Stalled, ConditionStatus::True, Reason::BuildFailed, "", EARLY);
    assert_eq!(types(&all), ["Stalled", "Ready", "Theirs"]);
}

fn entry(digest: &str, status: &str, at: &str) -> HistoryEntry {
    HistoryEntry {
        digest: digest.into(),
        first_reconciled: at.into(),
        last_reconciled: at.into(),
        last_reconciled_duration: "1s".into(),
        last_reconciled_status: status.into(),
        total_reconciliations: 1,
        metadata: Default::default(),
    }
}

#[test]
fn history_counts_equal_results_and_keeps_five_newest_first() {
    let mut history = Vec::new();
    for (n, digest) in ["a", "b", "a", "c", "d", "e", "f"].into_iter().enumerate() {
        history = remember(&history, entry(digest, "ReconciliationSucceeded", &n.to_string()));
    }
    let digests: Vec<_> = history.iter().map(|entry| entry.digest.as_str()).collect();
    assert_eq!(digests, ["f", "e", "d", "c", "a"]);
    let a = history.last().unwrap();
    assert_eq!((a.total_reconciliations, a.first_reconciled.as_str(), a.last_reconciled.as_str()), (2, "0", "2"));
    assert_eq!(remember(&history, entry("a", "ReconciliationFailed", "9"))[0].total_reconciliations, 1);
}

#[test]
fn what_is_still_on_its_way_stands_beside_the_time_of_the_last_change() {
    let remarked = |changed, remark: &str| Outcome::Succeeded {
        took: Duration::from_secs(if changed { 2 } else { 7 }),
        changed,
        deleted: 0,
        remark: remark.to_owned(),
    };
    let mut conditions = Conditions::default();
    let mut message = |outcome: Outcome| {
        conditions = conclude(&conditions, &outcome, None, Stamp { generation: 1, now: Timestamp::from_millis(0) });
        conditions.get(ConditionType::Ready).unwrap().message.clone()
    };
    assert_eq!(
        message(remarked(true, "2 objects terminating")),
        "Reconciliation finished in 2s; 2 objects terminating"
    );
    assert_eq!(message(remarked(false, "1 object terminating")), "Reconciliation finished in 2s; 1 object terminating");
    assert_eq!(message(remarked(false, "")), "Reconciliation finished in 2s");
}
