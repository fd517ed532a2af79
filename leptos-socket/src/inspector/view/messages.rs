//! The latest messages. However many there are, only those that can be seen are in the page.

use std::rc::Rc;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlElement;

use super::detail::detail;
use super::{Scope, page};
use crate::inspector::model::log::{Direction, Entry, Filter, Kind};
use crate::inspector::text;

/// The height of a row in pixels, as in the style sheet.
const ROW: usize = 28;

/// Whatever the size of the screen.
const MOST_ROWS: usize = 100;

/// Which rows can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Window {
    first: usize,
    rows: usize,
    of: usize,
}

pub(super) fn messages(scope: Scope) -> impl IntoView {
    // With no selection, the list is as wide as the panel.
    let has_detail = move || scope.selected.with(Option::is_some);
    view! {
        {toolbar(scope)}
        <div class=move || if has_detail() { "split" } else { "whole" }>
            {list(scope)}
            {move || scope.selected.get().map(|entry| detail(scope, &entry).into_any())}
        </div>
    }
}

fn toolbar(scope: Scope) -> impl IntoView {
    let shown = move || {
        scope.frame.track();
        let shown = scope.listing.with_value(|listing| listing.len());
        let dropped = scope.read(|model, _| model.log.total() - model.log.iter().len() as u64).unwrap_or_default();
        let dropped =
            if dropped > 0 { format!(", {} older ones dropped", text::count(dropped)) } else { String::new() };
        format!("{} shown{dropped}", text::count(shown as u64))
    };
    let kind = move |kind: Kind| {
        let is_shown = move || scope.filter.with(|filter| filter.shows(kind)).to_string();
        view! {
            <button
                class="chip"
                type="button"
                aria-pressed=is_shown
                on:click=move |_| scope.change_filter(|filter| filter.toggle(kind))
            >
                {kind.name()}
            </button>
        }
    };
    let pause = move |_| {
        scope.is_paused.update(|paused| *paused = !*paused);
        scope.ask();
    };
    let clear = move |_| {
        scope.clear();
        scope.selected.set(None);
    };
    view! {
        <div class="toolbar">
            <input
                type="search"
                placeholder="Search"
                aria-label="Search the messages"
                on:input=move |event| scope.change_filter(|filter| filter.search(&event_target_value(&event)))
            />
            {direction(scope)}
            {route(scope)}
            <div class="chips" role="group" aria-label="Kinds of messages">{Kind::ALL.map(kind)}</div>
            <p class="shown">{shown}</p>
            <button
                class="chip"
                type="button"
                aria-pressed=move || scope.is_paused.get().to_string()
                on:click=pause
            >
                "Pause"
            </button>
            <button class="chip" type="button" on:click=clear>"Clear"</button>
        </div>
    }
}

fn direction(scope: Scope) -> impl IntoView {
    let pick = move |text: String| {
        scope.change_filter(|filter| {
            filter.direction = match text.as_str() {
                "out" => Some(Direction::Out),
                "in" => Some(Direction::In),
                _ => None,
            };
        });
    };
    view! {
        <select aria-label="Direction" on:change=move |event| pick(event_target_value(&event))>
            <option value="">"Both directions"</option>
            <option value="out">"Sent"</option>
            <option value="in">"Received"</option>
        </select>
    }
}

fn route(scope: Scope) -> impl IntoView {
    let routes = RwSignal::new(Vec::new());
    // When it is about to be opened: nobody sees them before.
    let refresh = move || {
        let now = scope.read(|model, _| model.log.routes()).unwrap_or_default();
        let picked = scope.filter.with_untracked(|filter| filter.route.clone());
        let lost = picked.filter(|picked| !now.contains(picked));
        let now: Vec<_> = now.into_iter().chain(lost).collect();
        if routes.with_untracked(|known| *known != now) {
            routes.set(now);
        }
    };
    refresh();
    let pick = move |text: String| {
        scope.change_filter(|filter| filter.route = Some(text).filter(|route| !route.is_empty()));
    };
    view! {
        <select
            aria-label="Route"
            on:pointerdown=move |_| refresh()
            on:focus=move |_| refresh()
            on:change=move |event| pick(event_target_value(&event))
        >
            <option value="">"All routes"</option>
            <For each=move || routes.get() key=Clone::clone let:route>
                {
                    let text = route.clone();
                    view! { <option value=route>{text}</option> }
                }
            </For>
        </select>
    }
}

