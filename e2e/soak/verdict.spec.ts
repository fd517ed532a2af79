import { expect, test } from '@playwright/test';
import type { Ended, Line } from './page.ts';
import { Verdict } from './verdict.ts';

const CALL: Ended = {
  number: 1,
  kind: 'call',
  idempotent: false,
  place: 'one',
  person: 'alice',
  outcome: 'replied',
  text: '',
};
const HERE: [string, string] = ['one', 'alice'];

/** What is found if the server executed this for the call. */
function found(ended: Partial<Ended>, executed: [string, string][], mistakes: string[] = []): string[] {
  const verdict = new Verdict();
  const news = { ended: [{ ...CALL, ...ended }], mistakes, open: [] };
  verdict.conclude(news, [], { executed: { 1: executed }, places: {} });
  return verdict.mistakes.map((mistake) => mistake.split(':')[0] ?? '');
}

test('the verdict finds each mistake', () => {
  expect(found({}, [HERE])).toEqual([]);
  expect(found({ outcome: 'notSent' }, [])).toEqual([]);
  expect(found({ idempotent: true }, [HERE, HERE])).toEqual([]);

  expect(found({ outcome: 'wrong' }, [HERE])).toEqual(['wrong']);
  expect(found({}, []), 'a reply to what was never executed').toEqual(['wrong']);
  expect(found({}, [HERE, HERE])).toEqual(['twice']);
  expect(found({ outcome: 'sent' }, [HERE, HERE])).toEqual(['twice']);
  expect(found({ outcome: 'notSent' }, [HERE])).toEqual(['seen']);
  expect(found({ outcome: 'unauthorized' }, [HERE])).toEqual(['seen']);
  expect(found({}, [['two', 'alice']])).toEqual(['elsewhere']);
  expect(found({}, [['one', 'bob']])).toEqual(['elsewhere']);
  expect(found({}, [HERE], ['call 1 ended a second time: 200'])).toEqual(['lost']);
  expect(found({}, [HERE], ['the push 7 of one came after 8'])).toEqual(['disorder']);

  const verdict = new Verdict();
  const line = { place: 'one', data: { version: 1, items: [1, 0, 0, 0] } } as Line;
  const places = { one: { version: 2, items: [2, 0, 0, 0] } };
  verdict.conclude({ ended: [], mistakes: [], open: [[7, CALL]] }, [line], { executed: {}, places });
  expect(verdict.mistakes.map((mistake) => mistake.split(':')[0])).toEqual(['lost', 'untrue']);
});
