// Runs the tests of Mozilla's HTTP Observatory against a host on ports of its own, as its scan() does for 443 and 80.
// Arguments: host, HTTPS port, HTTP port. Out: {score, grade, tests: {name: {pass, result, modifier}}}.
import { mkdirSync, existsSync, writeFileSync } from "node:fs";

// The package downloads these two lists when it is installed. Neither can say anything about localhost.
const conf = new URL("../node_modules/@mdn/mdn-http-observatory/conf/", import.meta.url);
mkdirSync(conf, { recursive: true });
for (const [file, empty] of [["hsts-preload.json", "{}"], ["tld-list.json", '["IO","COM"]']]) {
  if (!existsSync(new URL(file, conf))) writeFileSync(new URL(file, conf), empty);
}
const root = "../node_modules/@mdn/mdn-http-observatory/src/";
const { retrieve } = await import(root + "retriever/retriever.js");
const { ALL_TESTS } = await import(root + "constants.js");
const { getScoreModifier, getGradeForScore } = await import(root + "grader/grader.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await import(root + "grader/charts.js");

const [host, httpsPort, httpPort] = process.argv.slice(2);
const site = await retrieve(host, { httpsPort: Number(httpsPort), httpPort: Number(httpPort) });
if (!site.responses.auto) throw new Error("no answer from " + host);
const tests = {};
let uncurved = 100;
let score = 100;
for (const test of ALL_TESTS) {
  const found = test(site);
  const modifier = found.result ? getScoreModifier(found.result) : 0;
  score += modifier;
  if (modifier < 0) uncurved += modifier;
  tests[found.constructor.name] = { pass: found.pass, result: found.result, modifier };
}
const final = getGradeForScore(uncurved >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? score : uncurved);
process.stdout.write(JSON.stringify({ score: final.score, grade: final.grade, tests }));
process.exit(0);
