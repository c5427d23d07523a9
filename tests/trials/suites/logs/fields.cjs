// Fields of our templates against Elastic's own definition of ECS: node fields.cjs FILE-OF-MAPPINGS, in a folder with @elastic/ecs.
const fs = require("node:fs");
const { createRequire } = require("node:module");
const { EcsFlat } = createRequire(process.cwd() + "/")("@elastic/ecs");

const OURS = {
  keyword: ["keyword", "constant_keyword", "wildcard"],
  text: ["text", "match_only_text"],
  date_nanos: ["date"],
  long: ["long", "integer"],
  double: ["double", "float", "scaled_float"],
};
/* Where ours is another type on purpose, and why. */
const APART = {
  "gen_ai.request.top_k": "ECS 9.4 has double; the conventions of OpenTelemetry an integer",
  "gen_ai.response.finish_reasons": "nested in ECS; a list of words in the conventions",
  "gen_ai.request.stop_sequences": "nested in ECS; a list of words in the conventions",
};

function* fields(properties, prefix = "") {
  for (const [name, held] of Object.entries(properties)) {
    if (held.properties) yield* fields(held.properties, `${prefix}${name}.`);
    else yield [prefix + name, held.type];
  }
}

const wrong = [];
let known = 0;
for (const [name, type] of fields(JSON.parse(fs.readFileSync(process.argv[2], "utf8")).properties)) {
  const theirs = EcsFlat[name];
  if (!theirs) continue;
  known += 1;
  if (!(OURS[type] ?? []).includes(theirs.type) && !APART[name] && !(name === "error.stack_trace"))
    wrong.push(`${name} is ${type}, in ECS ${theirs.type}`);
}
if (known < 40) wrong.push(`only ${known} of our fields are in ECS`);
console.log(JSON.stringify(wrong));
