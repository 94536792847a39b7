//! Answering requests until told to stop.

use std::future::Future;

use axum::Router;
use tokio::net::TcpListener;

use crate::repository::{Repository, RepositoryError};
use crate::secrets;

/// Answers until `stop` ends; what is being answered then is answered to its end.
///
/// # Errors
///
/// When the listener fails.
pub async fn run(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

/// Ends when the process is asked to stop: by Ctrl-C, or by SIGTERM.
pub async fn stop_signal() {
    let interrupt = async {
        // Without a handler there is nothing to wait for, and the process is stopped the hard way.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

/// Sees to it that somebody can operate the platform. Gives the token back if it was made up here.
///
/// # Errors
///
/// When the database fails.
pub async fn operator_token(
    repository: &dyn Repository,
    given: Option<String>,
) -> Result<Option<String>, RepositoryError> {
    match given {
        Some(token) => {
            repository.add_operator("operator", &token).await?;
            Ok(None)
        }
        None if repository.has_operator().await? => Ok(None),
        None => {
            let token = secrets::new_token("operator");
            repository.add_operator("operator", &token).await?;
            Ok(Some(token))
        }
    }
}
