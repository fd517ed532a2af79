//! The queries of the socket: how their data is, and how many components use it.

use leptos::prelude::*;

use super::Scope;
use crate::inspector::part::{explain, query_state};
use crate::inspector::text;
use crate::queries::inspect;

/// How many are in the page.
const MOST: usize = 100;

#[derive(Clone, Debug, PartialEq)]
struct Row {
    route: &'static str,
    state: &'static str,
    users: usize,
    asked: String,
    age: String,
    note: String,
}

pub(super) fn queries(scope: Scope) -> impl IntoView {
    let rows = Memo::new(move |_| {
        scope
            .show(|_, inner| {
                let now = inner.now();
                let row = |query: crate::queries::Inspected| Row {
                    route: query.route,
                    state: query_state(&query),
                    users: query.users,
                    asked: text::size(query.asked_bytes),
                    age: query.fetched_at.map_or_else(|| "–".to_owned(), |at| text::duration(now - at)),
                    note: match (&query.error, query.layers) {
                        (Some(error), _) => explain(error),
                        (None, 0) => String::new(),
                        (None, 1) => "1 change is not confirmed".to_owned(),
                        (None, layers) => format!("{layers} changes are not confirmed"),
                    },
                };
                inspect(inner).into_iter().take(MOST).map(row).collect::<Vec<_>>()
            })
            .unwrap_or_default()
    });
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Queries">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Route"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="number">"Users"</th>
                        <th scope="col" class="number wide">"Asked with"</th>
                        <th scope="col" class="number">"Age"</th>
                        <th scope="col" class="wide">"Note"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || 0..rows.with(Vec::len) key=|index| *index let:index>
                        {query(Memo::new(move |_| rows.with(|rows| rows.get(index).cloned())))}
                    </For>
                </tbody>
            </table>
            <Show when=move || rows.with(Vec::is_empty)>
                <p class="empty">"No component uses a query of this socket."</p>
            </Show>
        </div>
    }
}

fn query(row: Memo<Option<Row>>) -> impl IntoView {
    let of = move |read: fn(&Row) -> String| move || row.with(|row| row.as_ref().map(read));
    let state = move || row.with(|row| row.as_ref().map(|row| row.state)).unwrap_or_default();
    view! {
        <tr>
            <th scope="row"><code>{of(|row| row.route.to_owned())}</code></th>
            <td><span class=move || format!("outcome {}", state())>{state}</span></td>
            <td class="number">{of(|row| row.users.to_string())}</td>
            <td class="number wide">{of(|row| row.asked.clone())}</td>
            <td class="number">{of(|row| row.age.clone())}</td>
            <td class="wide">{of(|row| row.note.clone())}</td>
        </tr>
    }
}
