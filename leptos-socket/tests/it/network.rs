//! A network of several addresses: the test says what happens at which, and sees what came to which.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use leptos_socket::transport::scripted::Scripted;
use leptos_socket::transport::{Input, Link, LinkInputs, Transport, TransportError};
use leptos_socket::{CloseCode, Endpoint, Instant};
use serde_json::Value;

#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) world: Scripted,
    links: Rc<RefCell<Vec<Known>>>,
    frames: Rc<RefCell<Vec<Frame>>>,
}

#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) url: String,
    pub(crate) is_held: bool,
}

/// A frame that the server got; no ping.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) link: usize,
    pub(crate) url: String,
    pub(crate) json: Value,
}

impl Frame {
    pub(crate) fn route(&self) -> &str {
        self.json["route"].as_str().unwrap()
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.json["headers"]["token"].as_str()
    }

    pub(crate) fn uuid(&self) -> &str {
        self.json["uuid"].as_str().unwrap()
    }
}

impl Network {
    pub(crate) fn new(world: &Scripted) -> Self {
        Self { world: world.clone(), links: Rc::default(), frames: Rc::default() }
    }

    pub(crate) fn links(&self) -> Vec<Known> {
        self.links.borrow().clone()
    }

    /// The URLs of the links that are held.
    pub(crate) fn held(&self) -> Vec<String> {
        self.links.borrow().iter().filter(|link| link.is_held).map(|link| link.url.clone()).collect()
    }

    /// The newest link to an address that contains this.
    fn link(&self, address: &str) -> usize {
        self.links.borrow().iter().rposition(|link| link.url.contains(address)).unwrap()
    }

    pub(crate) fn accept(&self, address: &str) {
        self.world.report_on(self.link(address), Input::Opened);
    }

    pub(crate) fn close(&self, address: &str, code: u16) {
        self.world.report_on(self.link(address), Input::Closed(code.into()));
    }

    pub(crate) fn push(&self, address: &str, route: &str, payload: &str) {
        let text = format!(r#"{{"route":"{route}","payload":{payload}}}"#);
        self.world.report_on(self.link(address), Input::Text(text));
    }

    /// What came to an address since this was asked last.
    pub(crate) fn take(&self, address: &str) -> Vec<Frame> {
        self.frames.borrow_mut().extract_if(.., |frame| frame.url.contains(address)).collect()
    }

    /// What came anywhere, as address, route and token.
    pub(crate) fn seen(&self) -> Vec<(String, String, Option<String>)> {
        let frames = self.take("");
        let seen = |frame: &Frame| (frame.url.clone(), frame.route().to_owned(), frame.token().map(str::to_owned));
        frames.iter().map(seen).collect()
    }

    pub(crate) fn routes(&self, address: &str) -> Vec<String> {
        self.take(address).iter().map(|frame| frame.route().to_owned()).collect()
    }

    /// Answers the oldest frame of a route, wherever it came.
    pub(crate) fn answer(&self, route: &str, status: u16, payload: &str) -> bool {
        let mut frames = self.frames.borrow_mut();
        let Some(index) = frames.iter().position(|frame| frame.route() == route) else { return false };
        let frame = frames.remove(index);
        drop(frames);
        self.answer_to(&frame, status, payload);
        true
    }

    pub(crate) fn answer_to(&self, frame: &Frame, status: u16, payload: &str) {
        let text = format!(r#"{{"uuid":"{}","headers":null,"payload":{payload},"status":{status}}}"#, frame.uuid());
        self.world.report_on(frame.link, Input::Text(text));
    }
}

impl Transport for Network {
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        let link = self.world.open(endpoint, inputs)?;
        let mut links = self.links.borrow_mut();
        links.push(Known { url: endpoint.url().to_owned(), is_held: true });
        Ok(Box::new(Recorded { network: self.clone(), index: links.len() - 1, link }))
    }

    fn now(&self) -> Instant {
        self.world.now()
    }

    fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        self.world.wake_at(at, wake)
    }
}

struct Recorded {
    network: Network,
    index: usize,
    link: Box<dyn Link>,
}

impl Link for Recorded {
    fn send(&self, text: &str) -> Result<(), TransportError> {
        self.link.send(text)?;
        let json: Value = serde_json::from_str(text).unwrap();
        if json["route"] != "PING" {
            let url = self.network.links.borrow()[self.index].url.clone();
            self.network.frames.borrow_mut().push(Frame { link: self.index, url, json });
        }
        Ok(())
    }

    fn buffered(&self) -> usize {
        self.link.buffered()
    }

    fn close(&self, code: CloseCode) {
        self.link.close(code);
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.network.links.borrow_mut()[self.index].is_held = false;
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Network({:?})", self.held())
    }
}
