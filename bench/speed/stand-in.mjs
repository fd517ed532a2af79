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

  #listeners = { open: [], message: [], close: [], error: [] };
  #frames = [];
  #delivered = 0;

  constructor(url) {
    this.url = url;
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
      if (this.#frames.push(frame) === 1) queueMicrotask(this.#deliver);
    });
  }

  close(code = 1000) {
    this.readyState = StandIn.CLOSED;
    queueMicrotask(() => this.#tell("close", { type: "close", code, reason: "", wasClean: true }));
  }

  /** One frame. As in a browser, what it wakes comes before the next one. */
  #deliver = () => {
    const data = this.#frames[this.#delivered];
    this.#delivered += 1;
    if (this.#delivered < this.#frames.length) {
      queueMicrotask(this.#deliver);
    } else {
      this.#frames = [];
      this.#delivered = 0;
    }
    this.#tell("message", { type: "message", data });
  };

  #tell(type, event) {
    for (const listener of this.#listeners[type]) listener.call(this, event);
  }
}
