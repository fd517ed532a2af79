// The clients of the benchmark that are JavaScript. Each one can `connect`, make `calls` (and says how many of the replies
// were right), and count `pushes` (and says what the sum of their ids is).
import { isSame, pool, small } from "./payload.mjs";

/** The least that a page can do: no promise, no map. Whoever calls it knows what comes next. */
export class Floor {
  #socket;

  static async connect(url) {
    const client = new Floor();
    client.#socket = await open(url);
    return client;
  }

  calls(records, total, inFlight) {
    const payloads = pool(records);
    let made = 0;
    let settled = 0;
    let right = 0;
    const call = () => {
      const payload = payloads[made % payloads.length];
      this.#socket.send(JSON.stringify({ uuid: String(made), route: "echo", headers: {}, payload, status: 200 }));
      made += 1;
    };
    return new Promise((resolve) => {
      this.#socket.onmessage = ({ data }) => {
        const { uuid, payload } = JSON.parse(data);
        if (isSame(records, payloads[uuid % payloads.length], payload)) right += 1;
        settled += 1;
        if (made < total) call();
        if (settled === total) resolve(right);
      };
      for (let started = 0; started < inFlight; started++) call();
    });
  }

  pushes(total) {
    let missing = total;
    let sum = 0;
    return new Promise((resolve) => {
      this.#socket.onmessage = ({ data }) => {
        sum += JSON.parse(data).payload.id;
        missing -= 1;
        if (missing === 0) resolve(sum);
      };
      this.#socket.send(JSON.stringify({ uuid: "", route: "push", headers: {}, payload: small[0], status: 200 }));
    });
  }
}

/** The smallest client that is one: a map of the calls in flight, and a promise for each. */
export class SmallestClient {
  #socket;
  #waiting = new Map();
  #onPush = () => {};

  static async connect(url) {
    const client = new SmallestClient();
    client.#socket = await open(url);
    client.#socket.onmessage = ({ data }) => client.#receive(JSON.parse(data));
    return client;
  }

  call(payload) {
    const uuid = crypto.randomUUID();
    return new Promise((resolve) => {
      this.#waiting.set(uuid, resolve);
      this.#send(uuid, "echo", payload);
    });
  }

  async calls(records, total, inFlight) {
    const payloads = pool(records);
    let made = 0;
    let right = 0;
    const oneAfterAnother = async () => {
      while (made < total) {
        const payload = payloads[made++ % payloads.length];
        const reply = await this.call(payload);
        if (isSame(records, payload, reply.payload)) right += 1;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, oneAfterAnother));
    return right;
  }

  pushes(total) {
    let missing = total;
    let sum = 0;
    return new Promise((resolve) => {
      this.#onPush = ({ payload }) => {
        sum += payload.id;
        missing -= 1;
        if (missing === 0) resolve(sum);
      };
      this.#send(crypto.randomUUID(), "push", small[0]);
    });
  }

  #send(uuid, route, payload) {
    this.#socket.send(JSON.stringify({ uuid, route, headers: {}, payload, status: 200 }));
  }

  #receive(message) {
    const resolve = this.#waiting.get(message.uuid);
    if (resolve === undefined) return this.#onPush(message);
    this.#waiting.delete(message.uuid);
    resolve(message);
  }
}

function open(url) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve(socket);
  });
}
