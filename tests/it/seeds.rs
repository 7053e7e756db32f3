//! The fuzzer's seeds and findings, run through its targets: none panics.

#[expect(unreachable_pub, reason = "the file is a crate of its own for the fuzzer")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::path::Path;

type Target = fn(&[u8]);

#[test]
fn every_seed_and_finding_is_handled_without_panic() {
    let targets: [(&str, Target); 7] = [
        ("signature", fuzz::signature),
        ("event", fuzz::event),
        ("wire", fuzz::wire),
        ("config", fuzz::config),
        ("cart", fuzz::cart),
        ("signed_cart", fuzz::signed_cart),
        ("token", fuzz::token),
    ];
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    assert_eq!(std::fs::read_dir(&seeds).unwrap().count(), targets.len());
    for (name, target) in targets {
        let files: Vec<_> = std::fs::read_dir(seeds.join(name)).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty(), "{name} has no seeds");
        for file in files {
            target(&std::fs::read(file).unwrap());
        }
    }
}