fn visible_rows(scope: Scope, list: NodeRef<html::Div>) -> Window {
    scope.frame.track();
    let of = scope.listing.with_value(|listing| listing.len());
    let (top, height) = list.get().map_or((0, 0), |list| (list.scroll_top(), list.client_height()));
    let (top, height) = (usize::try_from(top).unwrap_or_default(), usize::try_from(height).unwrap_or_default());
    let rows = (height / ROW + 2).min(MOST_ROWS);
    Window { first: (top / ROW).min(of), rows: rows.min(of.saturating_sub(top / ROW)), of }
}

fn list(scope: Scope) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    let window = Memo::new(move |_| visible_rows(scope, list));
    let on_scroll = move |_| {
        scope.is_scrolled.set(list.get_untracked().is_some_and(|list| list.scroll_top() > 0));
        scope.ask();
    };
    let behind = move || {
        let count = scope.show(|model, _| scope.listing.with_value(|listing| listing.behind(&model.log)));
        count.filter(|count| *count > 0).map(|count| format!("{} new", text::count(count as u64)))
    };
    let to_latest = move |_| {
        scope.is_paused.set(false);
        if let Some(list) = list.get_untracked() {
            list.set_scroll_top(0);
        }
        scope.ask();
    };
    // A row that cannot be seen is not in the page, and nothing may point to it.
    let active = move || {
        let Window { first, rows, .. } = window.get();
        let number = scope.selected.with(|entry| entry.as_ref().map(|entry| entry.number))?;
        let index = scope.listing.with_value(|listing| listing.index_of(number))?;
        (first..first + rows).contains(&index).then(|| row_id(number))
    };
    view! {
        <div class="list-frame">
            <Show when=move || behind().is_some()>
                <button class="behind" type="button" on:click=to_latest>{behind} ", show the latest"</button>
            </Show>
            <div
                class="list"
                role="listbox"
                tabindex="0"
                aria-label="Messages, the latest first"
                aria-activedescendant=active
                node_ref=list
                on:scroll=on_scroll
                on:keydown=move |event| {
                    if let Some(list) = list.get_untracked() {
                        select_by_key(scope, &list, &event);
                    }
                }
            >
                <div class="spacer" role="presentation" style:height=move || format!("{}px", window.get().of * ROW)>
                    <For each=move || 0..window.get().rows key=|row| *row let:row>{slot(scope, window, row)}</For>
                </div>
            </div>
            <Show when=move || window.get().of == 0>
                <p class="empty">{move || match scope.filter.with(|filter| *filter == Filter::default()) {
                    true => "No message since the inspector was opened.",
                    false => "No message matches the filter.",
                }}</p>
            </Show>
        </div>
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    index: usize,
    number: u64,
    of: usize,
    time: String,
    direction: Direction,
    kind: Kind,
    route: String,
    status: Option<u16>,
    preview: String,
    size: String,
}

