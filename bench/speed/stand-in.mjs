// In place of the browser's WebSocket: a server without a network. What is measured with it is the clients alone.
import { answer } from "./echo.mjs";

export class StandIn {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;

  bufferedAmount = 0;
  binaryType = "blob";
  extensions = "";
  protocol = "";
  readyState = StandIn.CONNECTING;

  // A browser delivers each frame in a task of its own.
  #tasks = new MessageChannel();
  #listeners = { open: [], message: [], close: [], error: [] };
  #frames = [];
  #delivered = 0;

  constructor(url) {
    this.url = url;
    this.#tasks.port1.onmessage = this.#deliver;
    queueMicrotask(() => {
      this.readyState = StandIn.OPEN;
      this.#tell("open", { type: "open" });
    });
  }

  set onopen(listener) {
    this.#listeners.open = listener ? [listener] : [];
  }

  set onmessage(listener) {
    this.#listeners.message = listener ? [listener] : [];
  }

  addEventListener(type, listener) {
    this.#listeners[type].push(listener);
  }

  removeEventListener(type, listener) {
    this.#listeners[type] = this.#listeners[type].filter((one) => one !== listener);
  }

  send(text) {
    answer(text, (frame) => {
      this.#frames.push(frame);
      this.#tasks.port2.postMessage(null);
    });
  }

  close(code = 1000) {
    this.readyState = StandIn.CLOSED;
    this.#tasks.port1.close();
    queueMicrotask(() => this.#tell("close", { type: "close", code, reason: "", wasClean: true }));
  }

  /** One frame. As in a browser, what it wakes comes before the next one. */
  #deliver = () => {
    const data = this.#frames[this.#delivered];
    this.#delivered += 1;
    if (this.#delivered === this.#frames.length) {
      this.#frames = [];
      this.#delivered = 0;
    }
    this.#tell("message", { type: "message", data });
  };

  #tell(type, event) {
    for (const listener of this.#listeners[type]) listener.call(this, event);
  }
}
