//! Splits a rendering into calls that stay within the limits, and finds the input that breaks one.
//!
//! A renderer sees each input alone, so any split gives the same objects. A rendering is spread over the calls that
//! may run at once, unless too few inputs are left for each. Batches are sized by what is known before the call. The
//! rest is found by halving: a batch that breaks is split until a single input is to blame, and the others are still
//! rendered (one input that breaks the renderer must not stop its neighbours).

use std::ops::Range;

/// The most inputs in one call.
const INPUTS: usize = 256;
/// Minimum inputs per call when a rendering is split; a call's fixed cost is about that of two inputs, and another
/// core has to be woken for it.
const FEW: usize = 8;
/// Bytes that one call is given, and about as many that it is expected to return.
const BYTES: usize = 1024 * 1024;

/// Splits inputs of these sizes into batches. `at_once` is asked how many calls may run at once, but only where there
/// are enough inputs for two. `template_bytes` is the least that each input is expected to become.
pub(crate) fn cut(sizes: &[usize], template_bytes: usize, at_once: impl FnOnce() -> usize) -> Vec<Range<usize>> {
    let calls = match sizes.len() / FEW {
        0 | 1 => 1,
        most => at_once().clamp(1, most),
    };
    let inputs = sizes.len().div_ceil(calls).min(INPUTS);
    let mut batches = Vec::new();
    let mut start = 0;
    let mut bytes = 0usize;
    for (at, size) in sizes.iter().enumerate() {
        let weight = size.saturating_add(template_bytes);
        let full = at - start == inputs || bytes.saturating_add(weight) > BYTES;
        if full && at > start {
            batches.push(start..at);
            start = at;
            bytes = 0;
        }
        bytes = bytes.saturating_add(weight);
    }
    if start < sizes.len() {
        batches.push(start..sizes.len());
    }
    batches
}

/// Splits a batch of more than one input in two.
pub(crate) fn halve(batch: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    if batch.len() < 2 {
        return None;
    }
    let middle = batch.start + batch.len() / 2;
    Some((batch.start..middle, middle..batch.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_cover_every_input_once_in_order() {
        for sizes in [vec![], vec![1], vec![10; 1000], vec![BYTES * 2; 3], vec![BYTES / 2; 5]] {
            for at_once in 0..5 {
                let batches = cut(&sizes, 100, || at_once);
                let covered: Vec<usize> = batches.iter().cloned().flatten().collect();
                assert_eq!(covered, (0..sizes.len()).collect::<Vec<_>>());
                assert!(batches.iter().all(|batch| !batch.is_empty() && batch.len() <= INPUTS));
            }
        }
    }

    #[test]
    fn inputs_are_spread_over_the_calls_at_once_unless_they_are_few() {
        assert_eq!(cut(&[10; 100], 100, || 4), [0..25, 25..50, 50..75, 75..100]);
        assert_eq!(cut(&[10; 100], 100, || 1).len(), 1);
        assert_eq!(cut(&[10; 2 * FEW - 1], 100, || 4).len(), 1);
        assert_eq!(cut(&[10; 2 * FEW], 100, || 4), [0..FEW, FEW..2 * FEW]);
        assert_eq!(cut(&[10; 3 * FEW + 1], 100, || 4).len(), 3, "each has enough");
        assert_eq!(cut(&[10; 2_000], 100, || 2).len(), 8, "never more than {INPUTS} in one");
    }

    #[test]
    fn a_large_input_is_alone_and_small_ones_are_together() {
        assert_eq!(cut(&[BYTES * 2, 1, 1], 0, || 4), [0..1, 1..3]);
        assert_eq!(cut(&[1, 1, 1], BYTES, || 4), [0..1, 1..2, 2..3]);
    }

    #[test]
    fn halves_meet_in_the_middle() {
        assert_eq!(halve(&(3..8)), Some((3..5, 5..8)));
        assert_eq!(halve(&(3..4)), None);
    }
}
