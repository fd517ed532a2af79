//! With leptos's feature `nightly`, signals are functions, but only where the compiler is a nightly one.

use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(rustc_nightly)");
    println!("cargo::rerun-if-changed=build.rs");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output();
    if version.is_ok_and(|version| String::from_utf8_lossy(&version.stdout).contains("nightly")) {
        println!("cargo::rustc-cfg=rustc_nightly");
    }
}
