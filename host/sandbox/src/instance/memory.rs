//! Bounds what one call may allocate, summed over all memories and tables of its store.
//!
//! wasmtime's own `StoreLimits` bounds each memory alone, and a component may have many. A refused growth is
//! remembered: when a guest's allocator fails, the guest traps with `unreachable`, and the error should name the real
//! cause.

use crate::limits::Limits;
use wasmtime::{Error, ResourceLimiter};

/// What one store has allocated.
#[derive(Debug)]
pub(crate) struct MemoryAccount {
    bytes: usize,
    elements: usize,
    most_bytes: usize,
    most_elements: usize,
    most_instances: usize,
    refused: bool,
}

impl MemoryAccount {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            bytes: 0,
            elements: 0,
            most_bytes: limits.memory_bytes,
            most_elements: limits.table_elements,
            most_instances: limits.instances,
            refused: false,
        }
    }

    /// Bytes of linear memory in use; memories never shrink, so this is the peak.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a growth was refused.
    pub(crate) fn ran_out(&self) -> bool {
        self.refused
    }
}

/// Adds a growth to a sum if the sum stays within its bound.
fn grow(sum: &mut usize, current: usize, desired: usize, most: usize) -> bool {
    let after = sum.saturating_add(desired.saturating_sub(current));
    let allowed = after <= most;
    if allowed {
        *sum = after;
    }
    allowed
}

impl ResourceLimiter for MemoryAccount {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, Error> {
        let allowed = grow(&mut self.bytes, current, desired, self.most_bytes);
        self.refused |= !allowed;
        Ok(allowed)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, Error> {
        let allowed = grow(&mut self.elements, current, desired, self.most_elements);
        self.refused |= !allowed;
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        self.most_instances
    }

    fn tables(&self) -> usize {
        self.most_instances
    }

    fn memories(&self) -> usize {
        self.most_instances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_memories_share_one_bound() {
        let mut account = MemoryAccount::new(&Limits { memory_bytes: 100, ..Limits::default() });
        assert!(account.memory_growing(0, 60, None).unwrap());
        assert!(account.memory_growing(0, 40, None).unwrap());
        assert!(!account.ran_out());
        assert!(!account.memory_growing(40, 41, None).unwrap());
        assert!(account.ran_out());
        assert_eq!(account.bytes(), 100);
    }

    #[test]
    fn tables_share_one_bound_too() {
        let mut account = MemoryAccount::new(&Limits { table_elements: 10, ..Limits::default() });
        assert!(account.table_growing(0, 10, None).unwrap());
        assert!(!account.table_growing(0, 1, None).unwrap());
    }
}
