//! `cargo xtask test`: every check of the repository.
//!
//! A step is a name, a line of help and a function. Each step installs what it needs, so it can run alone. In a full run, steps that do not
//! wait for each other run side by side (see `side_by_side`), and `set-up` installs everything at the beginning, so that something missing
//! fails at once and not after ten minutes. No step may ever be skipped.

mod side_by_side;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::chromium::Chromium;
use crate::engines::Engines;
use crate::setup::{self, WASM};
use crate::workspace::{PROXY, TOOLS, Workspace};
use crate::{dist, licences, openapi, run};

/// The subcommand with which cargo starts this binary as the runner of WebAssembly tests.
pub(crate) const RUNNER: &str = "wasm-test-runner";

/// The arguments of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only this step; may be repeated, and the steps run one after the other
    #[arg(long, value_name = "STEP", value_enum)]
    only: Vec<Step>,
}

// In the order in which they run one after the other. The comment above a step is its line in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Find or install everything that the other steps need
    SetUp,
    /// Formatting (rustfmt)
    Fmt,
    /// Licences and sources of crates and npm packages
    Licences,
    /// Compile the proxy and the tests
    Build,
    /// Clippy for this machine; warnings are errors
    Clippy,
    /// Clippy for WebAssembly; warnings are errors
    ClippyWasm,
    /// Unit, property, scenario and doc tests
    Native,
    /// The scenarios again, on PostgreSQL
    Postgres,
    /// The widget's tests in headless Chromium
    Wasm,
    /// Build the widget and check it against its size budget
    Dist,
    /// Compare proxy/openapi.json, and the types generated from it, with the proxy's routes, and validate it
    Openapi,
    /// End-to-end tests in real browsers
    Browser,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The steps that must have passed before.
    const fn needs(self) -> &'static [Self] {
        match self {
            Self::SetUp | Self::Build => &[],
            Self::Fmt | Self::Licences | Self::Clippy | Self::ClippyWasm | Self::Wasm | Self::Dist => &[Self::SetUp],
            Self::Native | Self::Postgres | Self::Openapi => &[Self::SetUp, Self::Build],
            Self::Browser => &[Self::SetUp, Self::Build, Self::Dist],
        }
    }

    /// The steps that must have ended before, well or not. Cargo compiles for one of them at a time. The tests begin when all is compiled:
    /// most of their time they wait for timers, which they do side by side, and next to a compiler they would wait for the processor.
    const fn follows(self) -> &'static [Self] {
        match self {
            Self::SetUp | Self::Fmt | Self::Licences | Self::Build | Self::Dist => &[],
            Self::Clippy => &[Self::Build],
            Self::ClippyWasm => &[Self::Clippy],
            Self::Native | Self::Wasm | Self::Openapi | Self::Browser => &[Self::ClippyWasm, Self::Dist],
            // Both databases and three browsers at once are more than two processors can do in a scenario's time.
            Self::Postgres => &[Self::Native],
        }
    }

    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::SetUp => set_up(workspace),
            Self::Fmt => {
                setup::components(workspace)?;
                run::run(&mut workspace.cargo(["fmt", "--all", "--check"]))
            }
            Self::Licences => licences::check(workspace),
            Self::Build => {
                workspace.build_kvitt_with_tests()?;
                run::run(workspace.cargo(["test", "--no-run"]).args(TOOLS))
            }
            Self::Clippy => clippy(workspace),
            Self::ClippyWasm => clippy_wasm(workspace),
            Self::Native => native(workspace),
            Self::Postgres => postgres(workspace),
            Self::Wasm => wasm(workspace),
            Self::Dist => dist::dist(workspace),
            Self::Openapi => {
                openapi::check(workspace, &workspace.build_kvitt_with_tests()?)?;
                openapi::validate(workspace)
            }
            Self::Browser => browser(workspace),
        }
    }
}

/// Runs every step, or the chosen ones, and prints how long each took.
pub(crate) fn test(workspace: &Workspace, args: &Args) -> Result<()> {
    if args.only.is_empty() {
        return side_by_side::run_all(workspace);
    }
    let mut times = Vec::new();
    let start = Instant::now();
    for step in Step::value_variants().iter().filter(|step| args.only.contains(step)) {
        println!("\n== {}", step.name());
        let begun = Instant::now();
        step.run(workspace).with_context(|| format!("{} failed", step.name()))?;
        times.push((step.name(), begun.elapsed()));
    }
    print_times(&times, start.elapsed());
    Ok(())
}

fn print_times(times: &[(String, Duration)], total: Duration) {
    println!();
    for (name, time) in times {
        println!("{name:<12} {:>7.1} s", time.as_secs_f64());
    }
    println!("{:<12} {:>7.1} s", "total", total.as_secs_f64());
}

