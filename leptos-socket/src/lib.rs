//! WIP
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod call;
mod driver;
mod error;
mod lifecycle;
mod options;
mod owned;
mod signals;
mod socket;
mod sockets;
pub mod transport;
mod url;

pub use call::Call;
pub use error::{AddSocketError, InvalidUrl};
pub use leptos_socket_core::{
    CallError, CallId, CloseCode, CloseReason, ConfigError, DecodeError, Headers, Incoming, Message, NotSent,
    OutcomeUnknown, Payload, QueueLimit, Replied, Route, Sent, SocketConfig, SocketConfigBuilder, SocketState,
    StatusCode,
};
pub use options::SocketOptions;
pub use socket::Socket;
pub use sockets::{SocketProvider, Sockets, provide_sockets, try_use_sockets, use_sockets};
