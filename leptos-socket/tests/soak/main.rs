//! The page of the soak: `make soak` opens it in a real browser, and plays a bad network. Not a test by itself.
//!
//! `e2e/soak/` calls what is exported here.

#[cfg(target_arch = "wasm32")]
mod api;
#[cfg(target_arch = "wasm32")]
mod desk;
#[cfg(target_arch = "wasm32")]
mod dice;
#[cfg(target_arch = "wasm32")]
mod leaks;
#[cfg(target_arch = "wasm32")]
mod line;
#[cfg(target_arch = "wasm32")]
mod load;
#[cfg(target_arch = "wasm32")]
mod log;

fn main() {
    #[cfg(target_arch = "wasm32")]
    load::prepare();
}
