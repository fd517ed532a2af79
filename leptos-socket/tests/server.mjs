// The server of the tests in the browser. Speaks the protocol, and does what the route of a message says.
// Its first line on stdout is its address. The path of a link is the name under which tests ask for it.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../e2e/package.json", import.meta.url));
const { WebSocketServer } = require("ws");

// Compiled into the tests: with the same port as last time nothing is built again.
const PREFERRED_PORT = 28765;
const REFUSED = "/refused";

/** What is known of the links of one name: how many were opened, what they noted, their close codes, who waits for the last. */
const histories = new Map();

const routes = {
  PING: (link, { uuid }) => answer(link, uuid, {}, { route: "PONG" }),
  echo: (link, { uuid, payload }) => answer(link, uuid, payload),
  note: (link, { payload }) => {
    link.notes.push(payload);
    link.history.notes.push(payload);
  },
  /** Notes it, pushes that to the link, and answers. */
  add: (link, { uuid, payload }) => {
    link.notes.push(payload);
    link.send(JSON.stringify({ route: "added", payload }));
    answer(link, uuid, null);
  },
  notes: (link, { uuid }) => answer(link, uuid, link.notes),
  /** The notes of all links of that name. */
  noted: (link, { uuid, payload }) => answer(link, uuid, historyOf(payload).notes),
  hangUp: (link, { payload }) => link.close(payload),
  die: (link) => link.terminate(),
  binary: (link, { uuid, payload }) => {
    link.send(Buffer.alloc(payload));
    answer(link, uuid, null);
  },
  burst: (link, { uuid, payload }) => {
    for (let i = 0; i < payload; i++) link.send(JSON.stringify({ route: "tick", payload: i }));
    answer(link, uuid, null);
  },
  /** Replies, with their close codes, when no link of that name is open any more, and there was one. */
  codes: (link, { uuid, payload }) => {
    const history = historyOf(payload);
    history.waiting.push(() => answer(link, uuid, history.codes));
    tell(history);
  },
  opened: (link, { uuid, payload }) => answer(link, uuid, historyOf(payload).opened),
};

const [server, port] = await listen(PREFERRED_PORT).catch(() => listen(0));
server.on("connection", (link, request) => {
  const history = historyOf(decodeURIComponent(request.url.slice(1)));
  history.opened += 1;
  Object.assign(link, { history, notes: [] });
  link.on("message", (data) => {
    const message = JSON.parse(data);
    routes[message.route](link, message);
  });
  link.on("close", (code) => {
    history.codes.push(code);
    tell(history);
  });
});
console.log(`ws://127.0.0.1:${port}`);

function listen(port) {
  const verifyClient = ({ req }) => req.url !== REFUSED;
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({ host: "127.0.0.1", port, verifyClient, maxPayload: 2 ** 25 });
    server.once("listening", () => resolve([server, server.address().port]));
    server.once("error", reject);
  });
}

function answer(link, uuid, payload, more = {}) {
  link.send(JSON.stringify({ uuid, headers: {}, payload, status: 200, ...more }));
}

function historyOf(name) {
  if (!histories.has(name)) histories.set(name, { opened: 0, codes: [], notes: [], waiting: [] });
  return histories.get(name);
}

function tell(history) {
  if (history.opened === 0 || history.codes.length < history.opened) return;
  for (const reply of history.waiting.splice(0)) reply();
}
