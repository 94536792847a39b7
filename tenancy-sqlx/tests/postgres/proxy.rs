//! Stands between a driver and the server, and counts how often the one waits for the other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
};

pub(crate) struct Proxy {
    port: u16,
    trips: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn before(server: PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let trips = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&trips);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (counted, port) = (Arc::clone(&counted), server.get_port());
                if let Some(folder) = server.get_socket() {
                    let socket = folder.join(format!(".s.PGSQL.{port}"));
                    carry(client, UnixStream::connect(socket).await.unwrap(), counted);
                } else {
                    let server = TcpStream::connect((server.get_host(), port)).await.unwrap();
                    carry(client, server, counted);
                }
            }
        });
        Self { port: own, trips }
    }

    /// What leads to the same database by way of here.
    pub(crate) fn options(&self, url: &str) -> PgConnectOptions {
        let (before, database) = url.rsplit_once('/').unwrap();
        let (who, _) = before.rsplit_once('@').unwrap();
        format!("{who}@127.0.0.1:{}/{database}", self.port)
            .parse()
            .unwrap()
    }

    /// How many round trips there were since it was asked before, on all connections.
    pub(crate) fn trips(&self) -> usize {
        self.trips.swap(0, Ordering::SeqCst)
    }
}

/// A round trip is what is sent after something was heard.
fn carry<S>(client: TcpStream, server: S, trips: Arc<AtomicUsize>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let heard = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length) = from_client.read(&mut buffer).await {
            if length == 0 || to_server.write_all(buffer.get(..length).unwrap()).await.is_err() {
                break;
            }
            if asked.swap(false, Ordering::SeqCst) {
                trips.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    tokio::spawn(async move {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length) = from_server.read(&mut buffer).await {
            heard.store(true, Ordering::SeqCst);
            if length == 0 || to_client.write_all(buffer.get(..length).unwrap()).await.is_err() {
                break;
            }
        }
    });
}
