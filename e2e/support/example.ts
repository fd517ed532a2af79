import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';

/** Where Cargo builds, as in scripts/lib.sh. */
const TARGET = resolve(fileURLToPath(new URL('../..', import.meta.url)), process.env.CARGO_TARGET_DIR ?? 'target');

export const EXAMPLE = join(TARGET, 'debug/ssr-example');
export const EXAMPLE_SITE = join(TARGET, 'ssr-example');

/** The server of the example of server-side rendering, which serves its page and its WebSocket. */
export class Example extends ServerProcess {
  private constructor(readonly url: string) {
    super(EXAMPLE, [], url, {
      SITE_ADDR: new URL(url).host,
      SITE_ROOT: EXAMPLE_SITE,
    });
  }

  static async start(): Promise<Example> {
    const example = new Example(`http://127.0.0.1:${await freePort()}/`);
    await example.start();
    return example;
  }
}
