'use strict';
// Keeps the code that V8 has compiled of the runtime and the libraries, so
// that the next run needs not compile it again. (Node's own compile cache
// goes by path, and jsii installs into a new folder each time.)
//
// One file a Node version: a line with the SHA-256 of the rest, a line of
// JSON ([source hash, length] each), then the code. V8 itself refuses code of
// another build or of other flags.

const { createHash } = require('crypto');
const fs = require('fs');
const Module = require('module');
const { dirname, join } = require('path');
const vm = require('vm');

const { readWhole, writeWhole } = require('./store');

/** Past this size (bytes) only what this run used is kept. */
const LIMIT = 32 << 20;

const hash = (data) => createHash('sha1').update(data).digest('base64');

/** Returns the kept code by the hash of its source. */
function readCode(path) {
  const code = new Map();
  const body = readWhole(path);
  if (!body) {
    return code;
  }
  let start = body.indexOf(10) + 1;
  for (const [key, length] of JSON.parse(body.toString('utf8', 0, start))) {
    code.set(key, body.subarray(start, start + length));
    start += length;
  }
  return code;
}

function writeCode(path, code) {
  const index = [...code].map(([key, data]) => [key, data.length]);
  writeWhole(path, [Buffer.from(`${JSON.stringify(index)}\n`), ...code.values()]);
}

/** The require function that a module gets, as Node makes it. */
function requireOf(module) {
  const require = (id) => module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

/** Takes over the compilation of modules, with the code kept in the folder cache. */
function installCompiledCode(cache, say) {
  if (!cache) {
    return;
  }
  const path = join(cache, `code-${process.version}-${process.arch}.bin`);
  const kept = readCode(path);
  const scripts = new Map();
  let changed = false;
  Module.prototype._compile = function (source, filename) {
    const key = hash(source);
    const script = new vm.Script(Module.wrap(source.replace(/^#!.*/, '')), {
      filename,
      cachedData: kept.get(key),
      importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    changed ||= script.cachedDataRejected !== false;
    scripts.set(key, script);
    const run = script.runInThisContext({ displayErrors: true });
    return run.call(this.exports, this.exports, requireOf(this), this, filename, dirname(filename));
  };
  process.once('exit', () => {
    if (!changed) {
      return;
    }
    try {
      writeCode(path, merge(kept, scripts));
    } catch (cause) {
      say(`cannot keep compiled code for the next run: ${cause.message}`);
    }
  });
}

/** What was kept and what this run compiled; the latter alone if it gets large. */
function merge(kept, scripts) {
  const fresh = new Map([...scripts].map(([key, script]) => [key, script.createCachedData()]));
  const all = new Map([...kept, ...fresh]);
  const size = [...all.values()].reduce((sum, data) => sum + data.length, 0);
  return size > LIMIT ? fresh : all;
}

module.exports = { installCompiledCode };
