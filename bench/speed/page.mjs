// Runs in the page: measures the clients against each other, and sends what came out to the server.
import { Floor, SmallestClient } from "./clients.mjs";
import { PUSHES } from "./echo.mjs";
import { sumOfPushes } from "./payload.mjs";
import { StandIn } from "./stand-in.mjs";

const { setting, rounds, rows: wanted } = Object.fromEntries(new URLSearchParams(location.search));
const WARM_UPS = 2;

const calls = (size, records, total, inFlight, how) => ({
  name: `${size}, ${how}`,
  units: total,
  async run(client) {
    const right = await client.calls(records, total, inFlight);
    if (right !== total) throw new Error(`${client.constructor.name}: of ${total} replies ${right} were right`);
  },
});

const small = (total, inFlight, how) => calls("100 B", false, total, inFlight, how);
const records = (total, inFlight, how) => calls("10 KB of records", true, total, inFlight, how);

const pushes = {
  name: `${PUSHES.toLocaleString("en-US")} pushes of 100 B`,
  units: PUSHES,
  async run(client) {
    const sum = await client.pushes(PUSHES);
    if (sum !== sumOfPushes(PUSHES)) throw new Error(`${client.constructor.name}: the pushes were not right`);
  },
};

const ROWS = {
  "stand-in": [
    small(20_000, 1, "one after another"),
    small(20_000, 100, "100 in flight"),
    small(20_000, 10_000, "10,000 in flight"),
    records(500, 1, "one after another"),
    records(500, 100, "100 in flight"),
    records(10_000, 10_000, "10,000 in flight"),
    pushes,
  ],
  network: [
    small(2000, 1, "one after another"),
    small(10_000, 100, "100 in flight"),
    small(10_000, 10_000, "10,000 in flight"),
    pushes,
  ],
};

addEventListener("error", ({ message }) => send({ error: message }));
addEventListener("unhandledrejection", ({ reason }) => send({ error: String(reason) }));
send({ rows: await measure() });

async function measure() {
  // Before any client looks for it.
  if (setting === "stand-in") globalThis.WebSocket = StandIn;
  const { default: start, RawClient, OurClient } = await import("/speed/app.js");
  await start({ module_or_path: "/speed/app_opt.wasm" });
  const clients = [];
  for (const Client of [Floor, SmallestClient, RawClient, OurClient]) {
    clients.push(await Client.connect(`ws://${location.host}/`));
  }
  const results = [];
  for (const row of ROWS[setting].filter(({ name }) => name.includes(wanted))) {
    results.push({ name: row.name, units: row.units, times: await timesOf(row, clients) });
  }
  return results;
}

/** For each round, the milliseconds of each client. They take turns at going first. */
async function timesOf(row, clients) {
  const times = [];
  for (let round = -WARM_UPS; round < rounds; round++) {
    const taken = [];
    for (let turn = 0; turn < clients.length; turn++) {
      const index = (turn + round + WARM_UPS) % clients.length;
      taken[index] = await timeOf(() => row.run(clients[index]));
    }
    if (round >= 0) times.push(taken);
  }
  return times;
}

async function timeOf(run) {
  // What the one before left behind is not on the bill of the next.
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve));
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function send(results) {
  fetch("/results", { method: "POST", body: JSON.stringify(results) });
}
