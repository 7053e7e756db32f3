//! The disk of the SQLite file is full, and has space again. No payment is lost.

use std::path::PathBuf;
use std::process::Command;

use kvitt_wire::State;

use super::{QUICK, asks_to_pay, orders, paid_once, sees};
use crate::shop::{Process, Stage, Stream, eventually, problem, sqlite};

/// How the disk is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Disk {
    /// A small file system, mounted for the proxy only.
    Small,
    /// A limit on the size of every file of the proxy, its log included.
    Limit,
}

const SMALL: &str = r#"mkdir -p "$0" && mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@""#;
/// The signal would end the process. Ignored, the write fails with an error.
const LIMIT: &str = r#"trap '' XFSZ; exec "$@""#;

/// `unshare` with a mount namespace of its own.
fn unshare() -> Command {
    let root = String::from_utf8(Command::new("id").arg("-u").output().unwrap().stdout).unwrap().trim() == "0";
    let mut unshare = Command::new("unshare");
    unshare.args(if root { &["-m"][..] } else { &["-r", "-m"] });
    unshare
}

impl Disk {
    /// A small file system where the machine permits a mount.
    fn real() -> Self {
        let mounts = unshare().args(["sh", "-c", "mount -t tmpfs tmpfs /mnt"]).output();
        if mounts.is_ok_and(|output| output.status.success()) { Self::Small } else { Self::Limit }
    }

    fn starts(self, stage: &Stage) -> Process {
        let folder = stage.files.folder.path().join("disk");
        match self {
            Self::Small => stage.start_by(unshare().args(["sh", "-c", SMALL]).arg(folder)),
            Self::Limit => stage.start_by(Command::new("sh").args(["-c", LIMIT, "sh"])),
        }
    }

    /// The database's folder, as this process sees it.
    fn folder(self, stage: &Stage, proxy: &Process) -> PathBuf {
        let folder = stage.files.folder.path().join("disk");
        match self {
            Self::Small => PathBuf::from(format!("/proc/{}/root{}", proxy.id(), folder.display())),
            Self::Limit => folder,
        }
    }

    fn is_full(self, stage: &Stage, proxy: &Process) {
        let folder = self.folder(stage, proxy);
        match self {
            Self::Small => {
                let full = std::fs::write(folder.join("ballast"), vec![0; 4 << 20]);
                assert_eq!(full.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
            }
            Self::Limit => limit(proxy, &std::fs::metadata(folder.join("kvitt.sqlite-wal")).unwrap().len().to_string()),
        }
    }

    fn has_space(self, stage: &Stage, proxy: &Process) {
        match self {
            Self::Small => std::fs::remove_file(self.folder(stage, proxy).join("ballast")).unwrap(),
            Self::Limit => limit(proxy, "unlimited"),
        }
    }
}

fn limit(proxy: &Process, bytes: &str) {
    let mut prlimit = Command::new("prlimit");
    let status = prlimit.args(["--pid", &proxy.id().to_string(), &format!("--fsize={bytes}:")]).status().unwrap();
    assert!(status.success());
}

async fn is_full_for_a_while(disk: Disk) {
    let place = |folder: &std::path::Path| format!("sqlite:{}", folder.join("disk/kvitt.sqlite").display());
    let mut stage = Stage::set_at(place, QUICK).await;
    let proxy = disk.starts(&stage);
    let order = orders(&proxy.url).await;
    let mut stream = Stream::open_at(&proxy.url, &format!("/v1/checkouts/{}", order.token), None).await;
    assert_eq!(stream.next().await.unwrap().state, State::Created);

    disk.is_full(&stage, &proxy);
    eventually("no space is left", || async {
        let refused = asks_to_pay(&proxy.url).await.unwrap();
        (refused.status() == 503).then_some(refused)
    })
    .await;
    stage.vipps.approves(&order.reference).await;
    eventually("a webhook is refused", || async { (stage.vipps.webhooks_answered(503).await > 0).then_some(()) }).await;
    assert!(stage.vipps.undelivered().await > 0);
    problem(asks_to_pay(&proxy.url).await.unwrap(), 503, "busy").await;
    assert_eq!(stream_state(&mut stream).await, None, "no event before its commit");

    disk.has_space(&stage, &proxy);
    let order = sees(&proxy.url, &order, State::Authorized).await;
    let other = orders(&proxy.url).await;
    stage.vipps.approves(&other.reference).await;
    let other = sees(&proxy.url, &other, State::Authorized).await;
    paid_once(&stage, &[order, other]).await;
    stage.vipps.has_delivered().await;

    // The file at this moment, as the proxy sees it.
    assert!(Command::new("kill").args(["-STOP", &proxy.id().to_string()]).status().unwrap().success());
    let folder = tempfile::tempdir().unwrap();
    for name in ["kvitt.sqlite", "kvitt.sqlite-wal"] {
        std::fs::copy(disk.folder(&stage, &proxy).join(name), folder.path().join(name)).unwrap();
    }
    let copy = folder.path().join("kvitt.sqlite");
    let database = sqlite(&format!("sqlite:{}", copy.display()));
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    drop(proxy);
    stage.vipps.close().await;
}

/// The state of the stream's next snapshot, if there is one now.
async fn stream_state(stream: &mut Stream) -> Option<State> {
    let said = tokio::time::timeout(std::time::Duration::from_millis(100), stream.next()).await;
    said.ok().flatten().map(|checkout| checkout.state)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_webhooks_are_refused_and_sent_again() {
    is_full_for_a_while(Disk::real()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_size_limit_is_handled_like_a_full_disk() {
    is_full_for_a_while(Disk::Limit).await;
}
