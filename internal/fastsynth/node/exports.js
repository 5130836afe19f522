'use strict';
// Makes the index of prebuilt provider bindings lazy. It re-exports some two
// thousand modules, of which a system uses fifty, and requires them all.

const fs = require('fs');
const Module = require('module');

const INDEX = /[\\/]node_modules[\\/](@cdktf[\\/]provider-[a-z0-9-]+)[\\/]lib[\\/]index\.js$/;

/** The lines that the index may consist of; anything else is unknown ground. */
const REEXPORT = /^exports\.(\w+) = require\("(\.\/[\w./-]+)"\);$/;
const DECLARATION = /^(?:exports\.\w+ = )+void 0;$/;
const HARMLESS = [
  /^$/,
  /^"use strict";$/,
  /^\/\/.*$/,
  /^\/?\*.*$/,
  /^ \*.*$/,
  /^Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);$/,
];

/** Returns the pairs of exported name and module, or undefined where the source says more than that. */
function reexports(source) {
  const declared = new Set();
  const found = new Map();
  for (const line of source.split('\n')) {
    const match = REEXPORT.exec(line);
    if (match) {
      found.set(match[1], match[2]);
    } else if (DECLARATION.test(line)) {
      for (const [, name] of line.matchAll(/exports\.(\w+) = /g)) {
        declared.add(name);
      }
    } else if (!HARMLESS.some((shape) => shape.test(line))) {
      return undefined;
    }
  }
  const complete = found.size > 0 && found.size === declared.size && [...declared].every((name) => found.has(name));
  return complete ? found : undefined;
}

/** Defines each export as a getter that gives way to the module at first use. */
function defineLazily(module, found) {
  const { exports } = module;
  Object.defineProperty(exports, '__esModule', { value: true });
  for (const [name, path] of found) {
    const put = (value) =>
      Object.defineProperty(exports, name, { configurable: true, enumerable: true, writable: true, value });
    Object.defineProperty(exports, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = module.require(path);
        put(value);
        return value;
      },
      set: put,
    });
  }
}

/** Takes over the loading of the index files; say(reason) tells of one that is loaded the plain way. */
function installLazyExports(say) {
  const load = Module._extensions['.js'];
  Module._extensions['.js'] = function (module, filename) {
    const match = INDEX.exec(filename);
    if (!match) {
      return load.apply(this, arguments);
    }
    const found = reexports(fs.readFileSync(filename, 'utf8'));
    if (!found) {
      say(`the index of ${match[1]} has a layout that is not known; loading all of it`);
      return load.apply(this, arguments);
    }
    return defineLazily(module, found);
  };
}

module.exports = { installLazyExports };
