// What is sent, and comes back: the same as in payload.rs. Made before anything is measured.

const order = (id) => ({
  id,
  name: `A wheelbarrow, model ${id}`,
  price: 129.95,
  tags: ["garden", "spring"],
  paid: id % 2 === 0,
});

/** Structs of five fields, each about 100 bytes of JSON. */
export const small = Array.from({ length: 1000 }, (_, index) => order(1000 + index));

/** A hundred of them each, about 10 KB. */
export const large = Array.from({ length: 10 }, (_, index) => small.slice(100 * index, 100 * index + 100));

export const pool = (records) => (records ? large : small);

/** Whether this is what came back. */
export const isSame = (records, payload, reply) =>
  records
    ? payload.length === reply.length && payload.every(({ id }, index) => id === reply[index].id)
    : payload.id === reply.id;

/** What the server pushes. */
export const pushes = small.map((payload) => JSON.stringify({ route: "tick", headers: {}, payload, status: 200 }));

/** The sum of the ids of the first pushes. */
export function sumOfPushes(total) {
  let sum = 0;
  for (let index = 0; index < total; index++) sum += small[index % small.length].id;
  return sum;
}
