'use strict';
// Gives jsii only the types in use of a prebuilt provider's description
// (119 MB of JSON for AWS). Which those are is learnt: each type that jsii
// asks for is noted, and what it asked for is kept for the next run. A type
// that is not in the kept part is taken from the full description at that
// moment, so nothing has to be declared anywhere, and nothing can be missing.
//
// There is one file a content hash of the bindings: the description with the
// types so far.

const fs = require('fs');
const { basename, dirname, join } = require('path');

const { readWhole, writeWhole } = require('./store');

const DESCRIPTION = /[\\/]node_modules[\\/](@cdktf[\\/]provider-[a-z0-9-]+)[\\/]\.jsii$/;
/** jsii keeps unpacked packages in folders named by their tarball's hash. */
const HASH = /^[0-9a-f]{64}$/;
/** Fields that the runtime never reads and that outweigh the types. */
const UNUSED = new Set(['dependencyClosure', 'submodules', 'readme', 'docs']);

const parse = JSON.parse;
const readFileSync = fs.readFileSync;

/** Returns the kept part, or undefined if there is none or it is not whole. */
function readKept(path) {
  const body = readWhole(path);
  if (!body) {
    return undefined;
  }
  const kept = parse(body.toString('utf8'));
  return { description: kept.description, absent: new Set(kept.absent) };
}

function writeKept(path, description, absent) {
  const body = JSON.stringify({ description, absent: [...absent].sort() }, (key, value) =>
    UNUSED.has(key) ? undefined : value,
  );
  writeWhole(path, [Buffer.from(body)]);
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
    const learning = learn(match[1], path, join(cache, `types-${hash}.json`), say);
    if (!learning) {
      say(`the description of ${match[1]} has a layout that is not known; reading all of it`);
      return readFileSync.call(this, path, ...rest);
    }
    const ticket = `\0description ${hash}`;
    pending.set(ticket, learning);
    return Buffer.from(ticket);
  };
  JSON.parse = function (text, ...rest) {
    const learning = typeof text === 'string' && text.startsWith('\0') ? pending.get(text) : undefined;
    return learning ? learning.view() : parse.call(this, text, ...rest);
  };
}

/** Begins to learn and keeps the result at the end of the process; undefined for a file without types. */
function learn(name, path, file, say) {
  const full = () => parse(readFileSync(path, 'utf8'));
  const learning = new Learning(name, full, readKept(file), say);
  if (learning.first && !learning.full().types) {
    return undefined;
  }
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

module.exports = { installTrimmedTypes };
