//! What a view needs of the browser.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Interval;
use js_sys::{Array, Date};
use leptos::prelude::{document, request_animation_frame, window};
use leptos_socket_core::Instant;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobPropertyBag, CssStyleDeclaration, CssStyleSheet, Element, HtmlAnchorElement, HtmlElement, ShadowRoot,
    ShadowRootInit, ShadowRootMode, Url,
};

use crate::inspector::model::export::millis;

/// Paints once in a frame, however often it is asked to; never while the page is hidden, because then there are no frames.
pub(super) struct Painter {
    paint: Box<dyn Fn()>,
    is_asked: Cell<bool>,
    is_open: Cell<bool>,
    /// Ages grow, though nothing happens.
    ticking: Cell<Option<Interval>>,
    this: Weak<Self>,
}

const TICK_MS: u32 = 500;

impl Painter {
    pub(super) fn new(paint: impl Fn() + 'static) -> Rc<Self> {
        Rc::new_cyclic(|this| Self {
            paint: Box::new(paint),
            is_asked: Cell::new(false),
            is_open: Cell::new(false),
            ticking: Cell::new(None),
            this: Weak::clone(this),
        })
    }

    /// There is nothing to paint while it is not open.
    pub(super) fn set_open(&self, is_open: bool) {
        self.is_open.set(is_open);
        let this = Weak::clone(&self.this);
        let tick = move || {
            if let Some(this) = this.upgrade() {
                this.ask();
            }
        };
        drop(self.ticking.replace(is_open.then(|| Interval::new(TICK_MS, tick))));
        self.ask();
    }

    pub(super) fn ask(&self) {
        if !self.is_open.get() || self.is_asked.replace(true) {
            return;
        }
        let this = Weak::clone(&self.this);
        request_animation_frame(move || {
            if let Some(this) = this.upgrade() {
                this.is_asked.set(false);
                if this.is_open.get() {
                    (this.paint)();
                }
            }
        });
    }
}

/// Gives an element a tree of its own, which no style of the page reaches and whose styles reach nothing else.
pub(super) fn attach_shadow(host: &Element, styles: &str) -> Option<Element> {
    let shadow = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)).ok()?;
    adopt(&shadow, styles);
    let root = document().create_element("div").ok()?;
    root.set_class_name("root");
    shadow.append_child(&root).ok()?;
    Some(root)
}

/// A style sheet that a script makes needs no permission of a content security policy. A browser that cannot do that gets an element.
fn adopt(shadow: &ShadowRoot, styles: &str) {
    let sheet = CssStyleSheet::new().and_then(|sheet| sheet.replace_sync(styles).map(|()| sheet));
    let can_adopt = js_sys::Reflect::has(shadow, &JsValue::from_str("adoptedStyleSheets")) == Ok(true);
    match sheet {
        Ok(sheet) if can_adopt => shadow.set_adopted_style_sheets(&Array::of1(&sheet)),
        _ => {
            if let Ok(style) = document().create_element("style") {
                style.set_text_content(Some(styles));
                // An inspector without styles still works.
                let _ = shadow.append_child(&style);
            }
        }
    }
}

/// The local time, in milliseconds, when the clock of the socket began.
pub(super) fn local_time_at_origin(now: Instant) -> u64 {
    let date = Date::new_0();
    let local = date.get_time() - date.get_timezone_offset() * 60_000.0;
    (local as u64).saturating_sub(millis(now))
}

/// Hands a file to the person. Nothing leaves the machine.
pub(super) fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&JsValue::from_str(text)), &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}

/// Acts once what has changed is in the page.
pub(super) fn in_next_frame(act: impl FnOnce() + 'static) {
    request_animation_frame(act);
}

/// Moves the focus to an element, once it is in the page.
pub(super) fn focus_soon(find: impl FnOnce() -> Option<HtmlElement> + 'static) {
    in_next_frame(move || {
        if let Some(element) = find() {
            // It never fails.
            let _ = element.focus();
        }
    });
}

/// The part of the page's address that names the host: for the name of a file.
pub(super) fn host_name() -> String {
    window().location().hostname().unwrap_or_default()
}

/// Room at the end of the page, so that it can be scrolled from under the panel. Dropping it gives the room back.
pub(super) struct Room {
    style: CssStyleDeclaration,
    before: String,
}

const ROOM: &str = "padding-bottom";

impl Room {
    pub(super) fn below_page(height: i32) -> Option<Self> {
        let style = document().document_element()?.dyn_into::<HtmlElement>().ok()?.style();
        let before = style.get_property_value(ROOM).ok()?;
        style.set_property(ROOM, &format!("{height}px")).ok()?;
        Some(Self { style, before })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // It was a value before.
        let _ = self.style.set_property(ROOM, &self.before);
    }
}

/// An element of the panel.
pub(super) fn by_id(panel: &HtmlElement, id: &str) -> Option<HtmlElement> {
    panel.query_selector(&format!("#{id}")).ok().flatten()?.dyn_into().ok()
}
