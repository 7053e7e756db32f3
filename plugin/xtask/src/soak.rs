//! `cargo xtask soak`: the tests that take too long for every change. Each has a limit and ends by itself.
//!
//! `model` runs a million cases against the core, `fuzz` gives random bytes to the parsers, `load` makes many payments on one proxy. All
//! run on this machine alone. When something is missing that `cargo xtask test` does not need (a nightly compiler, cargo-fuzz), the error
//! names it.

use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::run;
use crate::workspace::Workspace;

/// The arguments of `cargo xtask soak`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which test
    #[arg(value_enum, default_value_t = Soak::All)]
    test: Soak,
    /// Number of cases of the model
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    cases: u32,
    /// Seconds of fuzzing for each target
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u32,
    /// Fuzz only this target; may be repeated
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// Payments per second under load
    #[arg(long, value_name = "N", default_value_t = 200)]
    rate: u32,
    /// Seconds of load
    #[arg(long, value_name = "N", default_value_t = 60)]
    load_seconds: u32,
    /// Open event streams under load
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    streams: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Soak {
    /// The core against a model of Vipps MobilePay, a million cases
    Model,
    /// Each fuzzing target for ten minutes
    Fuzz,
    /// 200 payments per second for a minute, with 5,000 open streams
    Load,
    /// All three
    All,
}

/// Runs one test, or all.
pub(crate) fn soak(workspace: &Workspace, args: &Args) -> Result<()> {
    let chosen = |test| args.test == test || args.test == Soak::All;
    if chosen(Soak::Model) {
        model(workspace, args)?;
    }
    if chosen(Soak::Load) {
        load(workspace, args)?;
    }
    if chosen(Soak::Fuzz) {
        fuzz(workspace, args)?;
    }
    Ok(())
}

fn model(workspace: &Workspace, args: &Args) -> Result<()> {
    println!("\n== model, {} cases", args.cases);
    let mut tests = workspace.cargo(["test", "--package", "kvitt", "--test", "model"]);
    run::run(tests.env("KVITT_MODEL_CASES", args.cases.to_string()))
}

fn load(workspace: &Workspace, args: &Args) -> Result<()> {
    println!("\n== load");
    let mut build = workspace.cargo(["build", "--release", "--package", "kvitt-tests"]);
    run::run(build.args(["--bin", "kvitt-under-test", "--example", "load"]))?;
    let mut load = Command::new(workspace.target("release/examples/load"));
    for (option, value) in [("--rate", args.rate), ("--seconds", args.load_seconds), ("--streams", args.streams)] {
        load.arg(option).arg(value.to_string());
    }
    run::run(load.arg("--proxy").arg(workspace.target("release/kvitt-under-test")))
}

/// The fuzzer stores its corpus in the target folder; it only reads the seeds.
fn fuzz(workspace: &Workspace, args: &Args) -> Result<()> {
    if !run::succeeds(Command::new("cargo").args(["+nightly", "fuzz", "--version"]))? {
        bail!("fuzzing needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`");
    }
    let folder = workspace.path("tests/fuzz");
    let target_folder = workspace.target("fuzz");
    for target in targets(workspace)?.iter().filter(|name| args.target.is_empty() || args.target.contains(name)) {
        println!("\n== fuzz {target}, {} s", args.seconds);
        let corpus = target_folder.join("corpus").join(target);
        std::fs::create_dir_all(&corpus).with_context(|| format!("cannot create {}", corpus.display()))?;
        // Through rustup's proxies, because only they know `+nightly`. Without a sanitizer, because there is no unsafe code.
        let mut fuzz = Command::new("cargo");
        fuzz.args(["+nightly", "fuzz", "run", "--sanitizer", "none", "--fuzz-dir", "."]);
        fuzz.arg("--target-dir").arg(&target_folder).arg(target);
        fuzz.arg(&corpus).arg(folder.join("seeds").join(target));
        fuzz.args(["--", &format!("-max_total_time={}", args.seconds), "-max_len=8192", "-print_final_stats=1"]);
        for variable in ["CARGO", "RUSTUP_TOOLCHAIN"] {
            fuzz.env_remove(variable);
        }
        run::run(fuzz.current_dir(&folder))?;
    }
    Ok(())
}

fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.path("tests/fuzz/seeds");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names =
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}
