// What a server does here: it answers each frame with the same frame, as a backend that echoes the payload with status 200
// would. To a frame that asks for pushes it sends those.
import { pushes } from "./payload.mjs";

export const PUSHES = 20_000;

const START_OF_FRAME = 80;

/** Calls `send` with each frame that answers this one. */
export function answer(text, send) {
  if (!text.slice(0, START_OF_FRAME).includes('"route":"push"')) return send(text);
  for (let index = 0; index < PUSHES; index++) send(pushes[index % pushes.length]);
}
