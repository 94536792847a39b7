//! A PgBouncer between a test and its database, in transaction mode.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::PgConnectOptions;

use super::PgDatabase;
use crate::server;

/// A [PgBouncer](https://www.pgbouncer.org) in transaction mode before the application's role of one database: each transaction
/// may get another connection of the server's. It ends when it is dropped.
///
/// The machine's own binary is used, from `PGBOUNCER_BIN`, `PATH` or `/usr/sbin`.
///
/// ```no_run
/// # use tenancy_testkit::pg::{PgBouncer, PgDatabase};
/// # fn run(database: &PgDatabase) -> Result<(), String> {
/// let Some(pooler) = PgBouncer::or_skip("a name for the skip line", database, 5)? else { return Ok(()) };
/// assert!(pooler.app_url().starts_with("postgres://"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct PgBouncer {
    dir: PathBuf,
    child: Child,
    app_url: String,
}

const PORT: u16 = 6432;

impl PgBouncer {
    /// One with so many connections to the server. `None` where there is no PgBouncer, which is said in a line.
    ///
    /// # Errors
    /// It did not start; or there is none, and `CI` is set.
    pub fn or_skip(test: &str, database: &PgDatabase, size: u16) -> Result<Option<PgBouncer>, String> {
        let Some(binary) = binary() else {
            let reason = "no pgbouncer in PGBOUNCER_BIN, PATH or /usr/sbin";
            if server::in_ci() {
                return Err(format!("{test}: {reason}"));
            }
            eprintln!("SKIPPED {test}: {reason}");
            return Ok(None);
        };
        Self::start(&binary, database, size).map(Some)
    }

    fn start(binary: &Path, database: &PgDatabase, size: u16) -> Result<PgBouncer, String> {
        let dir = server::folder("pgbouncer")?;
        let user = server::user(&["postgres", "nobody"])?;
        let (role, secret) = credentials(database.app_url()).ok_or("the URL has no password")?;
        let options: PgConnectOptions = database.app_url().parse().map_err(|e| format!("{e}"))?;
        let host = options.get_socket().map_or_else(
            || options.get_host().to_owned(),
            |folder| folder.display().to_string(),
        );
        let folder = dir.display();
        let settings = format!(
            "[databases]\n* = host={host} port={}\n[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = {folder}\n\
             auth_type = trust\nauth_file = {folder}/users\nlogfile = {folder}/log\npool_mode = transaction\n\
             default_pool_size = {size}\nmax_client_conn = 500\nignore_startup_parameters = extra_float_digits,options\n",
            options.get_port()
        );
        let files = [
            ("settings.ini", settings),
            ("users", format!("\"{role}\" \"{secret}\"\n")),
        ];
        for (name, text) in files {
            let path = dir.join(name);
            fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
            own(&path, user)?;
        }
        own(&dir, user)?;
        let socket = utf8_percent_encode(&dir.to_string_lossy(), NON_ALPHANUMERIC).to_string();
        let name = options.get_database().unwrap_or_default();
        let mut pooler = PgBouncer {
            child: spawn(binary, &dir, user)?,
            app_url: format!("postgres://{role}:{secret}@{socket}:{PORT}/{name}"),
            dir,
        };
        pooler.wait_ready().map(|()| pooler)
    }

    /// What leads to the database by way of the pooler, as the application's role.
    pub fn app_url(&self) -> &str {
        &self.app_url
    }

    fn wait_ready(&mut self) -> Result<(), String> {
        let socket = self.dir.join(format!(".s.PGSQL.{PORT}"));
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if socket.exists() {
                return Ok(());
            }
            if let Ok(Some(_)) = self.child.try_wait() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        Err(format!("pgbouncer did not start: {}", log.trim()))
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn binary() -> Option<PathBuf> {
    let own = std::env::var_os("PGBOUNCER_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect::<Vec<_>>());
    own.into_iter()
        .chain(path.into_iter().flatten().map(|dir| dir.join("pgbouncer")))
        .chain([PathBuf::from("/usr/sbin/pgbouncer")])
        .find(|file| file.is_file())
}

fn credentials(url: &str) -> Option<(&str, &str)> {
    let (who, _) = url.strip_prefix("postgres://")?.split_once('@')?;
    who.split_once(':')
}

#[cfg(unix)]
fn own(path: &Path, user: Option<(u32, u32)>) -> Result<(), String> {
    let Some((uid, gid)) = user else { return Ok(()) };
    std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(unix)]
fn spawn(binary: &Path, dir: &Path, user: Option<(u32, u32)>) -> Result<Child, String> {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(binary);
    command
        .arg("-q")
        .arg(dir.join("settings.ini"))
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command.spawn().map_err(|e| format!("{}: {e}", binary.display()))
}

#[cfg(not(unix))]
fn own(_: &Path, _: Option<(u32, u32)>) -> Result<(), String> {
    Ok(())
}

#[cfg(not(unix))]
fn spawn(_: &Path, _: &Path, _: Option<(u32, u32)>) -> Result<Child, String> {
    Err("only on Unix".to_owned())
}
