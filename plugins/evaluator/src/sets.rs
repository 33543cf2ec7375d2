//! The sets library of Common Expression Language, as cel-go's `ext.Sets()`: lists compared without regard to order and
//! repetition. The library that evaluates expressions does not have it.

use cel::common::traits::Iterable;
use cel::common::types::{CelBool, LIST_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

/// Adds `sets.contains`, `sets.equivalent` and `sets.intersects`.
///
/// # Errors
/// One of them is already declared.
pub fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    let lists = || vec![LIST_TYPE, LIST_TYPE];
    env.add_overload("sets.contains", "list_sets_contains_list", lists(), contains)?;
    env.add_overload("sets.equivalent", "list_sets_equivalent_list", lists(), equivalent)?;
    env.add_overload("sets.intersects", "list_sets_intersects_list", lists(), intersects)
}

fn contains<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    compare(&args, has_all)
}

fn equivalent<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    compare(&args, |left, right| has_all(left, right) && has_all(right, left))
}

fn intersects<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    compare(&args, |left, right| any(right, |wanted| has(left, wanted)))
}

fn compare<'b, 'v>(
    args: &[CowVal<'b, 'v>],
    holds: impl Fn(&dyn Iterable, &dyn Iterable) -> bool,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [left, right] = args else { return Err(ExecutionError::invalid_argument_count(2, args.len())) };
    let (Some(left), Some(right)) = (left.as_ref().as_iterable(), right.as_ref().as_iterable()) else {
        return Err(ExecutionError::function_error("sets", "both arguments must be lists"));
    };
    Ok(CowVal::owned(CelBool::from(holds(left, right))))
}

fn has_all(list: &dyn Iterable, wanted: &dyn Iterable) -> bool {
    !any(wanted, |one| !has(list, one))
}

fn has(list: &dyn Iterable, wanted: &dyn Val) -> bool {
    any(list, |one| one.equals(wanted))
}

fn any(list: &dyn Iterable, mut holds: impl FnMut(&dyn Val) -> bool) -> bool {
    let mut items = list.iter();
    while let Some(item) = items.next() {
        if holds(item) {
            return true;
        }
    }
    false
}
