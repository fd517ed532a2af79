//! Where a link is opened to.

use std::fmt;
use std::sync::Arc;

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
    /// Shared, because each attempt takes one.
    parts: Arc<Parts>,
}

#[derive(Clone, PartialEq, Eq)]
struct Parts {
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
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
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
        let url = url.trim_ascii();
        if url.bytes().any(|byte| byte == b'#') {
            return Err(InvalidUrl::Fragment);
        }
        if !is_path(url) {
            let Authority { host, end, .. } = authority(url).ok_or(InvalidUrl::Scheme)?;
            if !is_host_and_port(&url.as_bytes()[host..end]) {
                return Err(InvalidUrl::Host);
            }
        }
        Ok(Self { parts: Arc::new(Parts { url: url.to_owned(), protocols: Vec::new() }) })
    }

    /// Offers a subprotocol, after those that were added before.
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.parts).protocols.push(protocol.into());
        self
    }

    /// Whether both are the same place: the same URL, apart from query parameters that carry `tickets`, such as `token`.
    /// Subprotocols do not count, because they carry tokens too.
    ///
    /// ```
    /// # use leptos_socket_core::{Endpoint, InvalidUrl};
    /// let room = Endpoint::parse("/ws/room/?id=1&token=abc")?;
    /// assert!(room.is_same_place(&Endpoint::parse("/ws/room/?id=1&token=def")?, &["token"]));
    /// assert!(!room.is_same_place(&Endpoint::parse("/ws/room/?id=2&token=abc")?, &["token"]));
    /// # Ok::<(), InvalidUrl>(())
    /// ```
    #[must_use]
    pub fn is_same_place(&self, other: &Self, tickets: &[impl AsRef<str>]) -> bool {
        self.url() == other.url() || place(self.url(), tickets).eq(place(other.url(), tickets))
    }

    /// The whole URL, secrets included.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.parts.url
    }

    /// The subprotocols to offer, the preferred one first.
    #[must_use]
    pub fn protocols(&self) -> &[String] {
        &self.parts.protocols
    }
}

/// The path, and the parameters that are not tickets.
fn place<'a>(url: &'a str, tickets: &[impl AsRef<str>]) -> impl Iterator<Item = &'a [u8]> {
    let is_ticket = |parameter: &&[u8]| {
        let name = parameter.split(|byte| *byte == b'=').next().unwrap_or_default();
        tickets.iter().any(|ticket| ticket.as_ref().as_bytes() == name)
    };
    url.as_bytes().split(|byte| matches!(byte, b'?' | b'&')).filter(move |part| !is_ticket(part))
}

// By hand, and by bytes: the searches and the parsers of the standard library are 7 KB of a page.

fn is_path(url: &str) -> bool {
    url.as_bytes().first() == Some(&b'/') && url.as_bytes().get(1) != Some(&b'/')
}

/// Where the parts of a URL begin.
struct Authority {
    /// After the scheme: credentials, if there are any.
    start: usize,
    /// The host, and a port.
    host: usize,
    /// What comes after that.
    end: usize,
}

fn authority(url: &str) -> Option<Authority> {
    let is_it = |scheme: &&&str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let start = ["ws://", "wss://"].iter().find(is_it)?.len();
    let rest = &url.as_bytes()[start..];
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    let credentials = rest[..length].iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1);
    Some(Authority { start, host: start + credentials, end: start + length })
}

/// What can be told without a table of all names: the browser has the last word.
fn is_host_and_port(bytes: &[u8]) -> bool {
    let end_of_address = bytes.iter().position(|byte| *byte == b']');
    let end_of_host = match end_of_address {
        Some(end) => end + 1,
        None => bytes.iter().position(|byte| *byte == b':').unwrap_or(bytes.len()),
    };
    let (host, port) = bytes.split_at(end_of_host);
    let host_is_valid = match host {
        [b'[', address @ .., b']'] => {
            address.contains(&b':') && address.iter().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte))
        }
        _ => !host.is_empty() && host.iter().all(|byte| !byte.is_ascii_control() && !b" <>^|\\[]%\"".contains(byte)),
    };
    host_is_valid && is_port(port)
}

/// Empty, or a colon and a number.
fn is_port(port: &[u8]) -> bool {
    let [b':', digits @ ..] = port else { return port.is_empty() };
    crate::json::digits(digits).is_some()
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url();
        let query = url.bytes().position(|byte| byte == b'?').unwrap_or(url.len());
        let shown = url.get(..query).unwrap_or_default();
        let (start, host) = authority(shown).map_or((0, 0), |authority| (authority.start, authority.host));
        f.write_str(shown.get(..start).unwrap_or_default())?;
        f.write_str(shown.get(host..).unwrap_or_default())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A subprotocol is where tokens go that must not be in the URL.
        write!(f, "Endpoint({self}, {} protocols)", self.protocols().len())
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
            "ws://[::ffff:127.0.0.1]:8000",
            "ws://bücher.example:/",
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
            ("ws://example.com:80a/", InvalidUrl::Host),
            ("ws://[nope]/", InvalidUrl::Host),
            ("ws://[::1/", InvalidUrl::Host),
            ("ws://[::1]8000/", InvalidUrl::Host),
            ("ws:/example.com", InvalidUrl::Scheme),
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
