//! The calls under way, with their ages against their deadlines; and those that are over.

use leptos::prelude::*;
use leptos_socket_core::Instant;

use super::Scope;
use crate::inspector::model::calls::CallLife;
use crate::inspector::text;

/// How many are in the page. Of many calls under way the oldest are of interest.
const MOST: usize = 60;
const MOST_OPEN: usize = 30;

#[derive(Clone, Debug, PartialEq)]
struct Row {
    state: &'static str,
    route: String,
    at: String,
    waited: String,
    took: String,
    deadline: String,
    /// In percent.
    spent: String,
    outcome: String,
}

pub(super) fn calls(scope: Scope) -> impl IntoView {
    let rows = Memo::new(move |_| {
        scope
            .show(|model, inner| {
                let (open, now) = (model.calls.open(), inner.now());
                let shown = open.into_iter().take(MOST_OPEN).map(|life| row(scope, life, now));
                let mut rows: Vec<_> = shown.collect();
                let room = MOST - rows.len();
                rows.extend(model.calls.ended().take(room).map(|life| row(scope, life, now)));
                rows
            })
            .unwrap_or_default()
    });
    let more = move || {
        let open = scope.show(|model, _| model.calls.open().len()).unwrap_or_default();
        open.checked_sub(MOST_OPEN + 1).map(|more| format!("and {} more under way", text::count(more as u64 + 1)))
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Calls">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Route"</th>
                        <th scope="col" class="wide">"Made at"</th>
                        <th scope="col" class="number wide">"Queued for"</th>
                        <th scope="col" class="number">"Time"</th>
                        <th scope="col" class="wide">"Deadline"</th>
                        <th scope="col">"Outcome"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || 0..rows.with(Vec::len) key=|index| *index let:index>
                        {call(Memo::new(move |_| rows.with(|rows| rows.get(index).cloned())))}
                    </For>
                </tbody>
            </table>
            <p class="note">{more}</p>
            <Show when=move || rows.with(Vec::is_empty)>
                <p class="empty">"No call since the inspector was opened."</p>
            </Show>
        </div>
    }
}

fn call(row: Memo<Option<Row>>) -> impl IntoView {
    let of = move |read: fn(&Row) -> String| move || row.with(|row| row.as_ref().map(read));
    let state = move || row.with(|row| row.as_ref().map(|row| row.state)).unwrap_or_default();
    view! {
        <tr class=state>
            <th scope="row"><code>{of(|row| row.route.clone())}</code></th>
            <td class="wide">{of(|row| row.at.clone())}</td>
            <td class="number wide">{of(|row| row.waited.clone())}</td>
            <td class="number">{of(|row| row.took.clone())}</td>
            <td class="wide">
                <span class="meter"><i style:width=move || of(|row| row.spent.clone())().unwrap_or_default()></i></span>
                {of(|row| row.deadline.clone())}
            </td>
            <td><span class=move || format!("outcome {}", state())>{of(|row| row.outcome.clone())}</span></td>
        </tr>
    }
}

fn row(scope: Scope, life: &CallLife, now: Instant) -> Row {
    let (state, outcome) = match (&life.end, life.sent) {
        (Some(end), _) => (if end.how.is_success() { "good" } else { "bad" }, end.how.text()),
        (None, Some(_)) => ("busy", "in flight".to_owned()),
        (None, None) => ("busy", "queued".to_owned()),
    };
    Row {
        state,
        route: life.route.clone(),
        at: scope.time_of(life.queued_at),
        waited: text::duration(life.waited(now)),
        took: text::duration(life.took(now)),
        deadline: life.deadline.map_or_else(|| "none".to_owned(), |at| text::duration(at - life.queued_at)),
        spent: life.spent(now).map_or_else(String::new, |spent| format!("{:.0}%", spent * 100.0)),
        outcome,
    }
}
