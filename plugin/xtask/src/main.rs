//! `cargo xtask`: everything a person or a machine does with this repository, as one command each.
//!
//! `demo` shows the shop, `test` proves it, `soak` proves it for longer, `dist` builds the widget into `www/pkg`, `openapi` writes down
//! the proxy's routes.
//! Each command installs what it needs (see `setup`) or says in one line what is missing; nothing is ever skipped.
//! This crate is compiled on every fresh machine before anything else happens, so it must stay small.

mod chromium;
mod demo;
mod dist;
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
    /// Run every check, cheap ones first; stops at the first failure
    Test(test::Args),
    /// Longer proofs: a million cases of the model, fuzzing, load. Bounded; they end by themselves
    Soak(soak::Args),
    /// Build the widget into www/pkg, print what it weighs and hold it against the budget
    Dist,
    /// Write proxy/openapi.json, and the types made from it, anew from the proxy's routes
    Openapi(openapi::Args),
    /// What cargo runs WebAssembly tests with; this binary is wasm-bindgen's test runner too
    #[command(name = test::RUNNER, hide = true)]
    WasmTestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match carry_out(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(command: Command) -> Result<()> {
    if let Command::WasmTestRunner { args } = command {
        let name = OsString::from(test::RUNNER);
        return wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::iter::once(name).chain(args));
    }
    let workspace = Workspace::find()?;
    match command {
        Command::Demo(args) => demo::demo(&workspace, &args),
        Command::Test(args) => test::test(&workspace, &args),
        Command::Soak(args) => soak::soak(&workspace, &args),
        Command::Dist => dist::dist(&workspace),
        Command::Openapi(args) => openapi::openapi(&workspace, &args),
        Command::WasmTestRunner { .. } => unreachable!("answered above"),
    }
}
