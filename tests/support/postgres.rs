//! A private PostgreSQL server: in a temporary directory, on a socket in it, gone with the process.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use attempt_ledger::read_store::{PostgresAddress, PostgresModels, PostgresOptions};
use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::processes::{printed, spawn};

/// What the server gives up for speed: it need not survive a power cut, only its own death.
const HASTY: &str = "fsync = off\nfull_page_writes = off\n";

/// The port that names the socket, where nothing else listens.
const PORT: u16 = 5432;

/// On the socket alone.
const LOCAL: &str = "listen_addresses = ''\n";

const SETTINGS: &str = "\
    max_connections = 200\n\
    max_prepared_transactions = 0\n\
    autovacuum = on\n";

/// The server that tests share which do not kill it.
pub fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(Cluster::start)
}

/// One server with a user `ledger` whose password is asked for.
pub struct Cluster {
    directory: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Stops the server and removes the directory as soon as its standard input ends, however this process
    /// ended.
    watcher: Child,
}

impl Cluster {
    /// Makes and starts one that a power cut may damage.
    pub fn start() -> Self {
        Self::start_with(PORT, &format!("{LOCAL}{HASTY}"), "")
    }

    /// Makes and starts one as an administrator would.
    #[allow(dead_code, reason = "the benchmarks use it")]
    pub fn durable() -> Self {
        let settings = format!("{LOCAL}shared_buffers = '1GB'\nmax_wal_size = '4GB'\n");
        Self::start_with(PORT, &settings, "")
    }

    /// Makes and starts one that also listens on 127.0.0.1, there for TLS alone.
    #[allow(dead_code, reason = "one test uses it")]
    pub fn over_tls(port: u16, certificate: &Path, key: &Path) -> Self {
        // The server reads the key as its own user, and insists that nobody else can.
        std::os::unix::fs::chown(key, Some(server_user()), None).unwrap();
        std::fs::set_permissions(key, Permissions::from_mode(0o600)).unwrap();
        for file in [certificate, key] {
            let directory = file.parent().unwrap();
            std::fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
        }
        let settings = format!(
            "{HASTY}listen_addresses = '127.0.0.1'\nssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'\n",
            certificate.display(),
            key.display()
        );
        Self::start_with(port, &settings, "hostssl all all 127.0.0.1/32 scram-sha-256\n")
    }

    fn start_with(port: u16, settings: &str, more_access: &str) -> Self {
        let bin = programs();
        let directory = TempDir::with_prefix("ledger-pg-").unwrap().keep();
        std::os::unix::fs::chown(&directory, Some(server_user()), None).unwrap();
        let data = directory.join("data");
        let run = |program: &str, arguments: &[&str]| {
            printed(as_server(&bin.join(program)).args(arguments));
        };
        let data_text = data.to_str().unwrap();
        run("initdb", &["-D", data_text, "-U", "postgres", "-E", "UTF8", "--locale=C", "-N", "-A", "trust"]);
        let settings = format!(
            "{SETTINGS}{settings}port = {port}\nunix_socket_directories = '{}'\n",
            directory.display()
        );
        append(&data.join("postgresql.conf"), &settings);
        let access = format!("local all postgres trust\nlocal all all scram-sha-256\n{more_access}");
        std::fs::write(data.join("pg_hba.conf"), access).unwrap();
        let mut command = as_server(Path::new("/bin/sh"));
        command.args(["-c", "read line; \"$0\" -D \"$1/data\" -m immediate stop; rm -rf \"$1\""]);
        command.args([bin.join("pg_ctl").as_path(), directory.as_path()]).stdin(Stdio::piped());
        let watcher = spawn(command.stdout(Stdio::null()).stderr(Stdio::null()));
        let cluster = Self { directory, port, databases: AtomicU32::new(0), watcher };
        cluster.go_on();
        cluster.ask("postgres", "CREATE ROLE ledger LOGIN CREATEDB PASSWORD 's3cret'");
        cluster
    }

    /// Starts the server again.
    pub fn go_on(&self) {
        self.control(&["start", "-w", "-l", self.directory.join("log").to_str().unwrap()]);
    }

    /// Kills the server as a crash would: it writes nothing more, and no client is told.
    pub fn kill(&self) {
        self.control(&["stop", "-m", "immediate"]);
    }

    fn control(&self, arguments: &[&str]) {
        let mut command = as_server(&programs().join("pg_ctl"));
        command.args(["-D", self.directory.join("data").to_str().unwrap()]).args(arguments);
        // A server that keeps our pipe would keep us waiting.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = spawn(&mut command).wait().unwrap();
        let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        assert!(status.success(), "pg_ctl {arguments:?}: {log}");
    }

    /// An empty database and its address.
    pub fn database(&self) -> Database<'_> {
        let name = format!("ledger{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.ask("postgres", &format!("CREATE DATABASE {name} OWNER ledger"));
        Database { cluster: self, name }
    }

    /// Runs statements as the superuser. Answers with the first column of the rows.
    pub fn ask(&self, database: &str, sql: &str) -> Vec<String> {
        let address =
            format!("host={} port={} user=postgres dbname={database}", self.directory.display(), self.port);
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (client, connection) = tokio_postgres::connect(&address, NoTls).await.unwrap();
            let moving = tokio::spawn(connection);
            let answers = client.simple_query(sql).await.unwrap();
            drop(client);
            moving.await.unwrap().unwrap();
            let first = |answer: &tokio_postgres::SimpleQueryMessage| match answer {
                tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
                _ => None,
            };
            answers.iter().filter_map(first).collect()
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        self.watcher.wait().unwrap();
    }
}

/// One database of a server.
pub struct Database<'c> {
    cluster: &'c Cluster,
    name: String,
}

impl Database<'_> {
    #[allow(dead_code, reason = "one test uses it")]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address with its password, as a user writes it.
    pub fn url(&self) -> String {
        let socket = self.cluster.directory.to_str().unwrap().replace('/', "%2F");
        format!("postgres://ledger:s3cret@{socket}/{}", self.name)
    }

    pub fn address(&self) -> PostgresAddress {
        self.url().parse().unwrap()
    }

    /// The read models in it.
    pub fn models(&self) -> PostgresModels {
        PostgresModels::open(&self.address(), PostgresOptions::default()).unwrap()
    }

    /// The schema in use.
    pub fn schema(&self) -> String {
        let sql = "SELECT 'ledger_' || lpad(generation::text, 6, '0') FROM ledger.generations \
             WHERE role = 'current'";
        self.ask(sql).remove(0)
    }

    /// Runs statements in it as the superuser.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        self.cluster.ask(&self.name, sql)
    }
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Where the server's programs are.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let releases = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = releases
            .map(|release| release.path().join("bin"))
            .filter(|bin| bin.join("initdb").is_file())
            .collect();
        found.sort();
        found.pop().expect(
            "no PostgreSQL server is installed; run: apt-get install -y --no-install-recommends postgresql",
        )
    })
}

/// The number of the server's user: ours, unless we are root.
fn server_user() -> u32 {
    let own = rustix::process::getuid();
    if !own.is_root() {
        return own.as_raw();
    }
    printed(Command::new("id").args(["-u", "postgres"])).trim().parse().expect("a number")
}

/// A program run as the server's user: it refuses to be run by root.
fn as_server(program: &Path) -> Command {
    let mut command = if rustix::process::getuid().is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // A directory that the user may enter.
    command.current_dir("/");
    command
}
