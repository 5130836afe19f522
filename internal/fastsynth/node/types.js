'use strict';
// Gives jsii only the types in use of a prebuilt provider's description
// (119 MB of JSON for AWS). Which those are is learnt: each type that jsii
// asks for is noted, and what it asked for is kept for the next run. A type
// that is not in the kept part is taken from the full description at that
// moment, so nothing has to be declared anywhere, and nothing can be missing.
//
// One file a content hash of the bindings: a line with the SHA-256 of the
// rest, then the description with the types so far.

const { createHash } = require('crypto');
const fs = require('fs');
const { basename, dirname, join } = require('path');

const DESCRIPTION = /[\\/]node_modules[\\/](@cdktf[\\/]provider-[a-z0-9-]+)[\\/]\.jsii$/;
/** jsii keeps unpacked packages in folders named by their tarball's hash. */
const HASH = /^[0-9a-f]{64}$/;
/** Fields that the runtime never reads and that outweigh the types. */
const UNUSED = new Set(['dependencyClosure', 'submodules', 'readme', 'docs']);
const DAY_MS = 86_400_000;

const parse = JSON.parse;
const readFileSync = fs.readFileSync;

const digest = (text) => createHash('sha256').update(text).digest('hex');

/** Returns the kept part, or undefined if there is none or it is not whole. */
function readKept(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  if (end < 0 || digest(body) !== text.slice(0, end)) {
    return undefined;
  }
  touch(path);
  const kept = parse(body);
  return { description: kept.description, absent: new Set(kept.absent) };
}

/** Keeps what is in use from being pruned, at the cost of a write a day. */
function touch(path) {
  try {
    if (Date.now() - fs.statSync(path).mtimeMs > DAY_MS) {
      fs.utimesSync(path, new Date(), new Date());
    }
  } catch {
    // Pruning then costs one slower run.
  }
}

/** Writes the kept part in one step, so that a reader sees the old or the new. */
function writeKept(path, description, absent) {
  const body = JSON.stringify({ description, absent: [...absent].sort() }, (key, value) =>
    UNUSED.has(key) ? undefined : value,
  );
  const temporary = `${path}.${process.pid}.tmp`;
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    fs.writeFileSync(temporary, `${digest(body)}\n${body}`, { mode: 0o600 });
    fs.renameSync(temporary, path);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/** A description whose types come from the kept part, else from the full one. */
class Learning {
  constructor(name, full, kept, say) {
    this.readFull = full;
    this.name = name;
    this.say = say;
    this.description = kept ? kept.description : { ...this.full(), types: {} };
    this.absent = kept ? kept.absent : new Set();
    this.first = !kept;
    this.changed = false;
  }

  full() {
    this.loaded ??= this.readFull();
    return this.loaded;
  }

  type(fqn) {
    const known = this.description.types[fqn];
    if (known || this.absent.has(fqn)) {
      return known;
    }
    if (!this.first) {
      this.say(`types of ${this.name} are used for the first time; this run is slower, the next is not`);
    }
    const type = this.full().types?.[fqn];
    this.changed = true;
    if (type) {
      this.description.types[fqn] = type;
    } else {
      this.absent.add(fqn);
    }
    return type;
  }

  /** What jsii gets: the description with types that are looked up here. */
  view() {
    const types = new Proxy(this.description.types, {
      get: (target, key) => (typeof key === 'string' && !(key in Object.prototype) ? this.type(key) : target[key]),
    });
    return { ...this.description, types };
  }
}

/** Takes over the reading of descriptions, with what is learnt kept in the folder cache. */
function installTrimmedTypes(cache, say) {
  if (!cache || process.env.JSII_VALIDATE_ASSEMBLIES) {
    return;
  }
  const pending = new Map();
  fs.readFileSync = function (path, ...rest) {
    const match = typeof path === 'string' && DESCRIPTION.exec(path);
    if (!match) {
      return readFileSync.call(this, path, ...rest);
    }
    const hash = basename(fs.realpathSync(dirname(path)));
    if (!HASH.test(hash)) {
      say(`${match[1]} is not in jsii's package cache; reading its full description`);
      return readFileSync.call(this, path, ...rest);
    }
    const learning = learn(match[1], path, join(cache, `${hash}.json`), say);
    const ticket = `\0description ${hash}`;
    pending.set(ticket, learning);
    return { toString: () => ticket };
  };
  JSON.parse = function (text, ...rest) {
    const learning = pending.get(text);
    return learning ? learning.view() : parse.call(this, text, ...rest);
  };
}

/** Begins to learn and keeps the result at the end of the process. */
function learn(name, path, file, say) {
  const full = () => parse(readFileSync(path, 'utf8'));
  const learning = new Learning(name, full, readKept(file), say);
  process.once('exit', () => {
    if (!learning.changed) {
      return;
    }
    try {
      writeKept(file, learning.description, learning.absent);
    } catch (cause) {
      say(`cannot keep what was learnt for the next run: ${cause.message}`);
    }
  });
  return learning;
}

module.exports = { installTrimmedTypes, readKept };
