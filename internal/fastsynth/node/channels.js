'use strict';
// Lets the runtime's program talk to its Go parent without the second Node
// process that jsii puts between the two: that one costs its start and a
// relay of every call.
//
// The program reads and writes file descriptor 3. The launcher gives it the
// requests on 3 and the answers on 4, and standard output goes where standard
// error goes, so that nothing printed can get between the answers.

const fs = require('fs');
const { Writable } = require('stream');

const API = 3;
const ANSWERS = 4;
const STDERR = 2;

/**
 * A request that has this in it ends the process, also in the middle of a
 * callback, when the runtime's own exit message is an error. Go's jsii sends
 * that message only while it waits for the process twice at once, and then
 * calls the race that it loses an abnormal exit.
 */
const GOODBYE = Buffer.from('"fqn":"pgdr.fastsynth.Goodbye"');

/** Connects the channels and writes the process id to the file pidFile. */
function connect(pidFile) {
  const { readSync, writeSync } = fs;
  fs.writeSync = (fd, ...rest) => writeSync.call(fs, fd === API ? ANSWERS : fd, ...rest);
  fs.readSync = (fd, buffer, ...rest) => {
    const read = readSync.call(fs, fd, buffer, ...rest);
    if (fd === API && read > 0 && buffer.subarray(0, read).includes(GOODBYE)) {
      process.exit(0);
    }
    return read;
  };
  for (const name of ['stdout', 'stderr']) {
    const value = wrapped(name, writeSync);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => value });
  }
  fs.writeFileSync(pidFile, String(process.pid));
}

/** A stream whose text arrives at the Go parent's stream of that name. */
function wrapped(name, writeSync) {
  const stream = new Writable({
    decodeStrings: true,
    write(chunk, _encoding, done) {
      send(writeSync, { [name]: chunk.toString('base64') });
      done();
    },
  });
  stream.fd = STDERR;
  return stream;
}

/** One line of the protocol's console messages. */
function send(writeSync, message) {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let offset = 0; offset < line.length; ) {
    offset += writeSync.call(fs, STDERR, line, offset);
  }
}

const said = new Set();

/** Tells the user why this run is slower than it could be, once. */
function say(reason) {
  if (!said.has(reason)) {
    said.add(reason);
    process.stderr.write(`pgdr: fast synthesis: ${reason}\n`);
  }
}

module.exports = { connect, say };
