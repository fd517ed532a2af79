//! Status codes, as the backends name them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a message: an HTTP-like code, carried in the envelope.
///
/// The named codes are the backends' own list, which is HTTP's except for [`StatusCode::PENDING`] (402). A code that is not
/// in the list is kept as it is.
///
/// ```
/// # use leptos_socket_core::StatusCode;
/// assert!(StatusCode::CREATED.is_success());
/// assert!(!StatusCode::PENDING.is_success());
/// assert_eq!(StatusCode::NOT_FOUND.to_string(), "404");
/// assert_eq!(StatusCode::new(799).to_string(), "799");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatusCode(u16);

impl StatusCode {
    /// The code `code`, named or not.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    pub(crate) fn write(self, json: &mut String) {
        json.push_str(&self.0.to_string());
    }

    /// Whether the code is from 200 to 299, which is what the backends call successful.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self.0, 200..=299)
    }
}

/// 200, which the backends give to a message that names no status.
impl Default for StatusCode {
    fn default() -> Self {
        Self::OK
    }
}

impl From<u16> for StatusCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusCode({self})")
    }
}

macro_rules! status_codes {
    ($($constant:ident = $code:literal $name:literal),* $(,)?) => {
        impl StatusCode {
            $(
                #[doc = concat!(stringify!($code), ": ", $name, ".")]
                pub const $constant: Self = Self($code);
            )*

            /// What the backends call this code; `None` for one that they do not list.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

status_codes! {
    OK = 200 "OK",
    CREATED = 201 "Created",
    ACCEPTED = 202 "Accepted",
    NO_CONTENT = 204 "No Content",
    BAD_REQUEST = 400 "Bad Request",
    UNAUTHORIZED = 401 "Unauthorized",
    PENDING = 402 "Pending",
    FORBIDDEN = 403 "Forbidden",
    NOT_FOUND = 404 "Not Found",
    METHOD_NOT_ALLOWED = 405 "Method Not Allowed",
    NOT_ACCEPTABLE = 406 "Not Acceptable",
    REQUEST_TIMEOUT = 408 "Request Timeout",
    CONFLICT = 409 "Conflict",
    GONE = 410 "Gone",
    LENGTH_REQUIRED = 411 "Length Required",
    PRECONDITION_FAILED = 412 "Precondition Failed",
    PAYLOAD_TOO_LARGE = 413 "Payload Too Large",
    URI_TOO_LONG = 414 "URI Too Long",
    UNSUPPORTED_MEDIA_TYPE = 415 "Unsupported Media Type",
    RANGE_NOT_SATISFIABLE = 416 "Range Not Satisfiable",
    EXPECTATION_FAILED = 417 "Expectation Failed",
    TOO_MANY_REQUESTS = 429 "Too Many Requests",
    INTERNAL_SERVER_ERROR = 500 "Internal Server Error",
    NOT_IMPLEMENTED = 501 "Not Implemented",
    BAD_GATEWAY = 502 "Bad Gateway",
    SERVICE_UNAVAILABLE = 503 "Service Unavailable",
    GATEWAY_TIMEOUT = 504 "Gateway Timeout",
    HTTP_VERSION_NOT_SUPPORTED = 505 "HTTP Version Not Supported",
}
