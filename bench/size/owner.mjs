// Which crate and module a function belongs to, by its demangled name.

const STD = new Set(["alloc", "compiler_builtins", "core", "dlmalloc", "hashbrown", "std", "__rustc"]);

/** `{ crate, module }` of `leptos_socket::connection::Driver::close` is `leptos_socket` and `leptos_socket::connection`. */
export function ownerOf(name) {
  const parts = pathOf(plain(name)).split("::");
  const [crate, module] = parts;
  if (parts.length === 1) return { crate: "no crate", module: "no crate" };
  const isModule = /^[a-z]/.test(module) && parts.length > 2;
  return { crate: STD.has(crate) ? "std" : crate, module: isModule ? `${crate}::${module}` : crate };
}

/** The name without the hashes of its crates and of itself. */
export function plain(name) {
  return name.replace(/\[[0-9a-f]{5,}\]/g, "").replace(/::h[0-9a-f]{16}/g, "").replace(/\.\d+$/, "");
}

/** The path whose crate contains the function. */
function pathOf(name) {
  // The compiler writes what drops a value: it counts for the first crate in the type of that value.
  const dropped = /^core::ptr::drop_in_place<(.*)>$/.exec(name);
  if (dropped) return pathsIn(dropped[1])[0] ?? name;
  if (!name.startsWith("<")) return name;
  // `<Type as Trait>::method`: one of the two is of the crate that has the code, because of the orphan rule.
  const inner = name.slice(1, closing(name));
  return [...pathsIn(outside(inner)), ...pathsIn(inner)][0] ?? "core::?";
}

/** The paths in a text, those of the standard library last. */
function pathsIn(text) {
  const paths = [...text.matchAll(/[a-z_]\w*(::\w+)+/g)].map(([path]) => path);
  const isStd = (path) => STD.has(path.split("::")[0]);
  return [...paths.filter((path) => !isStd(path)), ...paths.filter(isStd)];
}

/** The text without what is inside angle brackets. */
function outside(text) {
  let depth = 0;
  return [...text].filter((char) => (char === "<" ? depth++ : char === ">" ? --depth : depth) === 0).join("");
}

/** The index of the bracket that closes the first one. */
function closing(text) {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "<") depth += 1;
    if (text[at] === ">" && text[at - 1] !== "-" && --depth === 0) return at;
  }
  return text.length;
}
