/** A hook of `require`, as compilers install: it translates a language of its own into JavaScript. */
const { readFileSync } = require("node:fs");

require.extensions[".toy"] = (module, path) =>
  module._compile(readFileSync(path, "utf8").replace(/^let (\w+) be\b/gm, "const $1 ="), path);
