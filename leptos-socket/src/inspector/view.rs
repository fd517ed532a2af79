//! The panel, in a shadow tree: no style of the page reaches it, and none of its own leaks.

use std::rc::Rc;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::mount::mount_to_renderer;
use leptos::prelude::*;
use leptos_socket_core::Instant;
use web_sys::{Element, HtmlElement};

use super::model::Model;
use super::model::export::millis;
use super::model::log::{Entry, Filter, Listing};
use super::model::timeline::Phase;
use super::part::Inspector;
use super::{Limits, SecretKeys, text};
use crate::Socket;
use crate::reactive::keep;
use crate::socket::Inner;

mod calls;
mod detail;
mod messages;
mod overview;
mod page;
mod queries;

use page::Painter;

const STYLES: &str = include_str!("view/style.css");

/// What an app chose.
pub(super) struct Options {
    pub(super) inline: bool,
    pub(super) open: bool,
    pub(super) limits: Limits,
    pub(super) secrets: SecretKeys,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Messages,
    Calls,
    Queries,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Messages, Self::Calls, Self::Queries];

    const fn name(self) -> &'static str {
        match self {
            Self::Messages => "Messages",
            Self::Calls => "Calls",
            Self::Queries => "Queries",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Messages => "tab-messages",
            Self::Calls => "tab-calls",
            Self::Queries => "tab-queries",
        }
    }
}

/// What all parts of the panel share.
#[derive(Clone, Copy)]
struct Scope {
    socket: Socket,
    is_inline: bool,
    is_open: RwSignal<bool>,
    tab: RwSignal<Tab>,
    /// The one signal that changes while messages come: once in a frame.
    frame: RwSignal<u32>,
    /// Asked for once: two clocks never agree to the millisecond.
    local_time_at_origin: u64,
    painter: StoredValue<Option<Rc<Painter>>, LocalStorage>,
    listing: StoredValue<Listing, LocalStorage>,
    filter: RwSignal<Filter>,
    /// Whether the person stopped the list of messages.
    is_paused: RwSignal<bool>,
    /// Whether older ones are being looked at: then the list stands still too.
    is_scrolled: RwSignal<bool>,
    selected: RwSignal<Option<Rc<Entry>>, LocalStorage>,
    panel: NodeRef<html::Section>,
    opener: NodeRef<html::Button>,
}

/// Shows the panel in this element, until the current owner is cleaned up.
pub(super) fn mount(host: &Element, socket: Socket, options: Options) {
    let Some(root) = page::attach_shadow(host, STYLES) else { return };
    let watched = socket.with_inner(|inner| {
        let part = Inspector::of(inner);
        part.start(inner);
        part.set_limits(options.limits, options.secrets.clone());
        (part, inner.now())
    });
    let Some((part, now)) = watched else { return };
    let scope = Scope::new(socket, now, &options);
    let painter = Painter::new(move || scope.paint());
    let asked = Rc::downgrade(&painter);
    let view = part.add_view(move || {
        if let Some(painter) = asked.upgrade() {
            painter.ask();
        }
    });
    scope.painter.set_value(Some(Rc::clone(&painter)));
    painter.set_open(scope.is_open.get_untracked());
    keep(mount_to_renderer(&root, move || panel(scope)));
    keep(Mounted { part, view, painter });
}

/// What ends with the component.
struct Mounted {
    part: Rc<Inspector>,
    view: u32,
    painter: Rc<Painter>,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.painter.set_open(false);
        self.part.forget_view(self.view);
        self.part.stop();
    }
}

impl Scope {
    fn new(socket: Socket, now: Instant, options: &Options) -> Self {
        Self {
            socket,
            is_inline: options.inline,
            is_open: RwSignal::new(options.open || options.inline),
            tab: RwSignal::new(Tab::Messages),
            frame: RwSignal::new(0),
            local_time_at_origin: page::local_time_at_origin(now),
            painter: StoredValue::new_local(None),
            listing: StoredValue::new_local(Listing::default()),
            filter: RwSignal::new(Filter::default()),
            is_paused: RwSignal::new(false),
            is_scrolled: RwSignal::new(false),
            selected: RwSignal::new_local(None),
            panel: NodeRef::new(),
            opener: NodeRef::new(),
        }
    }

