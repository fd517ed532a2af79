// Runs the benchmark in Chromium, and writes the tables of docs/SPEED.md.
//   node bench/speed/run.mjs DIRECTORY   where the module is that scripts/bench-browser.sh built
// CHROMIUM is the browser. ROUNDS and ROWS (a part of the names of rows) make it shorter; then nothing is written.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { formatted, replaceTable, table } from "../tables.mjs";
import { answer } from "./echo.mjs";

const { WebSocketServer } = createRequire(new URL("../../e2e/package.json", import.meta.url))("ws");

const DOCUMENT = "docs/SPEED.md";
const CLIENTS = ["the floor", "smallest client in JavaScript", "by hand in WebAssembly", "leptos-socket"];
const TIMEOUT = 600_000;
const { CHROMIUM, ROUNDS = "9", ROWS = "" } = process.env;
const isWhole = process.env.ROUNDS === undefined && ROWS === "";

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.mjs"></script>`;
const TYPES = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm" };
const SCRIPT = /^\/[a-z-]+\.mjs$/;
const MODULE = /^\/speed\/app(_opt\.wasm|\.js)$/;

const directory = process.argv[2];
let report;
const server = createServer(serve).listen(0, "127.0.0.1");
await once(server, "listening");
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket, { socket: stream }) => {
  const send = (frame) => {
    // What is sent in one tick leaves together. A system call for each frame would make the server the slowest part.
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    socket.send(frame);
  };
  socket.on("message", (data) => answer(data.toString(), send));
});

for (const setting of ["stand-in", "network"]) {
  const { rows, error } = await measureIn(setting);
  if (error) {
    console.error(`${setting}: ${error}`);
    process.exit(1);
  }
  const text = summary(rows);
  console.log(`\n${setting}\n${text}`);
  if (isWhole) replaceTable(DOCUMENT, setting, `${text}\n\n${conditions()}`);
}
process.exit();

/** Opens the page in a browser of its own, without anything attached that would slow it down, and awaits what it reports. */
async function measureIn(setting) {
  const profile = mkdtempSync(join(tmpdir(), "leptos-socket-bench-"));
  const query = new URLSearchParams({ setting, rounds: ROUNDS, rows: ROWS });
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const more = ["--js-flags=--expose-gc", `--user-data-dir=${profile}`];
  const url = `http://127.0.0.1:${server.address().port}/?${query}`;
  // A process group, so that its children end with it.
  const browser = spawn(CHROMIUM, [...flags, ...quiet, ...more, url], { stdio: "ignore", detached: true });
  const end = () => {
    try {
      process.kill(-browser.pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  process.once("exit", end);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  try {
    return await Promise.race([
      new Promise((resolve) => (report = resolve)),
      once(browser, "exit").then(() => ({ error: "the browser ended" })),
      new Promise((resolve) => setTimeout(resolve, TIMEOUT, { error: `no result within ${TIMEOUT / 1000} s` })),
    ]);
  } finally {
    process.removeListener("exit", end);
    end();
    if (browser.exitCode === null && browser.signalCode === null) await once(browser, "exit");
  }
}

async function serve(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  // With these two a page has a clock of 5 µs, and not of 100 µs.
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  if (pathname === "/results") {
    const body = (await request.toArray()).join("");
    response.end();
    return report(JSON.parse(body));
  }
  if (pathname === "/") return response.setHeader("Content-Type", "text/html").end(PAGE);
  if (SCRIPT.test(pathname)) return sendFile(new URL(`.${pathname}`, import.meta.url));
  if (MODULE.test(pathname)) return sendFile(`${directory}${pathname}`);
  response.writeHead(404).end();

  function sendFile(path) {
    response.setHeader("Content-Type", TYPES[pathname.split(".").at(-1)]).end(readFileSync(path));
  }
}

function summary(rows) {
  const ratios = rows.map(({ name, times }) => [name, ...CLIENTS.map((_, index) => ratio(times, index)).slice(1)]);
  const micros = rows.map(({ name, units, times }) => [
    name,
    ...CLIENTS.map((_, index) => quartiles(times.map((round) => (round[index] * 1000) / units))[1].toFixed(1)),
  ]);
  const [floor, ...others] = CLIENTS;
  return [
    table([`throughput beside ${floor}`, ...others], ratios, 1),
    table(["microseconds for each call or push", floor, ...others], micros, 1),
  ].join("\n\n");
}

/** Of the rounds: each one compares two measurements that were made within a second or so. */
function ratio(times, index) {
  const [low, median, high] = quartiles(times.map((round) => round[0] / round[index])).map((value) => value.toFixed(2));
  return `${median} (${low} to ${high})`;
}

function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((part) => {
    const at = part * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
    return low + (high - low) * (at - Math.floor(at));
  });
}

function conditions() {
  const browser = execFileSync(CHROMIUM, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return `${formatted(Number(ROUNDS))} rounds in ${/[A-Z]\w+ [\d]+/.exec(browser)[0]}.`;
}
