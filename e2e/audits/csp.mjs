// Judges policies by Google's CSP Evaluator. In: [policy]. Out: [[{severity, directive, value, description}]].
import { readFileSync } from "node:fs";
import evaluator from "csp_evaluator/dist/evaluator.js";
import parser from "csp_evaluator/dist/parser.js";
import finding from "csp_evaluator/dist/finding.js";

const names = Object.fromEntries(Object.entries(finding.Severity).map(([k, v]) => [v, k]));
const out = JSON.parse(readFileSync(0, "utf8")).map((policy) =>
  new evaluator.CspEvaluator(new parser.CspParser(policy).csp)
    .evaluate()
    .map((f) => ({ severity: names[f.severity] ?? String(f.severity), directive: f.directive, value: f.value ?? "", description: f.description })),
);
process.stdout.write(JSON.stringify(out));