    /// All that has changed since the last frame.
    fn paint(self) {
        let stands_still = [self.is_paused, self.is_scrolled].map(|signal| signal.try_get_untracked().unwrap_or(true));
        if stands_still == [false, false] {
            self.catch_up();
        }
        self.frame.try_update(|frame| *frame = frame.wrapping_add(1));
    }

    fn catch_up(self) {
        self.read(|model, _| self.listing.try_update_value(|listing| listing.catch_up(&model.log)));
    }

    /// Paints with the next frame.
    fn ask(self) {
        if let Some(painter) = self.painter.try_get_value().flatten() {
            painter.ask();
        }
    }

    /// Reads the model. Nothing that this calls may make the socket act.
    fn read<T>(self, read: impl FnOnce(&Model, &Inner) -> T) -> Option<T> {
        self.socket.with_inner(|inner| read(&Inspector::of(inner).model.borrow(), inner))
    }

    /// Reads the model again in each frame.
    fn show<T>(self, read: impl FnOnce(&Model, &Inner) -> T) -> Option<T> {
        self.frame.track();
        self.read(read)
    }

    fn time_of(self, at: Instant) -> String {
        text::time_of_day(self.local_time_at_origin + millis(at))
    }

    fn set_open(self, is_open: bool) {
        self.is_open.set(is_open);
        if let Some(painter) = self.painter.get_value() {
            painter.set_open(is_open);
        }
        page::focus_soon(move || match is_open {
            true => self.panel.get_untracked().map(|panel| HtmlElement::clone(&panel)),
            false => self.opener.get_untracked().map(|opener| HtmlElement::clone(&opener)),
        });
    }

    /// The filter has changed: it looks at all messages again.
    fn change_filter(self, change: impl FnOnce(&mut Filter)) {
        self.filter.update(change);
        let filter = self.filter.get_untracked();
        self.listing.update_value(|listing| listing.set_filter(filter));
        self.catch_up();
        self.ask();
    }

    /// Forgets the messages.
    fn clear(self) {
        self.socket.with_inner(|inner| Inspector::of(inner).model.borrow_mut().clear());
        self.listing.update_value(Listing::start_anew);
        self.ask();
    }

    fn export(self) {
        let Some(text) = self.socket.with_inner(|inner| Inspector::of(inner).export(inner)) else { return };
        save("socket", &text);
    }
}

fn save(what: &str, text: &str) {
    let name = format!("{what}-{}.json", page::host_name());
    if page::download(&name, text).is_err() {
        leptos::logging::warn!("the browser does not take the file of the inspector");
    }
}

/// A button for what the flight recorder has, if the app records.
#[cfg(feature = "record")]
fn export_recording(socket: Socket) -> impl IntoView {
    let save_it = move |_| {
        if let Some(trace) = socket.recording() {
            save("recording", &trace.to_string());
        }
    };
    socket.recording().map(|_| view! { <button type="button" on:click=save_it>"Export recording"</button> })
}

#[cfg(not(feature = "record"))]
const fn export_recording(_: Socket) -> impl IntoView {}

/// The page makes room for a panel that floats over its end.
fn make_room(scope: Scope) {
    let room = StoredValue::new_local(None);
    Effect::new(move |_| {
        let panel = scope.panel.get().filter(|_| scope.is_open.get() && !scope.is_inline);
        // First the old one, which puts back what was there before.
        room.set_value(None);
        room.set_value(panel.and_then(|panel| page::Room::below_page(panel.offset_height())));
    });
}

fn panel(scope: Scope) -> impl IntoView {
    make_room(scope);
    let shortcut = window_event_listener(leptos::ev::keydown, move |event| {
        if !scope.is_inline && event.alt_key() && event.shift_key() && event.code() == "KeyI" {
            event.prevent_default();
            scope.set_open(!scope.is_open.get_untracked());
        }
    });
    on_cleanup(move || shortcut.remove());
    let phase = move || Phase::of(scope.socket.state().get()).name();
    view! {
        <Show when=move || !scope.is_open.get()>
            <button
                class="opener"
                type="button"
                node_ref=scope.opener
                aria-expanded="false"
                aria-keyshortcuts="Alt+Shift+I"
                title="Open the socket inspector (Alt+Shift+I)"
                on:click=move |_| scope.set_open(true)
            >
                <i class=move || format!("dot {}", phase())></i>
                "Socket inspector"
            </button>
        </Show>
        <Show when=move || scope.is_open.get()>
            <section
                class=if scope.is_inline { "panel inline" } else { "panel floating" }
                aria-label="Socket inspector"
                tabindex="-1"
                node_ref=scope.panel
                on:keydown=move |event| close_by_key(scope, &event)
            >
                {header(scope)}
                {overview::overview(scope)}
                {tabs(scope)}
                <div class="tab-panel" role="tabpanel" id="tab-panel" aria-labelledby=move || scope.tab.get().id()>
                    {move || match scope.tab.get() {
                        Tab::Messages => messages::messages(scope).into_any(),
                        Tab::Calls => calls::calls(scope).into_any(),
                        Tab::Queries => queries::queries(scope).into_any(),
                    }}
                </div>
            </section>
        </Show>
    }
}

