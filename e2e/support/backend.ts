import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';

export type Server = 'daphne' | 'uvicorn';

const SERVE = fileURLToPath(new URL('../backends/serve.sh', import.meta.url));

/** A Django server. */
export class Backend extends ServerProcess {
  private constructor(
    server: Server,
    readonly port: number,
  ) {
    super(SERVE, [server, String(port)], `http://127.0.0.1:${port}/healthz`);
  }

  static async start(server: Server = 'daphne'): Promise<Backend> {
    const backend = new Backend(server, await freePort());
    await backend.start();
    return backend;
  }

  url(path = '/ws/app/'): string {
    return `ws://127.0.0.1:${this.port}${path}`;
  }
}
