import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';

const SERVE = fileURLToPath(new URL('../../demo-app/backend/serve.sh', import.meta.url));

/** The dispatch board's server, with a database of its own. */
export class BoardServer extends ServerProcess {
  private constructor(
    readonly port: number,
    private readonly directory: string,
    env: Record<string, string>,
  ) {
    super(SERVE, [String(port)], `http://127.0.0.1:${port}/healthz`, {
      ...env,
      DATABASE_URL: `sqlite:///${directory}/board.sqlite3`,
    });
  }

  static async start(env: Record<string, string> = {}): Promise<BoardServer> {
    const server = new BoardServer(await freePort(), await mkdtemp(join(tmpdir(), 'board-')), env);
    await server.start();
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws/board/`;
  }

  /** Ends it for good. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true });
  }
}
