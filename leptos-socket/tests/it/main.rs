//! What an app can rely on, driven natively over the scripted transport.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test may")]

#[cfg(not(feature = "ssr"))]
mod addresses;
#[cfg(not(feature = "ssr"))]
mod calls;
#[cfg(not(feature = "ssr"))]
mod captures;
#[cfg(not(feature = "ssr"))]
mod derive;
#[cfg(not(feature = "ssr"))]
mod driver;
#[cfg(not(feature = "ssr"))]
mod faults;
#[cfg(feature = "hydrate")]
mod hydration;
#[cfg(not(feature = "ssr"))]
mod identity;
#[cfg(not(feature = "ssr"))]
mod inspector;
#[cfg(not(feature = "ssr"))]
mod intercept;
#[cfg(not(feature = "ssr"))]
mod journeys;
#[cfg(not(feature = "ssr"))]
mod lazy;
#[cfg(not(feature = "ssr"))]
mod live;
#[cfg(not(feature = "ssr"))]
mod mounting;
#[cfg(not(feature = "ssr"))]
mod mutation;
#[cfg(not(feature = "ssr"))]
mod network;
#[cfg(not(feature = "ssr"))]
mod ownership;
#[cfg(not(feature = "ssr"))]
mod places;
#[cfg(not(feature = "ssr"))]
mod provider;
#[cfg(not(feature = "ssr"))]
mod pushes;
#[cfg(not(feature = "ssr"))]
mod query;
#[cfg(not(feature = "ssr"))]
mod random;
#[cfg(not(feature = "ssr"))]
mod recorder;
#[cfg(not(feature = "ssr"))]
mod recording;
#[cfg(not(feature = "ssr"))]
mod reentrancy;
#[cfg(not(feature = "ssr"))]
mod refreshing;
#[cfg(not(feature = "ssr"))]
mod registry;
#[cfg(feature = "ssr")]
mod rendering;
#[cfg(not(feature = "ssr"))]
mod room;
#[cfg(not(feature = "ssr"))]
mod secrets;
#[cfg(not(feature = "ssr"))]
mod server;
#[cfg(not(feature = "ssr"))]
mod signals;
#[cfg(not(feature = "ssr"))]
mod sources;
#[cfg(not(feature = "ssr"))]
mod status;
#[cfg(not(feature = "ssr"))]
mod subscribe;
#[cfg(not(feature = "ssr"))]
mod subscriptions;
#[cfg(not(feature = "ssr"))]
mod support;
#[cfg(not(feature = "ssr"))]
mod surface;
#[cfg(not(feature = "ssr"))]
mod truth;
