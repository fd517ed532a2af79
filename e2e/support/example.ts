import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The server of the example of server-side rendering, which serves its page and its WebSocket. */
export class Example extends ServerProcess {
  private constructor(readonly url: string) {
    super(path('../../target/debug/ssr-example'), [], url, {
      SITE_ADDR: new URL(url).host,
      SITE_ROOT: path('../../target/ssr-example'),
    });
  }

  static async start(): Promise<Example> {
    const example = new Example(`http://127.0.0.1:${await freePort()}/`);
    await example.start();
    return example;
  }
}
