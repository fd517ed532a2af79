//! `docs/PITFALLS.md` names tests. They exist.

use std::fs;
use std::path::Path;

/// Where `core::calls::x`, `leptos::calls::x` and `e2e::close` may be.
fn places(name: &str) -> Vec<String> {
    match name.split("::").collect::<Vec<_>>()[..] {
        ["core", module, _] => vec![format!("core/tests/it/{module}.rs"), format!("core/src/{module}.rs")],
        ["leptos", module, _] => vec![format!("leptos-socket/tests/it/{module}.rs")],
        ["e2e", spec] => vec![format!("e2e/tests/{spec}.spec.ts")],
        _ => vec![],
    }
}

fn exists(root: &Path, name: &str) -> bool {
    let test = name.starts_with("e2e").then(String::new);
    let test = test.unwrap_or_else(|| format!("fn {}(", name.rsplit("::").next().unwrap_or_default()));
    places(name).iter().any(|place| fs::read_to_string(root.join(place)).is_ok_and(|text| text.contains(&test)))
}

#[test]
fn every_test_that_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join("docs/PITFALLS.md")).unwrap();
    let table_rows = page.lines().filter(|line| line.starts_with('|'));
    let names: Vec<_> = table_rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    let names: Vec<_> = names.into_iter().filter(|name| name.contains("::")).collect();
    assert!(names.len() > 80, "{}", names.len());
    let missing: Vec<_> = names.into_iter().filter(|name| !exists(root, name)).collect();
    assert!(missing.is_empty(), "docs/PITFALLS.md names tests that do not exist: {missing:#?}");
}
