//! `cargo xtask dist`: builds `www/pkg`, the files that a browser loads and the npm package.
//!
//! The input is the crate `kvitt-plugin` and its `js` folder. The tools are cargo, wasm-bindgen (a library here), wasm-opt and esbuild
//! (pinned npm packages). plugin/README.md lists the steps in its section Build. Everything is built in cargo's target folder, and only a
//! package within its budget is copied to `www/pkg`. So the files there must always belong to one build.

mod publish;
mod rename;
mod size;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Error, Result};
use kvitt_plugin::text::source;
use serde_json::Value;

use crate::fingerprint::hashed_name;
use crate::run;
use crate::setup::{self, WASM};
use crate::workspace::Workspace;

use self::size::{Row, Size};

/// The features that the compiler uses and Chromium supports. Never `--all-features`: browsers refuse the result.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The standard library is compiled with the widget: small, and without the code that prints a panic. Cargo has this behind a flag that
/// the pinned compiler takes with `RUSTC_BOOTSTRAP`.
const SMALL_STD: [&str; 2] = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
/// A panic ends the program at once.
const ABORT: [&str; 2] = ["-Zunstable-options", "-Cpanic=immediate-abort"];

/// Builds the widget, prints its size, and fails if that exceeds the budget.
pub(crate) fn dist(workspace: &Workspace) -> Result<()> {
    setup::wasm_target()?;
    setup::standard_library()?;
    setup::npm_packages(workspace, setup::BUILD_TOOLS)?;
    let build = Build::new(workspace)?;
    build.bind()?;
    build.shrink()?;
    let package = build.package()?;
    package.compress()?;
    package.check_size(&build)?;
    publish::publish(&package.folder, &workspace.path("www/pkg"))
}

/// A build in a folder of its own, which is empty at the start.
struct Build<'a> {
    workspace: &'a Workspace,
    scratch: PathBuf,
}

impl<'a> Build<'a> {
    fn new(workspace: &'a Workspace) -> Result<Self> {
        let scratch = workspace.target("widget");
        if scratch.exists() {
            fs::remove_dir_all(&scratch).with_context(|| format!("cannot empty {}", scratch.display()))?;
        }
        fs::create_dir_all(scratch.join("pkg")).with_context(|| format!("cannot create {}", scratch.display()))?;
        Ok(Self { workspace, scratch })
    }

    /// Compiler flags that remove the paths of this machine from panic messages, so that the hash is the same on every machine.
    fn remapped(&self) -> Result<String> {
        let home = std::env::home_dir().context("cannot find the home folder")?;
        let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
        let flags = [(cargo, "cargo"), (self.workspace.path(""), "kvitt")].map(|(path, name)| {
            format!("--remap-path-prefix={}={name}", path.display().to_string().trim_end_matches('/'))
        });
        let flags = flags.into_iter().chain(ABORT.map(String::from)).collect::<Vec<_>>();
        serde_json::to_string(&flags).context("cannot write the flags as JSON")
    }

