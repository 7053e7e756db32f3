//! The database of the scenarios: SQLite, or PostgreSQL with `STORE_UNDER_TEST=postgres`. (The proxy refuses unknown variables that begin
//! with `KVITT_`.)
//!
//! The installed PostgreSQL is started in a temporary folder for the first scenario that needs it, on a socket in that folder. Each shop has
//! its own database in it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::TIMEOUT;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    /// The database of this run.
    pub(crate) fn chosen() -> Self {
        match std::env::var("STORE_UNDER_TEST").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("STORE_UNDER_TEST is {other}, which is neither sqlite nor postgres"),
        }
    }

    /// The URL of a new, empty database. A SQLite file is in `folder`.
    pub(crate) fn make(self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite:{}", folder.join("kvitt.sqlite").display()),
            Self::Postgres => {
                static SERVER: OnceLock<Server> = OnceLock::new();
                SERVER.get_or_init(|| Server::start_with("synchronous_commit=off")).database()
            }
        }
    }
}

/// A PostgreSQL server. It belongs to a shell at the other end of a pipe: when this process ends in any way, the shell stops the server and
/// removes its folder.
pub(crate) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    made: AtomicU32,
    shell: Child,
    says: BufReader<ChildStdout>,
}

/// The data need not survive the tests, so nothing is synced to disk, and hundreds of small databases need no vacuum. Ctrl-C is for the tests,
/// and the shell notices their end.
const SHELL: &str = r#"
trap '' INT TERM HUP
programs=$1 folder=$2
shift 2
cd "$folder" && "$programs/initdb" -D data -U kvitt -A trust --no-sync >log 2>&1 || { cat log; exit 1; }
start() {
    "$programs/postgres" -D data -k "$folder" -c listen_addresses= -c fsync=off -c autovacuum=off -c max_connections=400 "$@" >>log 2>&1 &
    until "$programs/pg_isready" -q -h "$folder"; do kill -0 $! || { cat log; exit 1; }; sleep 0.05; done
}
crash() { kill -QUIT $!; wait $!; }
start "$@"
echo done
while read -r order; do "$order" "$@"; echo done; done
crash
rm -rf "$folder"
"#;

impl Server {
    /// Starts a server that keeps every commit when it crashes.
    pub(crate) fn start() -> Self {
        Self::start_with("synchronous_commit=on")
    }

    fn start_with(option: &str) -> Self {
        let programs = programs().expect("no PostgreSQL here: install it (on Debian: apt-get install postgresql)");
        let folder = tempfile::Builder::new().prefix("kvitt-postgres-").tempdir().unwrap().keep();
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "sh"]).args([&programs, &folder]).args(["-c", option]).env("LC_ALL", "C");
        if std::fs::metadata(&folder).unwrap().uid() == 0 {
            // PostgreSQL does not run as root.
            let (user, group) = (id("-u"), id("-g"));
            chown(&folder, Some(user), Some(group)).unwrap();
            shell.uid(user).gid(group);
        }
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let says = BufReader::new(shell.stdout.take().unwrap());
        let mut server = Self { programs, folder, made: AtomicU32::new(0), shell, says };
        server.is_done();
        server
    }

    /// Kills all its processes, and with them every connection.
    pub(crate) fn crashes(&mut self) {
        self.sends("crash");
    }

    /// Restarts it. It recovers by itself.
    pub(crate) fn starts(&mut self) {
        self.sends("start");
    }

    fn sends(&mut self, order: &str) {
        writeln!(self.shell.stdin.as_mut().unwrap(), "{order}").unwrap();
        self.is_done();
    }

    fn is_done(&mut self) {
        let mut said = String::new();
        while !said.ends_with("done\n") {
            assert_ne!(self.says.read_line(&mut said).unwrap(), 0, "PostgreSQL did not start: {said}");
        }
    }

    /// Creates a database on it.
    pub(crate) fn database(&self) -> String {
        let name = format!("shop_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let host = self.folder.display().to_string();
        let mut createdb = Command::new(self.programs.join("createdb"));
        let output = createdb.args(["-h", &host, "-U", "kvitt", &name]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        format!("postgres:///{name}?host={host}&user=kvitt")
    }
}

/// The folder of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.and_then(|output| String::from_utf8(output.stdout).ok());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    std::env::split_paths(&path)
        .chain(configured.map(|folder| PathBuf::from(folder.trim())))
        .chain(versions.into_iter().rev())
        .find(|folder| ["initdb", "postgres", "pg_isready", "createdb"].iter().all(|name| folder.join(name).is_file()))
}

/// An id of the user `nobody`.
fn id(which: &str) -> u32 {
    let output = Command::new("id").args([which, "nobody"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Runs SQL behind the store's back. It is not logged: it may contain what no proxy may log.
pub(crate) async fn execute(url: &str, sql: &'static str) {
    if url.starts_with("sqlite:") {
        sqlite(url).execute_batch(sql).unwrap();
    } else {
        let options = PgConnectOptions::from_str(url).unwrap().disable_statement_logging();
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// Opens an SQLite file behind the store's back; a missing one is created.
pub(crate) fn sqlite(url: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(url.strip_prefix("sqlite:").unwrap()).unwrap();
    connection.busy_timeout(TIMEOUT).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

/// The whole content of a database: the bytes of its files, or the rows of its tables.
pub(crate) async fn dump(url: &str) -> String {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let read = |end: &str| std::fs::read(format!("{path}{end}")).unwrap_or_default();
        return String::from_utf8_lossy(&[read(""), read("-wal")].concat()).into_owned();
    }
    let mut connection = PgConnection::connect(url).await.unwrap();
    let tables = "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'";
    let mut text = String::new();
    for table in sqlx::query(tables).fetch_all(&mut connection).await.unwrap() {
        let rows = format!("SELECT t::text AS row FROM {} AS t", table.get::<&str, _>("name"));
        for row in sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap() {
            text.push_str(row.get("row"));
        }
    }
    connection.close().await.unwrap();
    text
}
