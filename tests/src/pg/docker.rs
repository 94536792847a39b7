//! PostgreSQL in a container, where the machine has Docker and no server of its own.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

use crate::docker;

/// Starts the image `TENANCY_TEST_POSTGRES_IMAGE` (`postgres:15-alpine`); gives the URL of its superuser.
pub(super) fn start() -> Result<String, String> {
    docker::keep(run())
}

async fn run() -> Result<(ContainerAsync<GenericImage>, String), String> {
    let image =
        std::env::var("TENANCY_TEST_POSTGRES_IMAGE").unwrap_or_else(|_| "postgres:15-alpine".to_owned());
    let (name, tag) = image.rsplit_once(':').unwrap_or((image.as_str(), "latest"));
    let container = GenericImage::new(name, tag)
        .with_exposed_port(5432.tcp())
        .with_env_var("POSTGRES_USER", "postgres")
        .with_env_var("POSTGRES_PASSWORD", "postgres")
        .with_env_var("POSTGRES_DB", "postgres")
        .start()
        .await
        .map_err(|e| e.to_string())?;
    let host = container.get_host().await.map_err(|e| e.to_string())?;
    let port = container
        .get_host_port_ipv4(5432)
        .await
        .map_err(|e| e.to_string())?;
    let url = format!("postgres://postgres:postgres@{host}:{port}/postgres");
    // Log lines differ between images (and the stock one prints "ready" twice): a connection is the proof.
    let until = Instant::now() + Duration::from_secs(90);
    loop {
        match PgConnection::connect(&url).await {
            Ok(connection) => {
                let _ = connection.close().await;
                return Ok((container, url));
            }
            Err(e) if Instant::now() > until => return Err(format!("the container does not answer: {e}")),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}