    /// Compiles the crate and lets wasm-bindgen split the result into `glue.js` and `glue_bg.wasm`.
    fn bind(&self) -> Result<()> {
        let arguments = ["build", "--package", "kvitt-plugin", "--profile", "wasm", "--target", WASM];
        let mut build = self.workspace.cargo(arguments);
        build.args(SMALL_STD).env("RUSTC_BOOTSTRAP", "1");
        run::run(build.arg("--config").arg(format!("target.{WASM}.rustflags={}", self.remapped()?)))?;
        let compiled = self.workspace.target(format!("{WASM}/wasm/kvitt_plugin.wasm"));
        let arguments = [
            OsStr::new("wasm-bindgen"),
            compiled.as_os_str(),
            OsStr::new("--target=web"),
            OsStr::new("--out-dir"),
            self.scratch.as_os_str(),
            OsStr::new("--out-name=glue"),
            OsStr::new("--no-typescript"),
            OsStr::new("--omit-default-module-path"),
            OsStr::new("--remove-name-section"),
            OsStr::new("--remove-producers-section"),
        ];
        wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments).context("wasm-bindgen failed")
    }

    /// Optimises the module, then gives its imports and exports short names, in the module and in the glue code.
    fn shrink(&self) -> Result<()> {
        let optimised = self.scratch.join("optimised.wasm");
        let options = [
            // No data is in the first kilobyte.
            "--low-memory-unused",
            "--flatten",
            "--rereloop",
            "-Oz",
            "-Oz",
            "--converge",
            // A large function that is called once compresses better where it is.
            "--one-caller-inline-max-function-size=20",
            "--strip-target-features",
            "--strip-producers",
        ];
        self.wasm_opt(&self.scratch.join("glue_bg.wasm"), &optimised, &options)?;
        let options = ["--minify-imports-and-exports-and-modules"];
        let names = self.wasm_opt(&optimised, &self.scratch.join("kvitt.wasm"), &options)?;
        let names: Value = serde_json::from_str(&names).context("cannot read the names that wasm-opt printed")?;
        let glue = self.scratch.join("glue.js");
        let text = fs::read_to_string(&glue).context("wasm-bindgen wrote no glue.js")?;
        fs::write(&glue, rename::rename(&text, &names)?).context("cannot write glue.js")
    }

    fn wasm_opt(&self, from: &Path, to: &Path, options: &[&str]) -> Result<String> {
        let mut wasm_opt = Command::new(setup::npm_tool(self.workspace, setup::BUILD_TOOLS, "wasm-opt"));
        run::output(wasm_opt.arg(from).arg("-o").arg(to).args(WASM_FEATURES).args(options))
    }

    /// Writes the texts of each language as a script. Returns the tag and the file name of each.
    fn words(&self, folder: &Path) -> Result<Vec<(&'static str, String)>> {
        let module = |language| {
            let file = source::file(language).map_err(Error::msg)?;
            let script = format!("export default {};\n", serde_json::to_string(&file)?);
            let name = format!("words-{}.js", language.tag());
            fs::write(self.scratch.join(&name), script).with_context(|| format!("cannot write {name}"))?;
            Ok((language.tag(), put_hashed(folder, &name, &self.scratch.join(&name))?))
        };
        source::LANGUAGES.into_iter().map(module).collect()
    }

    /// Bundles the scripts, each with the names of the files that it loads, and copies everything into one folder.
    fn package(&self) -> Result<Package> {
        let folder = self.scratch.join("pkg");
        let wasm = put_hashed(&folder, "kvitt.wasm", &self.scratch.join("kvitt.wasm"))?;
        let words = self.words(&folder)?;

        self.esbuild("css", ["src/theme.css", "js/button.css"], ["--outbase=.".into()])?;
        let css = |name: &str| self.scratch.join("css").join(name);
        let app = [alias("kvitt-glue", &self.scratch.join("glue.js")), alias("kvitt-theme", &css("src/theme.css"))];
        self.esbuild("app", ["js/app.js"], [BUNDLE.map(String::from).as_slice(), &app].concat())?;
        let app = put_hashed(&folder, "app.js", &self.scratch.join("app/app.js"))?;

        let bytes = [alias("kvitt-wasm", &folder.join(&wasm)), "--loader:.wasm=binary".into()];
        self.esbuild("bytes", ["js/bytes.js"], [BUNDLE.map(String::from).as_slice(), &bytes].concat())?;
        let bytes = put_hashed(&folder, "bytes.js", &self.scratch.join("bytes/bytes.js"))?;

        self.esbuild("trouble", ["js/trouble.js"], BUNDLE.map(String::from))?;
        let trouble = put_hashed(&folder, "trouble.js", &self.scratch.join("trouble/trouble.js"))?;

        let mut shell = vec![alias("kvitt-button", &css("js/button.css"))];
        shell.extend(["app", "bytes", "trouble", "words"].map(|name| format!("--external:./{name}-*.js")));
        let loaded = [("APP_FILE", &app), ("BYTES_FILE", &bytes), ("TROUBLE_FILE", &trouble), ("WASM_FILE", &wasm)];
        shell.extend(loaded.map(|(name, file)| define(name, file)));
        shell.extend(words.iter().map(|(tag, name)| define(&format!("WORDS_{}", tag.to_uppercase()), name)));
        for (entry, home) in [("js/kvitt.js", "js/tag.js"), ("js/index.js", "js/npm.js")] {
            let home = [alias("kvitt-home", &self.workspace.path("plugin").join(home))];
            self.esbuild("pkg", [entry], [BUNDLE.map(String::from).as_slice(), &shell, &home].concat())?;
        }
        // The same under a name of its own, for pages that pin the release by its hash.
        put_hashed(&folder, concat!("kvitt-", env!("CARGO_PKG_VERSION"), ".js"), &folder.join("kvitt.js"))?;
        for file in COPIED {
            let from = self.workspace.path("plugin").join(file);
            let name = from.file_name().expect("each is a file");
            fs::copy(&from, folder.join(name)).with_context(|| format!("cannot copy {}", from.display()))?;
        }
        Ok(Package { folder, app, wasm, words })
    }

    /// Runs esbuild in the plugin's folder; the output goes to a folder of this build.
    fn esbuild<const N: usize>(
        &self,
        into: &str,
        entries: [&str; N],
        options: impl IntoIterator<Item = String>,
    ) -> Result<()> {
        let mut esbuild = Command::new(setup::npm_tool(self.workspace, setup::BUILD_TOOLS, "esbuild"));
        esbuild.args(entries).args(["--minify", "--log-level=warning"]).args(options);
        esbuild.arg(format!("--outdir={}", self.scratch.join(into).display()));
        run::run(esbuild.current_dir(self.workspace.path("plugin")))
    }
}

