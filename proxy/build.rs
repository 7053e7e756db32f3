//! Compiles the crate again when a migration is added: cargo sees only changes of Rust files by itself.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
