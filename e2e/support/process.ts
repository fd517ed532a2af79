import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT_MS = 20_000;

/** A server of one test's own, which the test may kill and start again on the same port. */
export class ServerProcess {
  /** What the server printed, over all its lives. */
  log = '';
  private process: ChildProcess | undefined;

  constructor(
    private readonly command: string,
    private readonly args: readonly string[],
    /** What it answers at when it is up. */
    private readonly health: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  /** Starts the server, and returns when it answers. */
  async start(): Promise<void> {
    if (this.isRunning()) throw new Error('the server runs already');
    const env = { ...process.env, ...this.env };
    this.process = spawn(this.command, this.args, { stdio: ['ignore', 'pipe', 'pipe'], env });
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

  isRunning(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.answers())) {
      if (!this.isRunning() || Date.now() > deadline) {
        await this.kill();
        throw new Error(`${this.command} did not start:\n${this.log}`);
      }
      await sleep(50);
    }
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(this.health)).ok;
    } catch {
      return false;
    }
  }
}
