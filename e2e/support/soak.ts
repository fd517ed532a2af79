import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { ServerProcess } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What can be wrong with a network: `demo-app/backend/chaos/conditions.py`. */
export interface Conditions {
  latency_ms?: number;
  bytes_per_second?: number;
  blackhole?: 'up' | 'down' | 'both';
  refuse?: boolean;
}

/** The data of one address of the soak's server. */
export interface Place {
  version: number;
  items: number[];
}

/** What the soak's server remembers. */
export interface Memory {
  /** Where and for whom it executed a call, by the number of the call. */
  executed: Record<string, [place: string, person: string][]>;
  places: Record<string, Place>;
}

/** The soak's server behind the proxy that breaks links. */
export class Chaos extends ServerProcess {
  private constructor(
    readonly port: number,
    private readonly upstream: number,
    private readonly control: number,
    private readonly directory: string,
    env: Record<string, string>,
  ) {
    const server = [join(ROOT, 'e2e/backends/serve.sh'), process.env.SERVER ?? 'uvicorn', String(upstream), 'soak'];
    const ports = Object.entries({ listen: port, upstream, control });
    const options = ports.flatMap(([name, number]) => [`--${name}`, String(number)]);
    super(join(ROOT, '.venv/bin/python'), ['-m', 'chaos', ...options, '--', ...server], `http://127.0.0.1:${control}/`, {
      ...env,
      PYTHONPATH: join(ROOT, 'demo-app/backend'),
      MEMORY: join(directory, 'memory'),
    });
  }

  static async start(env: Record<string, string> = {}): Promise<Chaos> {
    const directory = await mkdtemp(join(tmpdir(), 'soak-'));
    const chaos = new Chaos(await freePort(), await freePort(), await freePort(), directory, env);
    await chaos.start();
    await chaos.do('server/start');
    return chaos;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** One of the routes of `demo-app/backend/chaos/control.py`. */
  async do(route: string, body: Record<string, unknown> = {}): Promise<{ acted_on: number; links: unknown[] }> {
    const headers = { 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${this.control}/${route}`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${route}: ${await response.text()}`);
    return (await response.json()) as { acted_on: number; links: unknown[] };
  }

  async set(conditions: Conditions, client?: string): Promise<void> {
    await this.do('conditions', { conditions, client });
  }

  /** Nothing is wrong from now on. What was wrong with open links stays. */
  async calm(): Promise<void> {
    await this.set({});
    await this.do('listening', { listening: true });
    await this.do('server/start');
  }

  /** One of the pages of the server, past the proxy. */
  async ask(page: 'memory' | 'change' | 'expire'): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.upstream}/${page}`);
    return response.json();
  }

  async memory(): Promise<Memory> {
    return (await this.ask('memory')) as Memory;
  }

  /** Ends the server and the proxy for good. */
  async remove(): Promise<void> {
    await this.kill('SIGTERM');
    await rm(this.directory, { recursive: true });
  }
}

/** Where Cargo builds, as in scripts/lib.sh. */
export const SOAK_PAGE = join(resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target'), 'soak');