/// Escape closes what was opened last.
fn close_by_key(scope: Scope, event: &KeyboardEvent) {
    if event.key() != "Escape" {
        return;
    }
    if scope.selected.get_untracked().is_some() {
        event.stop_propagation();
        scope.selected.set(None);
        scope.ask();
    } else if !scope.is_inline {
        event.stop_propagation();
        scope.set_open(false);
    }
}

fn header(scope: Scope) -> impl IntoView {
    let socket = scope.socket;
    let phase = move || Phase::of(socket.state().get()).name();
    let endpoint = move || {
        scope.show(|_, inner| inner.driver().endpoint().map_or_else(|| "no address".to_owned(), |at| at.to_string()))
    };
    let diagnosis = move || socket.diagnosis().get().map(|diagnosis| format!("Likely: {diagnosis}."));
    let is_closed = move || socket.state().get().is_closed();
    view! {
        <header class="bar">
            <h2>"Socket inspector"</h2>
            <p class=move || format!("state {}", phase())>
                <i class=move || format!("dot {}", phase())></i>
                <span class="state-text">{move || socket.state().get().to_string()}</span>
            </p>
            <code class="endpoint">{endpoint}</code>
            <p class="diagnosis">{diagnosis}</p>
            <div class="actions">
                <button type="button" on:click=move |_| socket.reconnect()>"Reconnect"</button>
                <button type="button" disabled=is_closed on:click=move |_| socket.close()>"Close socket"</button>
                <button type="button" on:click=move |_| scope.export()>"Export"</button>
                {export_recording(socket)}
                {(!scope.is_inline).then(|| view! {
                    <button
                        class="quiet"
                        type="button"
                        aria-expanded="true"
                        aria-label="Hide the inspector"
                        title="Hide (Escape)"
                        on:click=move |_| scope.set_open(false)
                    >
                        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" /></svg>
                    </button>
                })}
            </div>
        </header>
    }
}

fn tabs(scope: Scope) -> impl IntoView {
    let count = move |tab| {
        let count = scope.show(|model, inner| match tab {
            Tab::Messages => model.log.iter().len(),
            Tab::Calls => model.calls.open().len(),
            Tab::Queries => crate::queries::inspect(inner).len(),
        });
        text::count(count.unwrap_or_default() as u64)
    };
    let tab = move |tab: Tab| {
        let is_selected = move || scope.tab.get() == tab;
        view! {
            <button
                role="tab"
                type="button"
                id=tab.id()
                aria-controls="tab-panel"
                aria-selected=move || is_selected().to_string()
                tabindex=move || if is_selected() { "0" } else { "-1" }
                on:click=move |_| scope.tab.set(tab)
            >
                {tab.name()}
                <span class="count">{move || count(tab)}</span>
            </button>
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label="What to show" on:keydown=move |event| move_tab(scope, &event)>
            {Tab::ALL.map(tab)}
        </div>
    }
}

fn move_tab(scope: Scope, event: &KeyboardEvent) {
    let here = Tab::ALL.iter().position(|tab| *tab == scope.tab.get_untracked()).unwrap_or_default();
    let last = Tab::ALL.len() - 1;
    let next = match event.key().as_str() {
        "ArrowRight" => (here + 1) % Tab::ALL.len(),
        "ArrowLeft" => (here + last) % Tab::ALL.len(),
        "Home" => 0,
        "End" => last,
        _ => return,
    };
    event.prevent_default();
    scope.tab.set(Tab::ALL[next]);
    let id = Tab::ALL[next].id();
    page::focus_soon(move || page::by_id(&scope.panel.get_untracked()?, id));
}