/// The place of one row. It stays in the page while messages come and go.
fn slot(scope: Scope, window: Memo<Window>, nth: usize) -> impl IntoView {
    let row = Memo::new(move |_| {
        scope.frame.track();
        let Window { first, of, .. } = window.get();
        let entry = scope.listing.with_value(|listing| listing.get(first + nth).cloned())?;
        Some(row(scope, first + nth, of, &entry))
    });
    let of = move |read: fn(&Row) -> String| move || row.with(|row| row.as_ref().map(read));
    let is_selected = move || {
        let number = row.with(|row| row.as_ref().map(|row| row.number));
        number.is_some() && scope.selected.with(|entry| entry.as_ref().map(|entry| entry.number)) == number
    };
    let class = of(|row| {
        let is_bad = row.status.is_some_and(|status| !(200..300).contains(&status));
        format!("row {} {}", row.kind.name(), if is_bad { "bad" } else { "" })
    });
    let select = move |_| {
        let index = row.with_untracked(|row| row.as_ref().map(|row| row.index));
        if let Some(entry) = index.and_then(|index| scope.listing.with_value(|listing| listing.get(index).cloned())) {
            scope.selected.set(Some(entry));
        }
    };
    view! {
        <div
            class=class
            role="option"
            id=of(|row| row_id(row.number))
            aria-selected=move || is_selected().to_string()
            aria-setsize=of(|row| row.of.to_string())
            aria-posinset=of(|row| (row.index + 1).to_string())
            style:transform=of(|row| format!("translateY({}px)", row.index * ROW))
            on:click=select
        >
            <span class="time">{of(|row| row.time.clone())}</span>
            <span class="arrow">{of(|row| arrow(row.direction).to_owned())}</span>
            <span class="kind">{of(|row| row.kind.name().to_owned())}</span>
            <span class="route">{of(|row| row.route.clone())}</span>
            <span class="status">{of(|row| row.status.map(|status| status.to_string()).unwrap_or_default())}</span>
            <span class="preview">{of(|row| row.preview.clone())}</span>
            <span class="size">{of(|row| row.size.clone())}</span>
        </div>
    }
}

fn row(scope: Scope, index: usize, of: usize, entry: &Rc<Entry>) -> Row {
    Row {
        index,
        number: entry.number,
        of,
        time: scope.time_of(entry.at),
        direction: entry.direction,
        kind: entry.kind,
        route: entry.route.clone(),
        // Of what leaves it is always the same.
        status: entry.status.filter(|_| entry.direction == Direction::In),
        preview: text::preview(&entry.text),
        size: if entry.bytes > 0 { text::size(entry.bytes) } else { String::new() },
    }
}

const fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Out => "↑",
        Direction::In => "↓",
        Direction::Here => "·",
    }
}

fn row_id(number: u64) -> String {
    format!("row-{number}")
}

fn select_by_key(scope: Scope, list: &HtmlElement, event: &KeyboardEvent) {
    let count = scope.listing.with_value(|listing| listing.len());
    let Some(last) = count.checked_sub(1) else { return };
    let selected = scope.selected.with_untracked(|entry| entry.as_ref().map(|entry| entry.number));
    let here = selected.and_then(|number| scope.listing.with_value(|listing| listing.index_of(number)));
    let height = usize::try_from(list.client_height()).unwrap_or_default();
    let page = (height / ROW).max(1);
    let next = match (event.key().as_str(), here) {
        ("Home", _) | ("ArrowDown" | "ArrowUp" | "PageDown" | "PageUp", None) => 0,
        ("End", _) => last,
        ("ArrowDown", Some(here)) => (here + 1).min(last),
        ("ArrowUp", Some(here)) => here.saturating_sub(1),
        ("PageDown", Some(here)) => (here + page).min(last),
        ("PageUp", Some(here)) => here.saturating_sub(page),
        _ => return,
    };
    event.prevent_default();
    scope.selected.set(scope.listing.with_value(|listing| listing.get(next).cloned()));
    let list = list.clone();
    // Next to the details, which may only now be shown, the list is smaller.
    page::in_next_frame(move || show_row(&list, next));
}

fn show_row(list: &HtmlElement, index: usize) {
    let pixels = |length: i32| usize::try_from(length).unwrap_or_default();
    let (top, shown, height) = (index * ROW, pixels(list.scroll_top()), pixels(list.client_height()));
    let wanted = match top {
        top if top < shown => top,
        top if top + ROW > shown + height => (top + ROW).saturating_sub(height),
        _ => return,
    };
    list.set_scroll_top(i32::try_from(wanted).unwrap_or(i32::MAX));
}
