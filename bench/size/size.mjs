// Compares the pages that scripts/size.sh built.
//   node bench/size/size.mjs report DIRECTORY   writes the tables of docs/SIZE.md, and lowers the budget
//   node bench/size/size.mjs hooks DIRECTORY HOOK...   writes the table of hooks
//   node bench/size/size.mjs check DIRECTORY   compares with bench/budget.json
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

import { formatted, replaceTable, table } from "../tables.mjs";
import { ownerOf, plain } from "./owner.mjs";
import { functionsOf } from "./wasm-functions.mjs";

const DOCUMENT = "docs/SIZE.md";
const BUDGET = "bench/budget.json";
const PAGES = {
  bare: "no socket",
  gloo: "gloo-net and serde_json by hand",
  use_websocket: "`use_websocket` of leptos-use",
  socket: "leptos-socket",
  everything: "leptos-socket, everything that it offers",
};
/** For developers, so not among what a page offers. */
const INSPECTOR_PAGES = {
  inspectable: "`socket` with the feature `inspector`, and no inspector in the page",
  inspected: "`socket` with a `SocketInspector`",
};
/** Crates and modules with fewer bytes than this on all pages share a line. */
const SMALL = 1500;

const [command, directory, ...hooks] = process.argv.slice(2);
const budget = JSON.parse(readFileSync(BUDGET, "utf8"));
({ report, hooks: reportHooks, check })[command]();

function report() {
  const all = { ...PAGES, ...INSPECTOR_PAGES };
  const sizes = mapValues(all, (_, page) => sizesOf(page));
  const rows = Object.entries(all).map(([page, what]) => {
    const { raw, gzip, brotli } = sizes[page];
    return [`\`${page}\``, what, ...[raw, gzip, brotli, gzip - sizes.bare.gzip].map(formatted)];
  });
  const pages = table(["page", "", "raw", "gzip", "brotli", "gzip, beyond `bare`"], rows, 2);
  replaceTable(DOCUMENT, "pages", `${pages}\n\n${versions()}`);

  replaceTable(DOCUMENT, "crates", ownersTable("crate", Object.keys(PAGES), () => true));
  const isOurs = ({ crate }) => crate.startsWith("leptos_socket");
  replaceTable(DOCUMENT, "modules", ownersTable("module", ["socket", "everything"], isOurs));
  replaceTable(DOCUMENT, "std", ownersTable("module", ["bare", "gloo", "socket", "everything"], ({ crate }) => crate === "std"));
  lowerBudget(sizes);
  console.log(pages);
}

function reportHooks() {
  const base = gzipOf("socket");
  const more = hooks.map((hook) => [hook, gzipOf(hook) - base]).sort(([, a], [, b]) => b - a);
  const text = table(["with", "gzip, beyond `socket`"], more.map(([hook, bytes]) => [`\`${hook}\``, formatted(bytes)]), 1);
  replaceTable(DOCUMENT, "hooks", text);
  console.log(text);
}

function check() {
  const faults = [];
  for (const [page, allowed] of Object.entries(budget.gzip)) {
    const gzip = gzipOf(page);
    const limit = Math.floor(allowed * (1 + budget.tolerance));
    console.log(`${page}: ${formatted(gzip)} bytes of gzip, and ${formatted(limit)} are allowed`);
    if (gzip > limit) faults.push(`${page} has grown from ${formatted(allowed)} to ${formatted(gzip)} bytes of gzip`);
  }
  const [plainly, fully] = ["socket", "everything"].map((page) => namedFunctions(page).map(({ name }) => name));
  for (const pattern of budget.absent) {
    const found = plainly.filter((name) => new RegExp(pattern).test(name));
    if (found.length > 0) faults.push(`socket must not have /${pattern}/, and has:\n  ${found.slice(0, 5).join("\n  ")}`);
    // A name that is nowhere would be absent for ever, whatever the page has.
    if (!fully.some((name) => new RegExp(pattern).test(name))) faults.push(`even everything has no /${pattern}/`);
  }
  const unused = namedFunctions("inspectable").filter(({ name }) => /leptos_socket::inspector::/.test(name));
  if (unused.length > 0) faults.push(`a page without an inspector must not have its code, and has ${unused[0].name}`);
  if (faults.length > 0) {
    console.error(`${faults.join("\n")}\nIf that is meant to be so, change ${BUDGET}.`);
    process.exit(1);
  }
}

/** What a browser downloads: the module and its JavaScript. */
function sizesOf(page) {
  return { raw: sizeOf(page, (bytes) => bytes), gzip: gzipOf(page), brotli: sizeOf(page, brotliCompressSync) };
}

/** By the command: zlib's differs from one Node.js to the next. */
function gzipOf(page) {
  return sizeOf(page, (input) => execFileSync("gzip", ["-9n"], { input }));
}

function sizeOf(page, compressed) {
  const files = ["app_opt.wasm", "app.js"].map((file) => readFileSync(`${directory}/${page}/${file}`));
  return files.reduce((sum, bytes) => sum + compressed(bytes).length, 0);
}

/** Before wasm-opt, which drops the names. */
function namedFunctions(page) {
  const functions = functionsOf(readFileSync(`${directory}/${page}/app_bg.wasm`));
  return functions.map(({ name, bytes }) => ({ name: plain(name), bytes }));
}

/** The bytes of functions on each page, by their crate or module. */
function ownersTable(by, pages, isWanted) {
  const bytes = {};
  pages.forEach((page, column) => {
    for (const one of ownedFunctions(page).filter(isWanted)) {
      bytes[one[by]] ??= pages.map(() => 0);
      bytes[one[by]][column] += one.bytes;
    }
  });
  const last = pages.length - 1;
  const names = Object.keys(bytes).sort((a, b) => bytes[b][last] - bytes[a][last]);
  const isLarge = (name) => Math.max(...bytes[name]) >= SMALL;
  const small = names.filter((name) => !isLarge(name));
  const sum = (names) => pages.map((_, column) => formatted(names.reduce((sum, name) => sum + bytes[name][column], 0)));
  const rows = [
    ...names.filter(isLarge).map((name) => [name.includes(" ") ? name : `\`${name}\``, ...sum([name])]),
    [`${small.length} others`, ...sum(small)],
    ["all", ...sum(names)],
  ];
  return table([by, ...pages.map((page) => `\`${page}\``)], rows, 1);
}

function ownedFunctions(page) {
  return namedFunctions(page).map(({ name, bytes }) => {
    const owner = ownerOf(name);
    return { bytes, ...(owner.crate === page ? { crate: "the page itself", module: "the page itself" } : owner) };
  });
}

function lowerBudget(sizes) {
  const lower = mapValues(budget.gzip, (allowed, page) => Math.min(allowed, sizes[page].gzip));
  writeFileSync(BUDGET, `${JSON.stringify({ ...budget, gzip: lower }, null, 2)}\n`);
}

function versions() {
  const [rustc, bindgen, opt] = ["rustc", "wasm-bindgen", "wasm-opt"].map((tool) =>
    execFileSync(tool, ["--version"], { encoding: "utf8" }).replace(/ \(.*/s, "").trim(),
  );
  return `With ${rustc}, ${bindgen} and ${opt}.`;
}

function mapValues(object, f) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value, key)]));
}
