//! `kvitt`: the proxy, its demo, the emulator, and what an operator needs around them.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    kvitt::commands::main().await
}
