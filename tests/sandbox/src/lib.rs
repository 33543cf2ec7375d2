//! Tests of the sandbox against real components and real HTTP servers; everything is under `tests/`.
