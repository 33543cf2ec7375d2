//! orangery-test-flow
