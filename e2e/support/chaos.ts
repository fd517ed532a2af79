import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';

const SERVE = fileURLToPath(new URL('../../demo-app/backend/chaos.sh', import.meta.url));

/** The dispatch board's server behind the chaos proxy of the demo, with a database of its own. */
export class ChaosServer extends ServerProcess {
  private constructor(
    readonly port: number,
    private readonly controlPort: number,
    serverPort: number,
    private readonly directory: string,
    env: Record<string, string>,
  ) {
    super(SERVE, [port, controlPort, serverPort].map(String), `http://127.0.0.1:${port}/healthz`, {
      ...env,
      DATABASE_URL: `sqlite:///${directory}/board.sqlite3`,
    });
  }

  static async start(env: Record<string, string> = {}): Promise<ChaosServer> {
    const [port, control, server] = [await freePort(), await freePort(), await freePort()];
    const proxy = new ChaosServer(port, control, server, await mkdtemp(join(tmpdir(), 'board-')), env);
    await proxy.start();
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws/board/`;
  }

  /** Where it is told what should go wrong. */
  get control(): string {
    return `http://127.0.0.1:${this.controlPort}`;
  }

  /** Ends it for good, and the server with it. */
  async remove(): Promise<void> {
    await this.kill('SIGTERM');
    await rm(this.directory, { recursive: true });
  }
}
