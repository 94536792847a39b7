//! What a source sees of a request.

use std::cell::OnceCell;

use http::{HeaderMap, HeaderValue, Method, Uri, header::HOST, request::Parts};

use crate::{Host, IdentifyError, TrustedProxies};

pub(crate) const FORWARDED_HOST: &str = "x-forwarded-host";

/// What a source sees of a request: everything but the body, and the host that it was sent to.
///
/// ```
/// let (parts, ()) = http::Request::get("/").header("host", "green-leaf.localhost:8080").body(())?.into_parts();
/// let head = tenancy_tower::RequestHead::new(&parts);
/// assert_eq!(head.host()?.and_then(|host| host.name()), Some("green-leaf.localhost"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RequestHead<'a> {
    parts: &'a Parts,
    proxies: Option<&'a TrustedProxies>,
    host: OnceCell<Result<Option<Host>, IdentifyError>>,
}

impl<'a> RequestHead<'a> {
    /// The head of a request that no proxy is trusted to have forwarded.
    pub fn new(parts: &'a Parts) -> Self {
        Self {
            parts,
            proxies: None,
            host: OnceCell::new(),
        }
    }

    pub(crate) fn forwarded_by(mut self, proxies: Option<&'a TrustedProxies>) -> Self {
        self.proxies = proxies;
        self
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The URI as it reached the layer.
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// A server-side extension. No client can set one.
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.parts.extensions.get()
    }

    /// The host that the request was sent to; `None` where it does not say.
    ///
    /// The URI's authority (`:authority` of HTTP/2) comes first, then the `Host` header. Forwarded headers are read only
    /// where [`TenancyLayer::forwarded_host_from`](crate::TenancyLayer::forwarded_host_from) names the proxies.
    ///
    /// # Errors
    /// The host is malformed, there are two `Host` headers, or the authority and the header differ (RFC 9112, section
    /// 3.2; RFC 9113, section 8.3.1).
    pub fn host(&self) -> Result<Option<&Host>, IdentifyError> {
        match self.host.get_or_init(|| self.read_host()) {
            Ok(host) => Ok(host.as_ref()),
            Err(error) => Err(error.clone()),
        }
    }

    fn read_host(&self) -> Result<Option<Host>, IdentifyError> {
        // A proxy that forwards sets `Host` to what it calls this service, which may be no host name at all.
        if self.proxies.is_some_and(|proxies| proxies.trust(self)) {
            let forwarded = self.one(FORWARDED_HOST, "there are two X-Forwarded-Host headers")?;
            if let Some(value) = forwarded {
                return Host::parse(value.as_bytes()).map(Some);
            }
        }
        let authority = self
            .uri()
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        let authority = authority.map(Host::parse).transpose()?;
        let header = self.one(HOST.as_str(), "there are two Host headers")?;
        let header = header.map(|value| Host::parse(value.as_bytes())).transpose()?;
        match (authority, header) {
            (Some(authority), Some(header)) if authority != header => Err(IdentifyError::malformed(
                "the URI and the Host header name different hosts",
            )),
            (Some(host), _) | (None, Some(host)) => Ok(Some(host)),
            (None, None) => Ok(None),
        }
    }

    fn one(&self, name: &str, twice: &'static str) -> Result<Option<&'a HeaderValue>, IdentifyError> {
        let mut values = self.parts.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(IdentifyError::malformed(twice)),
        }
    }
}