fn set_up(workspace: &Workspace) -> Result<()> {
    setup::wasm_target()?;
    setup::components(workspace)?;
    setup::npm_packages(workspace, setup::BUILD_TOOLS)?;
    setup::npm_packages(workspace, setup::BROWSER_TOOLS)?;
    sample_apps(workspace)?;
    setup::python(workspace)?;
    setup::postgres()?;
    setup::nginx()?;
    let chromium = Chromium::find_or_install()?;
    Engines::find_or_install()?;
    println!("everything is installed; the browser is {}", chromium.browser.display());
    Ok(())
}

fn sample_apps(workspace: &Workspace) -> Result<()> {
    setup::apps(workspace)?.iter().try_for_each(|app| setup::npm_packages(workspace, app))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    setup::components(workspace)?;
    let check =
        |selection: &[&str]| run::run(workspace.cargo(["clippy"]).args(selection).args(["--", "-D", "warnings"]));
    check(&[&PROXY[..], &["--all-targets"]].concat())?;
    check(&[&TOOLS[..], &["--all-targets"]].concat())?;
    // With the others the proxy has the features that the tests need; this is the proxy that is shipped.
    check(&["--package", "kvitt"])
}

fn clippy_wasm(workspace: &Workspace) -> Result<()> {
    setup::wasm_target()?;
    setup::components(workspace)?;
    let crates = ["--package", "kvitt-plugin", "--package", "kvitt-wire", "--target", WASM];
    let mut clippy = workspace.cargo(["clippy", "--all-targets"]);
    run::run(clippy.args(crates).args(["--", "-D", "warnings"]))
}

fn native(workspace: &Workspace) -> Result<()> {
    setup::postgres()?;
    setup::nginx()?;
    run::run(workspace.cargo(["test", "--no-fail-fast"]).args(TOOLS))?;
    run::run(wait_together(workspace.cargo(["test", "--no-fail-fast"]).args(PROXY)))
}

/// Modules of the scenarios that need no second run: they use no database, or name the one that they are about.
const PROVEN_ALREADY: &[&str] = &[
    "config::",
    "deploy::",
    "docs::",
    "documents::",
    "files::",
    "migrations::",
    "outages::database::",
    "outages::disk::",
    "outages::failover::",
    "outages::proxy::",
    "proxies::",
    "seeds::",
    "shop::log::",
    "store::",
    "tidy::",
];

/// The native tests run the scenarios on SQLite; this runs them on PostgreSQL.
fn postgres(workspace: &Workspace) -> Result<()> {
    setup::postgres()?;
    setup::nginx()?;
    let mut scenarios = Command::new(workspace.build_scenarios()?);
    scenarios.args(PROVEN_ALREADY.iter().flat_map(|module| ["--skip", module])).current_dir(workspace.path("tests"));
    run::run(wait_together(&mut scenarios).env("STORE_UNDER_TEST", "postgres"))
}

/// Two scenarios a core at a time, unless the environment says otherwise: most of their time they wait for a proxy's timers.
fn wait_together(tests: &mut Command) -> &mut Command {
    const THREADS: &str = "RUST_TEST_THREADS";
    match env::var_os(THREADS) {
        Some(_) => tests,
        None => tests.env(THREADS, (2 * cores()).to_string()),
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// This binary is the runner, so no tool has to be installed, and its version is that of wasm-bindgen in Cargo.lock.
fn wasm(workspace: &Workspace) -> Result<()> {
    setup::wasm_target()?;
    let this = env::current_exe().context("cannot find the path of this program")?;
    let runner =
        serde_json::to_string(&[this.to_string_lossy().as_ref(), RUNNER]).context("cannot write the path as JSON")?;
    let mut tests = workspace.cargo(["test", "--package", "kvitt-plugin", "--target", WASM, "--test", "*"]);
    tests.arg("--config").arg(format!("target.{WASM}.runner={runner}"));
    Chromium::find_or_install()?.drive(workspace, &mut tests)?;
    run::run(&mut tests)
}

/// Tests the widget in `www/pkg`, which `dist` has built.
fn browser(workspace: &Workspace) -> Result<()> {
    setup::npm_packages(workspace, setup::BROWSER_TOOLS)?;
    sample_apps(workspace)?;
    setup::nginx()?;
    let python = setup::python(workspace)?;
    let chromium = Chromium::find_or_install()?;
    let engines = Engines::find_or_install()?;
    if !workspace.path("www/pkg/kvitt.js").is_file() {
        bail!("the widget is not built: run `cargo xtask dist` first");
    }
    let kvitt = workspace.build_kvitt_with_tests()?;
    let mut node = Command::new("node");
    // Each file has its own proxy and its own browser. Node's default leaves a core out.
    node.arg("--test").arg(format!("--test-concurrency={}", cores())).args(browser_tests(workspace)?);
    node.current_dir(workspace.path(""))
        .env("KVITT_BIN", kvitt)
        .env("CHROMIUM", chromium.browser)
        .env("PYTHON", python);
    run::run(engines.name_to(&mut node))
}

/// The test files one by one: node versions differ in how they treat a folder.
fn browser_tests(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let folder = workspace.path("tests/browser");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    if files.is_empty() {
        bail!("{} has no tests", folder.display());
    }
    Ok(files)
}
