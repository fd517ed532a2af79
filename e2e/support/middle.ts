import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './ports.ts';

/** What a proxy does to one connection: the client's end and the server's. */
export type Treatment = (client: Socket, server: Socket) => void;

/** A proxy between a page and a server that treats each connection in its own way. */
export class Middle {
  connections = 0;
  private readonly open = new Set<Socket>();

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async start(upstream: number, treat: Treatment): Promise<Middle> {
    const server = createServer();
    const middle = new Middle(await freePort(), server);
    server.on('connection', (client) => {
      middle.connections += 1;
      const far = connect(upstream, '127.0.0.1');
      for (const [end, other] of [[client, far], [far, client]] as const) {
        middle.open.add(end);
        end.on('error', () => other.destroy());
        end.on('close', () => {
          middle.open.delete(end);
          other.destroy();
        });
      }
      treat(client, far);
    });
    await new Promise<void>((resolve) => server.listen(middle.port, '127.0.0.1', resolve));
    return middle;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.server.close();
    for (const end of this.open) end.destroy();
  }
}

/** Closes a connection that carries nothing for so long. */
export function closesWhenIdle(ms: number): Treatment {
  return (client, server) => {
    client.pipe(server).pipe(client);
    client.setTimeout(ms, () => client.destroy());
  };
}

/** Keeps what the server sends until it is so much, or has waited for so long. */
export function buffers(bytes: number, ms: number): Treatment {
  return (client, server) => {
    client.pipe(server);
    let kept: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      client.write(Buffer.concat(kept));
      kept = [];
    };
    server.on('data', (data) => {
      kept.push(data);
      if (kept.reduce((sum, { length }) => sum + length, 0) >= bytes) flush();
      else timer ??= setTimeout(flush, ms);
    });
  };
}
