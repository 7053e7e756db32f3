//! `cargo xtask`: the commands of this repository, for people and for CI.
//!
//! `demo` runs the demo shop, `test` runs every check, `soak` runs the long tests, `bench` measures the proxy, `dist` builds the widget into `www/pkg`, `openapi` writes
//! what is generated: the description of the API, its types, and the pages about commands and options. Each command installs what it needs
//! (see `setup`), or fails with one line that names what is missing; it must never skip anything. This crate is compiled first on every new
//! machine, so it must stay small.

mod bench;
mod chromium;
mod demo;
mod dist;
mod engines;
mod fingerprint;
mod licences;
mod openapi;
mod run;
mod setup;
mod soak;
mod test;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The commands of this repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and run the demo: the shop, the proxy and an emulated Vipps MobilePay. Ctrl-C ends it
    Demo(demo::Args),
    /// Run every check, fast ones first; stops at the first failure
    Test(test::Args),
    /// Run the long tests: a million cases of the model, fuzzing, load. Each has a limit and ends by itself
    Soak(soak::Args),
    /// Measure the proxy beside other servers, or the widget beside other pages, and write tests/bench/RESULTS.md. It ends by itself
    Bench(bench::Args),
    /// Build the widget into www/pkg, print its size and check it against the budget
    Dist,
    /// Write what is generated from the proxy: proxy/openapi.json, its types, www/docs/command-line.md and configuration.md
    Openapi(openapi::Args),
    /// Cargo's runner for WebAssembly tests: wasm-bindgen's test runner is part of this binary
    #[command(name = test::RUNNER, hide = true)]
    WasmTestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match run_command(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_command(command: Command) -> Result<()> {
    if let Command::WasmTestRunner { args } = command {
        let name = OsString::from(test::RUNNER);
        return wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::iter::once(name).chain(args));
    }
    let workspace = Workspace::find()?;
    match command {
        Command::Demo(args) => demo::demo(&workspace, &args),
        Command::Test(args) => test::test(&workspace, &args),
        Command::Soak(args) => soak::soak(&workspace, &args),
        Command::Bench(args) => bench::bench(&workspace, &args),
        Command::Dist => dist::dist(&workspace),
        Command::Openapi(args) => openapi::openapi(&workspace, &args),
        Command::WasmTestRunner { .. } => unreachable!("handled above"),
    }
}
