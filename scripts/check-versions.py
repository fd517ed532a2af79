#!/usr/bin/env python3
"""Checks that the versions in Cargo.toml are true: the oldest Rust, and the oldest of each dependency.

No older Rust is installed for it. Clippy's `incompatible_msrv` looks for what is too new in our code, and this asks the dependencies.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = ["core", "leptos-socket/macros", "leptos-socket"]


def main():
    check_rust()
    check_oldest(Path(sys.argv[1]))


def check_rust():
    data = metadata()
    folders = {ROOT / folder for folder in PUBLISHED}
    published = [package for package in data["packages"] if Path(package["manifest_path"]).parent in folders]
    wanted = published[0]["rust_version"]
    newer = [
        f"{package['name']} {package['version']} needs Rust {package['rust_version']}, and we promise {wanted}"
        for package in needed(data, published)
        if package["rust_version"] and number(package["rust_version"]) > number(wanted)
    ]
    if newer:
        sys.exit("\n".join(newer))
    print(f"   Rust {wanted}: enough for every dependency")


def check_oldest(copy):
    """With the oldest versions that Cargo.toml permits. As long as Cargo.lock has the same, every other test has used them."""
    shutil.rmtree(copy, ignore_errors=True)
    for folder in ["core", "leptos-socket"]:
        shutil.copytree(ROOT / folder, copy / folder, symlinks=True)
    manifest = (ROOT / "Cargo.toml").read_text()
    (copy / "Cargo.toml").write_text(re.sub(r"^members = .*", f"members = {PUBLISHED}", manifest, flags=re.MULTILINE))
    # The stable compiler has it too.
    nightly = {**os.environ, "RUSTC_BOOTSTRAP": "1"}
    subprocess.run(["cargo", "generate-lockfile", "--quiet", "-Zdirect-minimal-versions"], cwd=copy, env=nightly, check=True)
    oldest, locked = direct(copy), direct(ROOT)
    other = sorted(name for name, version in oldest.items() if locked.get(name) != version)
    print(f"   {len(oldest)} direct dependencies: Cargo.lock has the oldest version of {len(oldest) - len(other)}")
    if other:
        print(f"   Building with {', '.join(f'{name} {oldest[name]}' for name in other)}")
        features = "--features=leptos-socket/csr,leptos-socket/gloo,leptos-socket/scripted,leptos-socket/tracing"
        for target in [[], ["--target=wasm32-unknown-unknown"]]:
            command = ["cargo", "check", "--quiet", "--locked", "--workspace", features, *target]
            subprocess.run(command, cwd=copy, env={**os.environ, "CARGO_TARGET_DIR": str(copy / "target")}, check=True)


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version=1"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def needed(data, published):
    """What an app with these packages builds."""
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    seen, todo = set(), [package["id"] for package in published]
    while todo:
        this = todo.pop()
        if this in seen:
            continue
        seen.add(this)
        kinds = ((dep["pkg"], kind["kind"]) for dep in nodes[this]["deps"] for kind in dep["dep_kinds"])
        todo.extend(package for package, kind in kinds if kind != "dev")
    return [packages[package] for package in sorted(seen)]


def direct(root):
    """The versions of what the published packages depend on themselves, for their tests too."""
    locked = tomllib.loads((root / "Cargo.lock").read_text())["package"]
    names = {tomllib.loads((root / folder / "Cargo.toml").read_text())["package"]["name"] for folder in PUBLISHED}
    versions = {f"{package['name']} {package['version']}": package["version"] for package in locked}
    versions |= {package["name"]: package["version"] for package in locked}
    wanted = {dep for package in locked if package["name"] in names for dep in package["dependencies"]}
    return {dep.split()[0]: versions[dep] for dep in wanted if dep not in names}


def number(version):
    return [int(part) for part in [*version.split("."), "0"][:3]]


main()
