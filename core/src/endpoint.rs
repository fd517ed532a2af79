//! Where a link is opened to.

use std::fmt;

/// A WebSocket URL that a browser would take, and the subprotocols to offer.
///
/// Shown without query and credentials, which are where tokens hide.
///
/// ```
/// # use leptos_socket_core::{Endpoint, InvalidUrl};
/// let endpoint = Endpoint::parse("wss://example.com/ws/?token=XYZ")?.protocol("v1");
/// assert_eq!(endpoint.to_string(), "wss://example.com/ws/");
/// assert_eq!(Endpoint::parse("https://example.com"), Err(InvalidUrl::Scheme));
/// # Ok::<(), InvalidUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    protocols: Vec<String>,
}

/// A URL that no browser would open a WebSocket to. Says why, and never shows the URL.
///
/// ```
/// # use leptos_socket_core::{Endpoint, InvalidUrl};
/// assert_eq!(Endpoint::parse("wss:///ws/"), Err(InvalidUrl::Host));
/// assert_eq!(Endpoint::parse("/ws/#top"), Err(InvalidUrl::Fragment));
///
/// // Of a setting that somebody mistyped, the error can be shown to them as it is:
/// let error = Endpoint::parse("example.com/ws/").expect_err("it has no scheme");
/// assert_eq!(error.to_string(), "the URL must start with ws://, wss:// or /");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// The scheme is neither `ws` nor `wss`, and the URL does not start with `/`.
    #[error("the URL must start with ws://, wss:// or /")]
    Scheme,
    /// There is no host, or it has characters that no host has.
    #[error("the URL has no valid host")]
    Host,
    /// There is a fragment, which a WebSocket URL must not have.
    #[error("the URL must not have a fragment (#)")]
    Fragment,
}

impl Endpoint {
    /// Checks a URL: `ws://host/..`, `wss://host/..`, or `/path` on the host that the page comes from.
    ///
    /// # Errors
    ///
    /// No browser would take it.
    pub fn parse(url: &str) -> Result<Self, InvalidUrl> {
        let url = url.trim();
        if url.contains('#') {
            return Err(InvalidUrl::Fragment);
        }
        let is_path = url.starts_with('/') && !url.starts_with("//");
        if !is_path {
            let (scheme, rest) = url.split_once("://").ok_or(InvalidUrl::Scheme)?;
            if !["ws", "wss"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
                return Err(InvalidUrl::Scheme);
            }
            if !is_authority(&rest[..authority_end(rest)]) {
                return Err(InvalidUrl::Host);
            }
        }
        Ok(Self { url: url.to_owned(), protocols: Vec::new() })
    }

    /// Offers a subprotocol, after those that were added before.
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocols.push(protocol.into());
        self
    }

    /// The whole URL, secrets included.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The subprotocols to offer, the preferred one first.
    #[must_use]
    pub fn protocols(&self) -> &[String] {
        &self.protocols
    }
}

fn authority_end(rest: &str) -> usize {
    rest.find(['/', '?']).unwrap_or(rest.len())
}

fn is_authority(authority: &str) -> bool {
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (host_and_port, ""),
    };
    let host_is_valid = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        None => {
            !host.is_empty()
                && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "<>^|\\[]%\"".contains(c))
        }
    };
    host_is_valid && (port.is_empty() || port.parse::<u16>().is_ok())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.url.split('?').next().unwrap_or_default();
        match shown.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_at(authority_end(rest));
                let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
                write!(f, "{scheme}://{host}{path}")
            }
            None => f.write_str(shown),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A subprotocol is where tokens go that must not be in the URL.
        write!(f, "Endpoint({self}, {} protocols)", self.protocols.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_takes_is_taken() {
        for url in [
            "ws://localhost:8000/ws/app/",
            "wss://example.com",
            "WSS://example.com?token=1",
            "ws://user:pass@example.com:80/",
            "ws://[::1]:9000/ws",
            "ws://[::1]",
            " ws://127.0.0.1/ ",
            "/ws/app/?a=b",
        ] {
            assert!(Endpoint::parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_no_browser_takes_is_an_error_that_says_why() {
        for (url, error) in [
            ("", InvalidUrl::Scheme),
            ("example.com/ws", InvalidUrl::Scheme),
            ("ftp://example.com", InvalidUrl::Scheme),
            ("//example.com/ws", InvalidUrl::Scheme),
            ("ws://", InvalidUrl::Host),
            ("ws:///path", InvalidUrl::Host),
            ("ws://a b/", InvalidUrl::Host),
            ("ws://example.com:99999/", InvalidUrl::Host),
            ("ws://[nope]/", InvalidUrl::Host),
            ("ws://example.com/#part", InvalidUrl::Fragment),
        ] {
            assert_eq!(Endpoint::parse(url), Err(error), "{url}");
        }
    }

    #[test]
    fn queries_and_credentials_are_never_shown() {
        let url = Endpoint::parse("wss://me:s3cret@example.com/ws/?token=s3cret").unwrap();
        assert_eq!(url.to_string(), "wss://example.com/ws/");
        assert_eq!(format!("{url:?}"), "Endpoint(wss://example.com/ws/, 0 protocols)");
        assert_eq!(Endpoint::parse("/ws/?token=s3cret").unwrap().to_string(), "/ws/");
    }
}
