//! What an operator types beside the running proxy.

use std::process::Command;

use serde_json::Value;

use super::Shop;

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// What it printed, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// That it ended well.
    #[track_caller]
    pub(crate) fn ended_well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

impl Shop {
    /// Runs a command of the binary on the shop's configuration.
    pub(crate) async fn runs(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
        command.args(arguments).arg("--config").arg(&self.files.config);
        // Not on a thread that the shop's proxy needs.
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}
