import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';

export type Server = 'daphne' | 'uvicorn';
/** The router that it is made with: a directory of backends/. */
export type Project = 'django' | 'observable' | 'fastapi';

const SERVE = fileURLToPath(new URL('../backends/serve.sh', import.meta.url));

/** A server of one of the backends. */
export class Backend extends ServerProcess {
  private constructor(
    server: Server,
    project: Project,
    readonly port: number,
  ) {
    super(SERVE, [server, String(port), project], `http://127.0.0.1:${port}/healthz`);
  }

  static async start(server: Server = 'daphne', project: Project = 'django'): Promise<Backend> {
    const backend = new Backend(server, project, await freePort());
    await backend.start();
    return backend;
  }

  url(path = '/ws/app/'): string {
    return `ws://127.0.0.1:${this.port}${path}`;
  }
}
