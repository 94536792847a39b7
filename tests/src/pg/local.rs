//! The machine's own server binaries, run in a temporary folder as an unprivileged user.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::server;

/// Starts a server; gives the URL of its superuser.
#[cfg(unix)]
pub(super) fn start() -> Result<String, String> {
    let bin = binaries().ok_or("no initdb and postgres in PG_BIN, PATH or /usr/lib/postgresql/*/bin")?;
    let dir = server::folder("pg")?;
    let user = server::user(&["postgres", "nobody"])?;
    if let Some((uid, gid)) = user {
        std::os::unix::fs::chown(&dir, Some(uid), Some(gid))
            .map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    let started = supervise(&bin, &dir, user).and_then(|child| wait_ready(&dir, child));
    match started {
        Ok(child) => {
            // The pipe in it stays open as long as this process lives: its end is the sign to stop.
            static SUPERVISOR: OnceLock<Child> = OnceLock::new();
            let _ = SUPERVISOR.set(child);
            let socket = utf8_percent_encode(&dir.to_string_lossy(), NON_ALPHANUMERIC).to_string();
            Ok(format!("postgres://postgres@{socket}/postgres"))
        }
        Err(reason) => {
            let _ = fs::remove_dir_all(&dir);
            Err(reason)
        }
    }
}

#[cfg(not(unix))]
pub(super) fn start() -> Result<String, String> {
    Err("only on Unix".to_owned())
}

/// A folder that holds both `initdb` and `postgres`.
fn binaries() -> Option<PathBuf> {
    let own = std::env::var_os("PG_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect::<Vec<_>>());
    let mut installed: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| {
            (
                e.file_name().to_string_lossy().parse().unwrap_or(0),
                e.path().join("bin"),
            )
        })
        .collect();
    installed.sort_by(|a, b| b.cmp(a));
    own.into_iter()
        .chain(path.into_iter().flatten())
        .chain(installed.into_iter().map(|(_, p)| p))
        .find(|dir| ["initdb", "postgres"].iter().all(|name| dir.join(name).is_file()))
        // A link in PATH is followed: the server looks for its own files beside its real place.
        .and_then(|dir| {
            fs::canonicalize(dir.join("postgres"))
                .ok()?
                .parent()
                .map(Path::to_path_buf)
        })
}

/// `sh` makes the cluster, runs the server, and reads a pipe from this process. When the pipe closes, however
/// this process ended, it stops the server and removes the folder.
const SUPERVISOR: &str = r#"
trap '' INT HUP
make() { "$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale="$3" --no-sync >>"$2/log" 2>&1 </dev/null; }
make "$1" "$2" C.UTF-8 || { rm -rf "$2/data"; make "$1" "$2" C; } || exit 1
"$1/postgres" -D "$2/data" -k "$2" -F -c listen_addresses= -c synchronous_commit=off -c full_page_writes=off \
  -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0 -c max_connections=200 -c dynamic_shared_memory_type=mmap -c jit=off >>"$2/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$2"
"#;

#[cfg(unix)]
fn supervise(bin: &Path, dir: &Path, user: Option<(u32, u32)>) -> Result<Child, String> {
    use std::os::unix::process::CommandExt;
    let mut sh = Command::new("sh");
    sh.arg("-c")
        .arg(SUPERVISOR)
        .arg("sh")
        .arg(bin)
        .arg(dir)
        .current_dir(dir);
    // Its own group: an interrupt at the terminal is for the tests, and ends the server through the pipe.
    sh.stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    if let Some((uid, gid)) = user {
        sh.uid(uid).gid(gid);
    }
    sh.spawn().map_err(|e| format!("sh: {e}"))
}

#[cfg(unix)]
fn wait_ready(dir: &Path, mut child: Child) -> Result<Child, String> {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        if let Ok(Some(_)) = child.try_wait() {
            let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
            return Err(format!("the server did not start: {}", log.trim()));
        }
        let ready = fs::read_to_string(dir.join("data/postmaster.pid"))
            .is_ok_and(|pid| pid.lines().nth(7).is_some_and(|line| line.trim() == "ready"));
        if ready {
            return Ok(child);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(child.stdin.take());
    let _ = child.wait();
    Err("the server was not ready after 60 s".to_owned())
}
