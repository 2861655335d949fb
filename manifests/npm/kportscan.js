#!/usr/bin/env node
// Starts the program of this processor with the arguments, the streams and the exit code passed on.
"use strict";
const { spawnSync } = require("child_process");
const { constants } = require("os");
const path = require("path");

const programs = { x64: "kportscan-amd64", arm64: "kportscan-arm64" };

function fail(words) {
  process.stderr.write(`kportscan: ${words}\n`);
  process.exit(2);
}

if (process.platform !== "linux" || !programs[process.arch]) {
  const inDocker =
    process.platform === "darwin" || process.platform === "win32"
      ? "\nhelp: with Docker Desktop, check files in a container:" +
        '\n      docker run --rm -v "$PWD:/project:ro" kportscan --lint'
      : "";
  fail(
    `this package has programs for Linux on x64 and arm64; this is ${process.platform} on ${process.arch}, ` +
      `whose sockets and processes kportscan cannot read${inDocker}`
  );
}
const program = path.join(__dirname, programs[process.arch]);
const done = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (done.error) fail(`${program} cannot be started: ${done.error.message}`);
process.exit(done.signal ? 128 + constants.signals[done.signal] : done.status);
