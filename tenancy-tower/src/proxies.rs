//! Who may speak for a client.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::{RequestHead, SetupError};

/// The address of the peer that a request came from, as an extension of the request.
///
/// The server sets it, for sources that believe proxies only. With the feature `axum`, axum's
/// `ConnectInfo<SocketAddr>` is read where this is not set.
///
/// ```
/// use tenancy_tower::PeerAddr;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(PeerAddr("10.0.0.7".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(pub IpAddr);

impl From<SocketAddr> for PeerAddr {
    fn from(address: SocketAddr) -> Self {
        Self(address.ip())
    }
}

/// The proxies whose word on a request is taken.
///
/// # Cross-tenant
/// Whoever sends from one of these networks chooses the tenant of a request: list the proxies alone, and only ones
/// that set or remove the headers in question.
#[derive(Debug, Clone)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Addresses (`10.0.0.7`, `::1`) and networks (`10.1.0.0/16`).
    ///
    /// # Errors
    /// One is neither, or is the network of all addresses, which trusts everybody.
    ///
    /// ```
    /// use tenancy_tower::TrustedProxies;
    ///
    /// assert!(TrustedProxies::new(["10.0.0.7", "10.1.0.0/16", "fd00::/8"]).is_ok());
    /// assert!(TrustedProxies::new(["0.0.0.0/0"]).is_err());
    /// assert!(TrustedProxies::new(["proxy.internal"]).is_err());
    /// ```
    pub fn new<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, SetupError> {
        let networks = networks.into_iter().map(|text| {
            let network = text
                .parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            let network =
                network.map_err(|_| SetupError("a trusted proxy is an IP address or a network a.b.c.d/n"))?;
            if network.prefix_len() == 0 {
                return Err(SetupError(
                    "a network of all addresses trusts everybody: name the proxies",
                ));
            }
            Ok(network)
        });
        networks.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the request comes straight from one of them. Where the peer is not known, it does not.
    pub(crate) fn trust(&self, request: &RequestHead<'_>) -> bool {
        let Some(peer) = peer(request) else {
            return false;
        };
        // A dual-stack socket shows an IPv4 peer as ::ffff:a.b.c.d.
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(&peer))
    }
}

fn peer(request: &RequestHead<'_>) -> Option<IpAddr> {
    let set = request.extension::<PeerAddr>().map(|peer| peer.0);
    #[cfg(feature = "axum")]
    let set = set.or_else(|| {
        let info = request.extension::<axum::extract::ConnectInfo<SocketAddr>>();
        info.map(|axum::extract::ConnectInfo(address)| address.ip())
    });
    set
}
