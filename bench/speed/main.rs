//! The clients of the benchmark that are WebAssembly. `page.mjs` runs them beside those in `clients.mjs`.

mod clients;
mod ours;
mod payload;
mod raw;

fn main() {
    // Starts what runs the tasks of Leptos.
    leptos::mount::mount_to_body(|| ());
}
