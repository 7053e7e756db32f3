//! The proxy as a process, which can be killed and restarted.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kvitt_emulator::Emulator;
use kvitt_vipps::EventName;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use super::{Database, Files, HeldAddress, Vipps, eventually, log, other_secret, quick};

/// A proxy process, killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
    log: PathBuf,
}

impl Process {
    /// Sends SIGKILL. Returns its log.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log()
    }

    /// Sends SIGTERM, and waits until it has stopped. Returns its log.
    pub(crate) async fn ends(mut self) -> String {
        self.gets_sigterm();
        let end = eventually("the proxy stops", || std::future::ready(self.child.try_wait().unwrap())).await;
        assert!(end.success(), "{end}");
        self.log()
    }

    /// Sends SIGTERM.
    pub(crate) fn gets_sigterm(&self) {
        assert!(Command::new("kill").arg(self.id().to_string()).status().unwrap().success());
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_died(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            log::is_clean(&std::fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// An emulator, and the files of a proxy that can be restarted at the same address, which is that of its webhook.
pub(crate) struct Stage {
    pub(crate) vipps: Vipps,
    pub(crate) files: Files,
    address: HeldAddress,
    /// Whether webhooks are registered by hand, and the proxy gets the secret by its environment.
    by_hand: bool,
}

impl Stage {
    pub(crate) async fn set(database: Database) -> Self {
        // A claim lasts five timeouts: short enough for another proxy to take over within a test.
        Self::set_with(database, "polling.first_ms = 200\nvipps.timeout_ms = 500").await
    }

    /// With some options of its own.
    pub(crate) async fn set_with(database: Database, extra: &str) -> Self {
        Self::set_at(|folder| database.make(folder), extra).await
    }

    /// With the database at the URL that `make` says, given the shop's folder.
    pub(crate) async fn set_at(make: impl FnOnce(&Path) -> String, extra: &str) -> Self {
        let emulator = Emulator::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), quick()).unwrap();
        let address = HeldAddress::new();
        let files = Files::with(make, &format!("http://{address}"), emulator.url(), extra);
        let config = kvitt::config::Config::load(Some(&files.config), []).unwrap();
        let client = super::vipps_client(&config);
        let url = config.webhook.url(&config.sales_units[0]);
        let secret = match config.webhook.repair {
            // The proxy process opens its own handle.
            true => other_secret(),
            false => client.register_webhook(&url, &EventName::ALL).await.unwrap().secret,
        };
        Self { vipps: Vipps::new(emulator, client, secret), files, address, by_hand: !config.webhook.repair }
    }

    /// Creates a shop key beside the running proxy.
    pub(crate) async fn key(&self, name: &str) -> String {
        self.files.key(name, kvitt_wire::Role::All, None).await
    }

    /// The proxy's URL, whether it runs or not.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the proxy that receives the webhooks, and waits until it listens.
    pub(crate) fn start(&self) -> Process {
        self.start_at(&self.address.to_string())
    }

    /// Starts it by a wrapper, which executes the rest of its command line.
    pub(crate) fn start_by(&self, wrapper: &mut Command) -> Process {
        let proxy = wrapper.arg(env!("CARGO_BIN_EXE_kvitt-under-test"));
        self.run(proxy.arg("serve").arg("--config").arg(&self.files.config), &self.address.to_string())
    }

    /// Starts the proxy with an injected failure.
    pub(crate) fn start_mortal(&self, args: &[String]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvitt-mortal"));
        self.run(command.arg("--config").arg(&self.files.config).args(args), &self.address.to_string())
    }

    /// Starts another proxy beside it.
    pub(crate) fn start_beside(&self) -> Process {
        self.start_at("127.0.0.1:0")
    }

    fn start_at(&self, listen: &str) -> Process {
        self.run(&mut self.command(&["serve"]), listen)
    }

    /// A command of the binary on these files.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
        command.args(arguments).arg("--config").arg(&self.files.config);
        self.set_secret(&mut command);
        command
    }

    fn set_secret(&self, command: &mut Command) {
        if self.by_hand {
            command.env("KVITT_SALES_UNIT__NO__WEBHOOK_SECRET", self.vipps.secret.expose_secret());
        }
    }

    fn run(&self, command: &mut Command, listen: &str) -> Process {
        // A file, because nothing would drain a pipe while it runs.
        let (log, path) = tempfile::NamedTempFile::new_in(self.files.folder.path()).unwrap().keep().unwrap();
        self.set_secret(command);
        let mut child =
            command.env("KVITT_LISTEN", listen).stdout(Stdio::piped()).stderr(Stdio::from(log)).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("it does not listen: {}", std::fs::read_to_string(&path).unwrap()));
        Process { child, url, log: path }
    }
}
