import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';

export type Server = 'daphne' | 'uvicorn';

const SERVE = fileURLToPath(new URL('../backends/serve.sh', import.meta.url));
const START_TIMEOUT_MS = 20_000;

/** A Django server of one test's own, which the test may kill and start again on the same port. */
export class Backend {
  /** What the server printed, over all its lives. */
  log = '';
  private process: ChildProcess | undefined;

  private constructor(
    readonly server: Server,
    readonly port: number,
  ) {}

  static async start(server: Server = 'daphne'): Promise<Backend> {
    const backend = new Backend(server, await freePort());
    await backend.start();
    return backend;
  }

  url(path = '/ws/app/'): string {
    return `ws://127.0.0.1:${this.port}${path}`;
  }

  /** Starts the server, and returns when it answers. */
  async start(): Promise<void> {
    if (this.isRunning()) throw new Error('the backend runs already');
    this.process = spawn(SERVE, [this.server, String(this.port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const output of [this.process.stdout, this.process.stderr]) {
      output?.on('data', (text: Buffer) => (this.log += text.toString()));
    }
    await this.ready();
  }

  /** Kills the server, and returns when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { process } = this;
    if (!process || !this.isRunning()) return;
    const gone = once(process, 'exit');
    process.kill(signal);
    await gone;
  }

  private isRunning(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.answers())) {
      if (!this.isRunning() || Date.now() > deadline) {
        await this.kill();
        throw new Error(`${this.server} did not start on port ${this.port}:\n${this.log}`);
      }
      await sleep(50);
    }
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/healthz`)).ok;
    } catch {
      return false;
    }
  }
}
