//! `kvitt`: the proxy, its demo, the emulator, and what an operator needs around them.

/// What is allocated on one thread and freed on another, as here by the store's writer, costs the system's allocator locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    kvitt::commands::main().await
}
