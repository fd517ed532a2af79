import type { Memory } from '../support/soak.ts';
import type { Ended, Line, News } from './page.ts';

/** Everything that must be 0. */
const MUST_BE_NONE = {
  lost: 'ended not at all, or more than once',
  wrong: 'got something else than its own reply',
  twice: 'not idempotent, and executed more than once',
  seen: 'ended as not sent or as a 401, and was executed',
  elsewhere: 'executed at another place, or for another person',
  disorder: 'a push came late or twice, or data went back',
  untrue: 'a live query differs from the data of the server',
} as const;

/** What differs between outcomes that are the same otherwise. */
const NUMBERS = /"\d+"|column \d+|[\d.]+(?= s$)/g;

type Kind = keyof typeof MUST_BE_NONE;

/** Compares what the page was told with what the server did. */
export class Verdict {
  readonly ended: Ended[] = [];
  private readonly found: [Kind, string][] = [];
  private readonly played = new Map<string, number>();

  note({ ended, mistakes }: News): void {
    this.ended.push(...ended);
    for (const mistake of mistakes) this.found.push([mistake.includes('ended a second time') ? 'lost' : 'disorder', mistake]);
  }

  play(fault: string): void {
    this.played.set(fault, (this.played.get(fault) ?? 0) + 1);
  }

  /** Once all is quiet. */
  conclude(news: News, lines: Line[], memory: Memory): void {
    this.note(news);
    for (const [number, begun] of news.open) this.found.push(['lost', `${number}: ${JSON.stringify(begun)}`]);
    for (const ended of this.ended) {
      const kind = judge(ended, memory.executed[ended.number] ?? []);
      if (kind) this.found.push([kind, `${JSON.stringify(ended)}, executed: ${JSON.stringify(memory.executed[ended.number])}`]);
    }
    for (const line of lines) {
      const there = memory.places[line.place] ?? { version: 0, items: [0, 0, 0, 0] };
      if (JSON.stringify(line.data) !== JSON.stringify(there)) {
        this.found.push(['untrue', `${JSON.stringify(line)}, and the server has ${JSON.stringify(there)}`]);
      }
    }
  }

  get mistakes(): string[] {
    return this.found.map(([kind, what]) => `${kind}: ${what}`);
  }

  table(): string {
    const outcomes = new Map<string, number>();
    for (const { outcome, text } of this.ended) {
      const name = text ? `${outcome}: ${text.replace(NUMBERS, '..')}` : outcome;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    }
    const rows = [
      ['begun', this.ended.length],
      ...[...outcomes].toSorted().map(([outcome, count]) => [`.. ${outcome}`, count]),
      ['faults', [...this.played.values()].reduce((sum, count) => sum + count, 0)],
      ...[...this.played].map(([fault, count]) => [`.. ${fault}`, count]),
      ...Object.entries(MUST_BE_NONE).map(([kind, meaning]) => {
        return [`${kind.toUpperCase()} (${meaning})`, this.found.filter(([found]) => found === kind).length];
      }),
    ];
    return rows.map(([name, count]) => `${String(count).padStart(8)}  ${name}`).join('\n');
  }
}

function judge({ outcome, idempotent, place, person }: Ended, executed: [string, string][]): Kind | undefined {
  if (outcome === 'wrong') return 'wrong';
  if (outcome === 'replied' && executed.length === 0) return 'wrong';
  if (executed.some(([where, who]) => where !== place || who !== person)) return 'elsewhere';
  if (!idempotent && executed.length > 1) return 'twice';
  if (outcome === 'notSent' && executed.length > 0) return 'seen';
  // An idempotent call may have been executed on an earlier link.
  if (outcome === 'unauthorized' && !idempotent && executed.length > 0) return 'seen';
  return undefined;
}
