//! The chaos bar: breaks the links of this tab, through the proxy that `make demo` puts in front of the board's server, and says
//! what came of it. Nothing in the page is switched off for that, so what happens is what would happen in a bad network.

mod fault;
mod proxy;
mod reports;

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_socket::{MutationRoute, Socket, SocketOptions, UseMutationOptions};

use super::api::ExpireTokens;
use super::session::Session;
use fault::{Fault, GROUPS};
use proxy::{Proxy, ProxyState};
use reports::{Report, Reports};

/// How often the bar looks at the proxy while it is open.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
pub struct Chaos {
    proxy: StoredValue<Proxy>,
    /// `None` if the proxy does not answer.
    state: RwSignal<Option<ProxyState>>,
    reports: Reports,
}

impl Chaos {
    /// `None` for a page that knows of no proxy.
    pub fn find() -> Option<Self> {
        let proxy = StoredValue::new(Proxy::find()?);
        Some(Self { proxy, state: RwSignal::new(None), reports: Reports::new() })
    }

    /// The address of a server, by which the proxy knows whose link it is.
    pub fn mark(self, url: &str) -> String {
        self.proxy.with_value(|proxy| proxy.mark(url))
    }

    /// Hears what the board's socket has to say.
    pub fn witness(self, options: SocketOptions) -> SocketOptions {
        self.reports.witness(options)
    }

    /// Hears how changes of one kind end.
    pub fn witness_changes<R: MutationRoute>(self, options: UseMutationOptions<R>) -> UseMutationOptions<R> {
        let reports = self.reports;
        options.on_success(move |_, _| reports.on_saved()).on_error(move |_, _| reports.on_failed())
    }

    /// Sees how many of them are under way.
    pub fn watch_pending(self, pending: Signal<usize>) {
        self.reports.watch_changes(pending);
    }

    fn look(self) {
        let proxy = self.proxy.get_value();
        spawn_local(async move { self.show(proxy.state().await) });
    }

    /// The page may have gone to the console meanwhile.
    fn show(self, state: Option<ProxyState>) {
        let _ = self.state.try_update(|shown| {
            if *shown != state {
                *shown = state;
            }
        });
    }

    fn cause(self, fault: Fault, socket: Socket) {
        let Some(state) = self.state.get_untracked() else { return };
        let proxy = self.proxy.get_value();
        let report = self.reports.begin(fault, !fault.is_on(&state.conditions));
        spawn_local(async move {
            let Some((path, body)) = fault.request(&state) else {
                report.done(socket.call(ExpireTokens {}).await.map(|()| 1).map_err(|_| ()));
                return;
            };
            let state = proxy.act(path, body).await;
            report.done(state.as_ref().map(|state| state.acted_on).ok_or(()));
            self.show(state);
        });
    }
}

/// There is one only if a proxy answers.
#[component]
pub fn ChaosBar(chaos: Chaos, socket: Socket, session: Session) -> impl IntoView {
    let is_found = RwSignal::new(false);
    let is_open = RwSignal::new(false);
    Effect::new(move |_| {
        if chaos.state.with(Option::is_some) {
            is_found.set(true);
        }
    });
    chaos.look();
    chaos.reports.watch(socket);
    let token = Memo::new(move |_| session.token());
    Effect::new(move |before: Option<Option<String>>| {
        let token = token.get();
        if before.flatten().is_some_and(|before| token.as_ref().is_some_and(|token| *token != before)) {
            chaos.reports.on_new_token();
        }
        token
    });

    view! {
        <Show when=move || is_found.get()>
            <aside class="chaos" class:is-open=is_open aria-label="Chaos">
                <button
                    type="button"
                    class="chaos-toggle"
                    aria-expanded=move || is_open.get().to_string()
                    on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
                >
                    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M13 2 4 14h6l-1 8 9-12h-6z" fill="currentColor" /></svg>
                    "Chaos"
                    {move || standing(chaos).map(|what| view! { <span class="chaos-standing">{what}</span> })}
                </button>
                <Show when=move || is_open.get()>
                    <Panel chaos socket session />
                </Show>
            </aside>
        </Show>
    }
}

#[component]
fn Panel(chaos: Chaos, socket: Socket, session: Session) -> impl IntoView {
    chaos.look();
    if let Ok(looking) = set_interval_with_handle(move || chaos.look(), LOOK_EVERY) {
        on_cleanup(move || looking.clear());
    }
    let list = chaos.reports.list;

    view! {
        <div class="chaos-panel">
            {GROUPS
                .map(|(who, faults)| view! {
                    <div class="chaos-group" role="group" aria-label=who>
                        <p aria-hidden="true">{who}</p>
                        <div class="chaos-buttons">
                            {faults.iter().map(|fault| view! { <Cause fault=*fault chaos socket session /> }).collect_view()}
                        </div>
                    </div>
                })}
        </div>
        <div class="chaos-log" role="log" aria-label="What happened" tabindex="0">
            <For each=move || list.get() key=|report| report.number let:report>
                <ShowReport report />
            </For>
            <Show when=move || list.read().is_empty()>
                <p class="muted">"Type something, break something, and see here what became of it."</p>
            </Show>
        </div>
        <p class="chaos-state" data-testid="chaos-state">{move || describe(chaos.state.get())}</p>
    }
}

#[component]
fn Cause(fault: Fault, chaos: Chaos, socket: Socket, session: Session) -> impl IntoView {
    let is_pressed = move || {
        let is_on = chaos.state.with(|state| state.as_ref().is_some_and(|state| fault.is_on(&state.conditions)));
        fault.is_switch().then(|| is_on.to_string())
    };
    let is_off = move || {
        let needs_name = fault == Fault::ExpireTokens && session.name().is_none();
        let needs_server = fault == Fault::Restart
            && chaos.state.with(|state| state.as_ref().is_some_and(|state| state.server.is_none()));
        needs_name || needs_server || chaos.state.with(Option::is_none)
    };
    view! {
        <button type="button" aria-pressed=is_pressed disabled=is_off on:click=move |_| chaos.cause(fault, socket)>
            {fault.label()}
            " "
            <span class="chaos-hint">{fault.hint()}</span>
        </button>
    }
}

#[component]
fn ShowReport(report: Report) -> impl IntoView {
    let Report { at, fault, is_on, seen, .. } = report;
    let what = if fault.is_switch() {
        format!("{} {}", fault.label(), if is_on { "on" } else { "off" })
    } else {
        fault.label().to_owned()
    };
    view! {
        <p class="chaos-report">
            <time>{at}</time>
            " "
            <b>{what}</b>
            " "
            <span>{move || seen.with(|seen| seen.text(fault, is_on))}</span>
        </p>
    }
}

/// What holds until it is switched off, for whoever closes the bar.
fn standing(chaos: Chaos) -> Option<String> {
    let conditions = chaos.state.get()?.conditions;
    let on = [Fault::Slow, Fault::Offline].into_iter().filter(|fault| fault.is_on(&conditions));
    let on: Vec<_> = on.map(Fault::label).collect();
    (!on.is_empty()).then(|| on.join(", "))
}

/// What the proxy says.
fn describe(state: Option<ProxyState>) -> String {
    let Some(state) = state else { return "The proxy does not answer.".to_owned() };
    let half_open = match state.links.iter().filter(|link| link.blackhole.is_some()).count() {
        0 => String::new(),
        count => format!(" ({count} half-open)"),
    };
    let server = state.server.map(|server| format!(" The server is {}.", server.state)).unwrap_or_default();
    let (own, others) = (state.links.len(), state.others);
    format!("A proxy does this to real connections: {own} of this tab{half_open}, {others} of others.{server}")
}
