'use strict';
// cdktf asks Terraform for its version once a stack, which takes longer than
// to synthesize the stack. The answer does not change within one synthesis.

const childProcess = require('child_process');

const COMMAND = 'terraform version';

/** Answers the second question with the first answer. */
function installOneVersionCheck() {
  const { execSync } = childProcess;
  let answer;
  childProcess.execSync = function (command, options) {
    if (command !== COMMAND) {
      return execSync.call(this, command, options);
    }
    answer ??= execSync.call(this, command, options);
    return answer;
  };
}

module.exports = { installOneVersionCheck };
