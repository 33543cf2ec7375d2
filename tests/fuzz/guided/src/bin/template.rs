//! libFuzzer's target `template`: see `orangery_test_fuzz` for the property.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| orangery_test_fuzz::case(orangery_test_fuzz::template, bytes));
