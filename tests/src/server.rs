//! What the servers of the tests have in common: a folder, and somebody to run them.

#[cfg(unix)]
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::{Command, Stdio};

/// Whether a missing server is an error (`CI` is set) and not a skip.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// A new folder for a server called `what`, in memory where the machine has that.
#[cfg(unix)]
pub(crate) fn folder(what: &str) -> Result<PathBuf, String> {
    use std::os::unix::fs::PermissionsExt;

    let shm = Path::new("/dev/shm");
    let base = if shm.is_dir() {
        shm.to_path_buf()
    } else {
        std::env::temp_dir()
    };
    let nanos = std::time::UNIX_EPOCH.elapsed().map_or(0, |d| d.as_nanos());
    let dir = base.join(format!("tenancy-{what}-{}-{nanos}", std::process::id()));
    std::fs::create_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let _ = std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700));
    Ok(dir)
}

/// Whom to become: nobody else for an ordinary user; for root, who may not run a server, the first of `names`.
#[cfg(unix)]
pub(crate) fn user(names: &[&str]) -> Result<Option<(u32, u32)>, String> {
    let id = |args: &[&str]| -> Option<u32> {
        let out = Command::new("id")
            .args(args)
            .stderr(Stdio::null())
            .output()
            .ok()?;
        String::from_utf8(out.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    names
        .iter()
        .find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
        .map(Some)
        .ok_or_else(|| {
            format!(
                "root may not run a server, and there is no user {}",
                names.join(" or ")
            )
        })
}
