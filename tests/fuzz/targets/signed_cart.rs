#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kvitt_fuzz::signed_cart(data));
