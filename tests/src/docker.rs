//! Containers that live as long as this process, and no longer.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use testcontainers::{ContainerAsync, GenericImage};

type Parts = (
    tokio::runtime::Runtime,
    ContainerAsync<GenericImage>,
    Option<Child>,
);

/// Nothing drops a `static`: each container has a watcher that removes it when this process ends.
static CONTAINERS: Mutex<Vec<Parts>> = Mutex::new(Vec::new());

/// Starts a container on a thread with a runtime of its own, because this may be called inside another; gives the
/// URL of its administrator.
pub(crate) fn keep(
    run: impl Future<Output = Result<(ContainerAsync<GenericImage>, String), String>> + Send + 'static,
) -> Result<String, String> {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|e| e.to_string())?;
        let (container, url) = runtime.block_on(run)?;
        let watcher = watch(container.id());
        if let Ok(mut containers) = CONTAINERS.lock() {
            containers.push((runtime, container, watcher));
        }
        Ok(url)
    })
    .join()
    .unwrap_or_else(|_| Err("the container client panicked".to_owned()))
}

/// Removes the container when this process ends, however it ends.
fn watch(id: &str) -> Option<Child> {
    Command::new("sh")
        .args([
            "-c",
            "trap '' INT HUP; cat >/dev/null; docker rm -f -v \"$1\"",
            "sh",
            id,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
}
