// The functions of a WebAssembly module, their names and the bytes of their bodies, as its code and name sections have them.

const IMPORTS = 2;
const CODE = 10;
const CUSTOM = 0;
const FUNCTION_NAMES = 1;
const FUNCTION_IMPORT = 0;

/** Returns `[{ name, bytes }]`. Names are those that wasm-bindgen left: demangled ones. */
export function functionsOf(wasm) {
  const reader = new Reader(wasm, 8);
  let imported = 0;
  let bodies = [];
  let names = new Map();
  while (!reader.atEnd) {
    const id = reader.byte();
    const section = reader.sub(reader.u32());
    if (id === IMPORTS) imported = countImportedFunctions(section);
    if (id === CODE) bodies = bodySizes(section);
    if (id === CUSTOM && section.text() === "name") names = functionNames(section);
  }
  if (names.size === 0) throw new Error("the module has no names: is it stripped?");
  return bodies.map((bytes, index) => ({ name: names.get(imported + index) ?? "?", bytes }));
}

function countImportedFunctions(section) {
  let functions = 0;
  for (let count = section.u32(); count > 0; count--) {
    section.text();
    section.text();
    const kind = section.byte();
    if (kind === FUNCTION_IMPORT) {
      functions += 1;
      section.u32();
    } else {
      skipType(section, kind);
    }
  }
  return functions;
}

/** Tables, memories, globals and tags. */
function skipType(section, kind) {
  if (kind === 1) section.byte();
  if (kind === 1 || kind === 2) {
    const hasMaximum = section.u32() & 1;
    section.u32();
    if (hasMaximum) section.u32();
  } else {
    section.byte();
    section.byte();
  }
}

function bodySizes(section) {
  return Array.from({ length: section.u32() }, () => {
    const bytes = section.u32();
    section.sub(bytes);
    return bytes;
  });
}

function functionNames(section) {
  const names = new Map();
  while (!section.atEnd) {
    const kind = section.byte();
    const part = section.sub(section.u32());
    if (kind !== FUNCTION_NAMES) continue;
    for (let count = part.u32(); count > 0; count--) names.set(part.u32(), part.text());
  }
  return names;
}

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get atEnd() {
    return this.at >= this.bytes.length;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An integer in LEB128. */
  u32() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  text() {
    return new TextDecoder().decode(this.sub(this.u32()).bytes);
  }

  sub(length) {
    this.at += length;
    return new Reader(this.bytes.subarray(this.at - length, this.at));
  }
}
