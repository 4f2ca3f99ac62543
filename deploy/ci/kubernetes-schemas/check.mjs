// Checks every object of rendered manifests against the schemas of Kubernetes and of the operator of Prometheus: wrong types and missing
// fields by the validator, and what it does not see, fields that do not exist, by the type checker, for which it writes a program.
//   node check.mjs PROGRAM MANIFEST...
import { readFileSync, writeFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

const [program, ...manifests] = process.argv.slice(2);
const folder = version => version.startsWith("monitoring.coreos.com/") ? `@kubernetes-models/prometheus-operator/${version}` : `kubernetes-models/${version}`;
const lines = [];
let faults = 0;
let objects = 0;

for (const manifest of manifests) {
  for (const document of parseAllDocuments(readFileSync(manifest, "utf8"))) {
    const object = document.toJS();
    const { apiVersion, kind, metadata } = object;
    const from = `${folder(apiVersion)}/${kind}`;
    const { [kind]: Model } = await import(from);
    const number = objects++;
    try {
      new Model(object).validate();
    } catch (e) {
      faults++;
      console.error(`${manifest}: ${kind} ${metadata.name}: ${e.message}`);
    }
    lines.push(`// ${manifest}: ${kind} ${metadata.name}`, `import type { I${kind} as Kind${number} } from ${JSON.stringify(from)};`,
      `export const object${number}: Kind${number} = ${JSON.stringify(object, null, 2)};`);
  }
}

writeFileSync(program, lines.join("\n"));
if (faults > 0) process.exit(1);
console.log(`${objects} objects are valid`);
