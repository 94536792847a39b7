//! The machine's own server binaries, run in a temporary folder as an unprivileged user.

#[cfg(unix)]
pub(super) use unix::start;

#[cfg(not(unix))]
pub(super) fn start() -> Result<String, String> {
    Err("only on Unix".to_owned())
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::chown;
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::CommandExt;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    use crate::server;

    /// Starts a server; gives the URL of its administrator.
    pub(in crate::maria) fn start() -> Result<String, String> {
        let install =
            binary(&["mariadb-install-db", "mysql_install_db"]).ok_or("no mariadb-install-db was found")?;
        let daemon = binary(&["mariadbd", "mysqld"]).ok_or("no mariadbd was found")?;
        let dir = server::folder("maria")?;
        let user = server::user(&["mysql", "nobody"])?;
        if let Some((uid, gid)) = user {
            chown(&dir, Some(uid), Some(gid)).map_err(|e| format!("{}: {e}", dir.display()))?;
        }
        let started = supervise(&install, &daemon, &dir, user).and_then(|child| wait_ready(&dir, child));
        match started {
            Ok(child) => {
                // The pipe in it stays open as long as this process lives: its end is the sign to stop.
                static SUPERVISOR: OnceLock<Child> = OnceLock::new();
                let _ = SUPERVISOR.set(child);
                let socket = dir.join("socket");
                let socket = utf8_percent_encode(&socket.to_string_lossy(), NON_ALPHANUMERIC).to_string();
                Ok(format!("mysql://root@localhost/?socket={socket}"))
            }
            Err(reason) => {
                let _ = fs::remove_dir_all(&dir);
                Err(reason)
            }
        }
    }

    /// The first of these programs, in `MARIADB_BIN`, `PATH` and where servers are installed outside of it.
    fn binary(names: &[&str]) -> Option<PathBuf> {
        let own = std::env::var_os("MARIADB_BIN").map(PathBuf::from);
        let path = std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect::<Vec<_>>());
        let usual = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
        let dirs: Vec<PathBuf> = own
            .into_iter()
            .chain(path.into_iter().flatten())
            .chain(usual.iter().map(PathBuf::from))
            .collect();
        names
            .iter()
            .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
            .find(|file| file.is_file())
    }

    /// `sh` makes the system tables, runs the server, and reads a pipe from this process. A server that falls over a
    /// statement is started again. When the pipe closes, however this process ended, it stops the server and removes the
    /// folder.
    ///
    /// Nothing outlives the folder, so nothing is flushed; the caches are small, because the folder is in memory.
    const SUPERVISOR: &str = r#"
trap '' INT HUP
TMPDIR="$3" "$1" --no-defaults --datadir="$3/data" --auth-root-authentication-method=normal --skip-test-db \
  --skip-name-resolve >>"$3/log" 2>&1 </dev/null || exit 1
(
  trap 'kill -KILL $server 2>/dev/null; wait $server; exit' TERM
  while :; do
    "$2" --no-defaults --datadir="$3/data" --tmpdir="$3" --socket="$3/socket" --pid-file="$3/pid" --skip-networking \
      --skip-log-bin --skip-name-resolve --skip-stack-trace --innodb-flush-log-at-trx-commit=2 \
      --innodb-flush-method=nosync --innodb-doublewrite=0 --innodb-buffer-pool-size=128M --innodb-log-file-size=32M \
      --max-connections=300 --performance-schema=OFF >>"$3/log" 2>&1 </dev/null &
    server=$!
    wait $server
    sleep 0.05
  done
) &
keeper=$!
cat >/dev/null
kill -TERM $keeper 2>/dev/null
wait $keeper
rm -rf "$3"
"#;

    fn supervise(
        install: &Path,
        daemon: &Path,
        dir: &Path,
        user: Option<(u32, u32)>,
    ) -> Result<Child, String> {
        let mut sh = Command::new("sh");
        sh.arg("-c")
            .arg(SUPERVISOR)
            .arg("sh")
            .args([install, daemon, dir])
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

    fn wait_ready(dir: &Path, mut child: Child) -> Result<Child, String> {
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            if let Ok(Some(_)) = child.try_wait() {
                let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
                return Err(format!("the server did not start: {}", log.trim()));
            }
            if greets(&dir.join("socket")) {
                return Ok(child);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(child.stdin.take());
        let _ = child.wait();
        Err("the server was not ready after 60 s".to_owned())
    }

    /// Whether a server speaks first, as MariaDB does.
    fn greets(socket: &Path) -> bool {
        let Ok(mut stream) = UnixStream::connect(socket) else {
            return false;
        };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let mut first = [0_u8; 5];
        stream.read_exact(&mut first).is_ok()
    }
}
