/** A hook of `require`, as compilers have them: it makes JavaScript of a language that only it knows. */
const { readFileSync } = require("node:fs");

require.extensions[".toy"] = (module, path) =>
  module._compile(readFileSync(path, "utf8").replace(/^let (\w+) be\b/gm, "const $1 ="), path);
