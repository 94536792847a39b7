//! The host that a request was sent to, read strictly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::IdentifyError;

/// The host that a request was sent to: a name in lower case without port and trailing dot, or an address.
///
/// ```
/// use tenancy_tower::RequestHead;
///
/// let (parts, ()) = http::Request::get("/").header("host", "Green-Leaf.LOCALHOST.:8080").body(())?.into_parts();
/// let head = RequestHead::new(&parts);
/// assert_eq!(head.host()?.and_then(|host| host.name()), Some("green-leaf.localhost"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(Repr);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Repr {
    Name(String),
    Ip(IpAddr),
}

impl Host {
    /// The name, unless the host is an address.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Repr::Name(name) => Some(name),
            Repr::Ip(_) => None,
        }
    }

    /// The address, unless the host has a name.
    pub fn ip(&self) -> Option<IpAddr> {
        match &self.0 {
            Repr::Name(_) => None,
            Repr::Ip(ip) => Some(*ip),
        }
    }

    /// Reads `host[:port]` as a URI's authority or a `Host` header has it.
    ///
    /// Read as a registered name (RFC 3986, section 3.2.2) it could be nearly anything; here it is a DNS name or an
    /// address, and what another program might read in another way is an error.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, IdentifyError> {
        let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii());
        let text = text.ok_or(IdentifyError::malformed(
            "the host is not ASCII: an internationalised name is sent in punycode",
        ))?;
        if text.is_empty() {
            return Err(IdentifyError::malformed("the host is empty"));
        }
        if text.contains('@') {
            return Err(IdentifyError::malformed(
                "the host has user information in front of it",
            ));
        }
        if let Some(bracketed) = text.strip_prefix('[') {
            let (address, port) = bracketed.split_once(']').ok_or(NOT_A_HOST)?;
            check_port(port.strip_prefix(':').or((port.is_empty()).then_some("0")))?;
            let address: Ipv6Addr = address.parse().map_err(|_| NOT_A_HOST)?;
            return Ok(Self(Repr::Ip(address.into())));
        }
        let name = match text.split_once(':') {
            Some((name, port)) => {
                check_port(Some(port))?;
                name
            }
            None => text,
        };
        Self::parse_name(name.strip_suffix('.').unwrap_or(name))
    }

    fn parse_name(name: &str) -> Result<Self, IdentifyError> {
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Ok(Self(Repr::Ip(address.into())));
        }
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(NOT_A_HOST);
        }
        if name.rsplit('.').next().is_some_and(is_number) {
            return Err(IdentifyError::malformed(
                "the host is a number and no address in its usual form",
            ));
        }
        Ok(Self(Repr::Name(name.to_ascii_lowercase())))
    }
}

const NOT_A_HOST: IdentifyError = IdentifyError::malformed(
    "the host is a name of labels of a-z, 0-9 and - with dots between, or an address, and after it may stand : and a port",
);

fn check_port(port: Option<&str>) -> Result<(), IdentifyError> {
    let digits = port.filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
    digits
        .and_then(|port| port.parse::<u16>().ok())
        .map(drop)
        .ok_or(NOT_A_HOST)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether a last label makes browsers read the whole host as an IPv4 address (WHATWG URL, "ends in a number").
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|b| b.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
