//! MariaDB in a container, where the machine has Docker and no server of its own.

use std::time::{Duration, Instant};

use sqlx::{Connection, MySqlConnection};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

use crate::docker;

/// Starts the image `TENANCY_TEST_MYSQL_IMAGE` (`mariadb:10.11`); gives the URL of its administrator.
pub(super) fn start() -> Result<String, String> {
    docker::keep(run())
}

async fn run() -> Result<(ContainerAsync<GenericImage>, String), String> {
    let image = std::env::var("TENANCY_TEST_MYSQL_IMAGE").unwrap_or_else(|_| "mariadb:10.11".to_owned());
    let (name, tag) = image.rsplit_once(':').unwrap_or((image.as_str(), "latest"));
    let container = GenericImage::new(name, tag)
        .with_exposed_port(3306.tcp())
        .with_env_var("MARIADB_ROOT_PASSWORD", "mariadb")
        .with_env_var("MARIADB_ROOT_HOST", "%")
        .start()
        .await
        .map_err(|e| e.to_string())?;
    let host = container.get_host().await.map_err(|e| e.to_string())?;
    let port = container
        .get_host_port_ipv4(3306)
        .await
        .map_err(|e| e.to_string())?;
    let url = format!("mysql://root:mariadb@{host}:{port}/");
    // The image starts the server twice: a connection is the proof.
    let until = Instant::now() + Duration::from_secs(90);
    loop {
        match MySqlConnection::connect(&url).await {
            Ok(connection) => {
                let _ = connection.close().await;
                return Ok((container, url));
            }
            Err(e) if Instant::now() > until => return Err(format!("the container does not answer: {e}")),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}
