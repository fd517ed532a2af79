import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux's name of an established connection. */
const ESTABLISHED = '01';

/** How many processes of this machine hold connections that came in on a port. Only Linux tells. */
export function processesOn(port: number): number {
  const inodes = new Set(
    lines('/proc/net/tcp')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === ESTABLISHED && Number(`0x${local?.split(':')[1]}`) === port)
      .map((fields) => `socket:[${fields[9]}]`),
  );
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => openFiles(pid).some((file) => inodes.has(file))).length;
}

function openFiles(pid: string): string[] {
  return quietly(() => readdirSync(`/proc/${pid}/fd`)).flatMap((fd) =>
    quietly(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)]),
  );
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(1);
}

/** A process may end, or close a file, while it is looked at. */
function quietly(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}
