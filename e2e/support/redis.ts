import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports.ts';

const START_TIMEOUT_MS = 10_000;

/** A Redis server of one test's own, which keeps nothing. */
export class Redis {
  private constructor(
    private readonly process: ChildProcess,
    private readonly port: number,
  ) {}

  static isInstalled(): boolean {
    return (process.env.PATH ?? '').split(delimiter).some((directory) => {
      try {
        accessSync(join(directory, 'redis-server'), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  }

  static async start(): Promise<Redis> {
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const redis = new Redis(spawn('redis-server', args, { stdio: 'ignore' }), port);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await redis.answers())) {
      if (Date.now() > deadline) throw new Error('redis-server did not start');
      await sleep(50);
    }
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill();
    await gone;
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write('PING\r\n'));
      socket.once('error', () => resolve(false));
      socket.once('data', (data) => {
        resolve(data.toString().startsWith('+PONG'));
        socket.destroy();
      });
    });
  }
}
