import { createServer } from 'node:net';

/** Where Playwright serves the app and the backend that all tests share. */
export const appPort = Number(process.env.E2E_PORT ?? 8180);
export const backendPort = Number(process.env.E2E_BACKEND_PORT ?? 8181);
/** The example of server-side rendering. */
export const ssrPort = Number(process.env.E2E_SSR_PORT ?? 8182);

/** The backend that all tests share. One that kills it, or counts its links, starts its own. */
export function backendUrl(path = '/ws/app/'): string {
  return `ws://127.0.0.1:${backendPort}${path}`;
}

/**
 * A port that nobody listens on, below those that the kernel gives to clients: a client that keeps trying a closed port
 * of that range can end up connected to itself, and then no server can have the port again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
