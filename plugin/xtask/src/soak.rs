//! `cargo xtask soak`: the proofs that take longer than anybody waits for with every change. Each is bounded and ends by itself.
//!
//! `model` asks the core a million cases, `fuzz` gives the parsers bytes that nobody wrote, `load` pays on one proxy at once. All run on
//! this machine alone. What they need beyond `cargo xtask test` (a nightly compiler, cargo-fuzz) is named when it is missing.

use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::run;
use crate::workspace::Workspace;

/// How `cargo xtask soak` was called.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which proof
    #[arg(value_enum, default_value_t = Proof::All)]
    proof: Proof,
    /// Cases of the model
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    cases: u32,
    /// Seconds of fuzzing, for each target
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u32,
    /// Only this fuzzing target; may be repeated
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// Payments a second under load
    #[arg(long, value_name = "N", default_value_t = 200)]
    rate: u32,
    /// Seconds of load
    #[arg(long, value_name = "N", default_value_t = 60)]
    load_seconds: u32,
    /// Streams that stay open under load
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    streams: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Proof {
    /// The core against a model of Vipps MobilePay, a million cases
    Model,
    /// Each fuzzing target for ten minutes
    Fuzz,
    /// 200 payments a second for a minute, with 5,000 open streams
    Load,
    /// All three
    All,
}

/// Runs one proof, or all.
pub(crate) fn soak(workspace: &Workspace, args: &Args) -> Result<()> {
    let chosen = |proof| args.proof == proof || args.proof == Proof::All;
    if chosen(Proof::Model) {
        model(workspace, args)?;
    }
    if chosen(Proof::Load) {
        load(workspace, args)?;
    }
    if chosen(Proof::Fuzz) {
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

/// What the fuzzer learns stays in the target folder; the seeds are read only.
fn fuzz(workspace: &Workspace, args: &Args) -> Result<()> {
    if !run::succeeds(Command::new("cargo").args(["+nightly", "fuzz", "--version"]))? {
        bail!("fuzzing wants `rustup toolchain install nightly` and `cargo install cargo-fuzz`");
    }
    let folder = workspace.path("tests/fuzz");
    let target_folder = workspace.target("fuzz");
    for target in targets(workspace)?.iter().filter(|name| args.target.is_empty() || args.target.contains(name)) {
        println!("\n== fuzz {target}, {} s", args.seconds);
        let corpus = target_folder.join("corpus").join(target);
        std::fs::create_dir_all(&corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
        // Through the shims, since only they know `+nightly`. Without a sanitizer: there is no unsafe code to watch.
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
