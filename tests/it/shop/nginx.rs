//! nginx in front of a proxy, with its defaults.

use std::process::{Child, Command, Stdio};

use super::{HeldAddress, eventually, http};

/// A running nginx, stopped when dropped.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) url: String,
    _address: HeldAddress,
    _folder: tempfile::TempDir,
}

impl Nginx {
    /// Starts one with this `location`.
    pub(crate) async fn start(location: &str) -> Self {
        let address = HeldAddress::new();
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display();
        // Everything that is not about paths of files is left as it comes.
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
            .concat();
        let config = format!(
            "daemon off;\npid {here}/pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}server {{\nlisten {address};\n{location}\n}}\n}}\n"
        );
        std::fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(folder.path()).args(["-e", "stderr", "-c", "nginx.conf"]).env("PATH", with_sbin());
        let child = nginx.stdin(Stdio::null()).spawn().expect("nginx is installed: `cargo xtask test --only set-up`");
        let url = format!("http://{address}");
        eventually("nginx listens", || async { http().get(&url).send().await.ok() }).await;
        Self { child, url, _address: address, _folder: folder }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Debian has nginx where only root looks.
fn with_sbin() -> String {
    format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default())
}
