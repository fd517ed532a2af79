import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Frame } from '../pages/demo.ts';

interface Job {
  id: number;
  version: number;
}

/** A link to the board's server without a page, which sees every frame. */
export class Dispatcher {
  /** The versions of jobs that pushes had, in the order in which they came. */
  readonly pushed: number[] = [];
  /** What the server had when it was asked at once after a push: the version of the push, and that of the answer. */
  readonly asked: Promise<[number, number]>[] = [];
  private readonly answers = new Map<string, (frame: Frame) => void>();
  private token: string | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) => this.onFrame(JSON.parse(String(data))));
  }

  static async connect(url: string, name: string): Promise<Dispatcher> {
    const socket = new WebSocket(url, { origin: 'http://127.0.0.1' });
    const dispatcher = new Dispatcher(socket);
    await once(socket, 'open');
    const { token } = (await dispatcher.call('login', { name })) as { token: string };
    dispatcher.token = token;
    await dispatcher.call('watchBoard');
    return dispatcher;
  }

  async call(route: string, payload: object = {}): Promise<unknown> {
    const uuid = crypto.randomUUID();
    const answered = new Promise<Frame>((resolve) => this.answers.set(uuid, resolve));
    this.socket.send(JSON.stringify({ uuid, route, payload, headers: { token: this.token } }));
    return (await answered).payload;
  }

  close(): void {
    this.socket.terminate();
  }

  private onFrame(frame: Frame): void {
    this.answers.get(frame.uuid)?.(frame);
    if (frame.route !== 'jobChanged' || frame.uuid) return;
    const { job } = frame.payload as { job: Job };
    this.pushed.push(job.version);
    this.asked.push(this.versionOf(job.id).then((version) => [job.version, version]));
  }

  private async versionOf(id: number): Promise<number> {
    const jobs = (await this.call('getJobs')) as Job[];
    return jobs.find((job) => job.id === id)?.version ?? 0;
  }
}
