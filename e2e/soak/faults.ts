import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession } from '@playwright/test';
import type { Chaos, Conditions } from '../support/soak.ts';
import type { Dice } from './dice.ts';

interface World {
  chaos: Chaos;
  dice: Dice;
  /** Of the page. */
  devtools: CDPSession;
  /** Whose links are meant; `undefined`: those of all. */
  client: string | undefined;
}

/** Plays one fault, and returns when it is over. What it broke may stay broken. */
type Fault = (world: World) => Promise<void>;

/** Bad conditions, for a while. */
function during(conditions: (dice: Dice) => Conditions, most = 2500): Fault {
  return async ({ chaos, dice, client }) => {
    await chaos.set(conditions(dice), client);
    await sleep(dice.between(100, most));
    await chaos.set({});
  };
}

/** What happens to open links. */
function toLinks(route: string, body: (dice: Dice) => object = () => ({})): Fault {
  return async ({ chaos, dice, client }) => {
    await chaos.do(`links/${route}`, { ...body(dice), client });
  };
}

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

/** What a server should never say: none of it answers a call. */
const NONSENSE = [
  { text: '' },
  { text: 'no JSON' },
  { text: '{"uuid": 7, "status": "no"}' },
  { text: `{"uuid": "${UNKNOWN}", "route": null, "headers": null, "payload": NaN, "status": 200}` },
  { text: `{"uuid": "${UNKNOWN}", "route": "work", "headers": null, "payload": {"number": 1, "square": 1}, "status": 200}` },
  { text: '{"route": "itemChanged", "payload": "of another type"}' },
  { text: '[[[[[[]]]]]]' },
  { base64: 'AAEC/w==' },
];

const DIRECTIONS = ['up', 'down', 'both'] as const;

/** With how often they are played. */
export const FAULTS: Record<string, { weight: number; play: Fault }> = {
  reset: { weight: 4, play: toLinks('reset') },
  finish: { weight: 3, play: toLinks('finish') },
  'half-open': { weight: 3, play: toLinks('silence', (dice) => ({ direction: dice.oneOf(DIRECTIONS) })) },
  'cut within a frame': {
    weight: 4,
    play: toLinks('cut', (dice) => ({ bytes: dice.between(1, 2000), direction: dice.oneOf(['up', 'down']) })),
  },
  'wrong answers': {
    weight: 3,
    play: toLinks('insert', (dice) => ({ messages: [dice.oneOf(NONSENSE), dice.oneOf(NONSENSE)] })),
  },
  delay: { weight: 3, play: during((dice) => ({ latency_ms: dice.between(20, 1500) })) },
  throttle: { weight: 2, play: during((dice) => ({ bytes_per_second: dice.between(300, 20_000) })) },
  'black hole': { weight: 2, play: during((dice) => ({ blackhole: dice.oneOf(DIRECTIONS) })) },
  refuse: {
    weight: 2,
    play: async (world) => {
      await world.chaos.do('links/reset', { client: world.client });
      await during(() => ({ refuse: true }))(world);
    },
  },
  'nobody listens': {
    weight: 1,
    play: async ({ chaos, dice }) => {
      await chaos.do('listening', { listening: false });
      await chaos.do('links/reset');
      await sleep(dice.between(100, 3000));
      await chaos.do('listening', { listening: true });
    },
  },
  'server killed': { weight: 1, play: ({ chaos }) => restart(chaos, 'SIGKILL') },
  'server restarted': { weight: 1, play: ({ chaos }) => restart(chaos, 'SIGTERM') },
  'page frozen': {
    weight: 1,
    play: async ({ devtools, dice }) => {
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
      await sleep(dice.between(500, 4000));
      await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    },
  },
};

async function restart(chaos: Chaos, signal: string): Promise<void> {
  await chaos.do('server/restart', { signal });
}

/** The name of the next one. */
export function nextFault(dice: Dice): string {
  return dice.oneOf(Object.entries(FAULTS).flatMap(([name, { weight }]) => Array<string>(weight).fill(name)));
}