/// The files of the package that are copied unchanged, below `plugin`.
const COPIED: [&str; 9] = [
    "js/define.js",
    "js/react.js",
    "js/index.d.ts",
    "js/define.d.ts",
    "js/react.d.ts",
    "js/custom-elements.json",
    "package.json",
    "README.md",
    "../LICENSE",
];

/// esbuild's options for a script.
const BUNDLE: [&str; 5] = ["--bundle", "--format=esm", "--target=es2022", "--charset=utf8", "--loader:.css=text"];

fn alias(name: &str, path: &Path) -> String {
    format!("--alias:{name}={}", path.display())
}

/// Replaces a name in capitals by the path of a file beside the script.
fn define(name: &str, file: &str) -> String {
    format!("--define:{name}=\"./{file}\"")
}

/// Copies a file under a name with its hash, and returns that name.
fn put_hashed(folder: &Path, name: &str, from: &Path) -> Result<String> {
    let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    let name = hashed_name(name, &content);
    fs::write(folder.join(&name), content).with_context(|| format!("cannot write {name}"))?;
    Ok(name)
}

/// The finished files, and the names with a hash.
struct Package {
    folder: PathBuf,
    app: String,
    wasm: String,
    /// The tag of each language and the name of its file.
    words: Vec<(&'static str, String)>,
}

impl Package {
    /// Writes a `.br` and a `.gz` file beside every file that a server sends.
    fn compress(&self) -> Result<()> {
        for file in publish::files(&self.folder)? {
            if matches!(file.extension().and_then(OsStr::to_str), Some("js" | "wasm")) {
                let content = fs::read(&file)?;
                for (end, compressed) in [("br", size::brotli(&content)?), ("gz", size::gzip(&content)?)] {
                    let name = file.with_added_extension(end);
                    fs::write(&name, compressed).with_context(|| format!("cannot write {}", name.display()))?;
                }
            }
        }
        Ok(())
    }

    /// Prints the sizes and checks them against the budget.
    fn check_size(&self, build: &Build<'_>) -> Result<()> {
        let size = |folder: &Path, name: &str| Size::of(&fs::read(folder.join(name))?);
        let mut languages = Vec::new();
        for (tag, name) in &self.words {
            languages.push((*tag, size(&self.folder, name)?));
        }
        let largest = languages.iter().map(|(_, size)| *size).max_by_key(Size::brotli).unwrap_or_default();
        let mut rows = vec![
            Row::new("shell", size(&self.folder, "kvitt.js")?),
            Row::within("its CSS", size(&build.scratch, "css/js/button.css")?),
            Row::new("glue + CSS", size(&self.folder, &self.app)?),
            Row::within("its CSS", size(&build.scratch, "css/src/theme.css")?),
            Row::new("wasm", size(&self.folder, &self.wasm)?),
            Row::new("words", largest),
        ];
        rows.extend(languages.into_iter().map(|(tag, size)| Row::within(tag, size)));
        size::report(&rows)
    }
}
