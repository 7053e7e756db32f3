//! Commands of the binary, run beside the proxy.

use std::process::Command;

use serde_json::Value;

use super::Shop;

/// The result of a command.
#[derive(Debug)]
pub(crate) struct CommandResult {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl CommandResult {
    /// Its standard output, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Checks that it succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

impl Shop {
    /// Runs a command of the binary on the shop's configuration.
    pub(crate) async fn runs(&self, arguments: &[&str]) -> CommandResult {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
        command.args(arguments).arg("--config").arg(&self.files.config);
        // On a thread that the shop's proxy does not need.
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        CommandResult { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}
