import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@playwright/test';
import { Desk, itemsOf } from './desk.ts';
import { type SoakPage, test } from './page.ts';
import { type Mishap, MISHAPS, type World } from './survives.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/guide/14-what-it-survives.md', import.meta.url));
const TABLE = /(?<=<!-- table -->\n\n)[^]*?(?=\n\n<!-- end -->)/;
/** How often each is played, to write the document; by default it is only compared. */
const ROUNDS = Number(process.env.ROUNDS ?? 0);

test('what a user sees of each mishap is what the guide says', async ({ chaos, soak, context }) => {
  test.setTimeout(MISHAPS.length * Math.max(ROUNDS, 1) * 60_000);
  const rows: string[] = [];
  for (const mishap of MISHAPS) {
    const played = [];
    for (let round = 0; round < Math.max(ROUNDS, 1); round += 1) {
      const devtools = await context.newCDPSession(soak.page);
      played.push(await play({ chaos, page: soak.page, context, devtools }, soak, mishap));
    }
    rows.push(row(mishap, played));
    console.log(rows.at(-1));
  }

  const document = await readFile(DOCUMENT, 'utf8');
  const [written] = TABLE.exec(document) ?? [''];
  if (ROUNDS > 0) await writeFile(DOCUMENT, document.replace(TABLE, [...HEAD, ...rows].join('\n')));
  else expect(names(written.split('\n').slice(2)), 'the guide is about other mishaps').toEqual(names(rows));
});

interface Played {
  said: string[];
  seconds: number;
}

/** Plays it, while somebody types an edit and somebody else makes one. */
async function play(world: World, soak: SoakPage, mishap: Mishap): Promise<Played> {
  const { chaos } = world;
  const desk = await Desk.open(soak, chaos);
  await desk.isWell('before anything goes wrong');
  await desk.status.record();

  const value = Math.floor(Math.random() * 1_000_000);
  let ended = Date.now();
  await mishap.begin(world);
  if (!mishap.isFrozen) await desk.edit(value);
  await chaos.ask('change');
  if (mishap.end) {
    await sleep(mishap.lasts);
    ended = Date.now();
    await mishap.end(world);
  }
  if (mishap.isFrozen) await desk.edit(value);
  await desk.isWell(mishap.name);
  const seconds = (Date.now() - ended) / 1000;
  const error = await desk.error.innerText();
  expect(error, mishap.name).toBe('');
  expect((await itemsOf(chaos))[0], `${mishap.name} The server has the edit.`).toBe(value);

  const said = [...new Set(await desk.status.said())].filter((text) => text !== 'online');
  expect(said.filter((text) => !mishap.shows.includes(text)), `${mishap.name} The user is told something else.`).toEqual([]);
  expect(seconds, `${mishap.name} It takes too long.`).toBeLessThan(mishap.within);
  await chaos.calm();
  return { said, seconds };
}

const HEAD = [
  '| what goes wrong | what the status says meanwhile | all is well after |',
  '| --- | --- | --- |',
];

function row({ name, end }: Mishap, played: Played[]): string {
  const said = [...new Set(played.map(({ said }) => said.map((text) => `"${text}"`).join(', then ') || 'nothing'))];
  const slowest = Math.max(...played.map(({ seconds }) => seconds));
  const after = `${slowest.toFixed(1)} s${end ? ', from its end' : ''}`;
  return `| ${[name, said.toSorted().join('; or '), after].join(' | ')} |`;
}

function names(rows: string[]): (string | undefined)[] {
  return rows.map((row) => row.split(' | ')[0]);
}
