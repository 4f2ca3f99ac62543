// Derives the schemas of resources and data sources from the typed bindings that are generated from the real provider: every attribute and
// block with its type, and whether it is required. What the bindings do not tell is left out: value checks of the provider itself.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const library = join(dirname(createRequire(import.meta.url).resolve("@cdktf/provider-aws/package.json")), "lib");
const simple = { string: "string", boolean: "bool", number: "number", any: "string", stringMap: ["map", "string"], numberMap: ["map", "number"], booleanMap: ["map", "bool"] };
const computed = { String: "string", Number: "number", Boolean: "bool", List: ["list", "string"], StringMap: ["map", "string"], NumberList: ["list", "number"], Any: "string" };

/** The schema of aws_NAME; data sources lie in folders that begin with data-aws-. */
export function derive(type, isData) {
  const folder = (isData ? "data-aws-" : "") + type.replaceAll("_", "-");
  const code = readFileSync(join(library, folder, "index.js"), "utf8");
  const types = readFileSync(join(library, folder, "index.d.ts"), "utf8");
  const main = code.match(/^class (\w+) extends cdktf\.Terraform(?:Resource|DataSource)/m)[1];
  const mainCode = code.slice(code.indexOf(`class ${main} extends`));
  const block = blockOf(mainCode.slice(mainCode.indexOf("synthesizeHclAttributes()")), `${main}Config`);
  const known = new Set([...block.attributes, ...block.blocks].map(one => one.name));

  for (const [, kind, name] of mainCode.matchAll(/this\.get(String|Number|Boolean|List|StringMap|NumberList|Any)Attribute\('(\w+)'\)/g))
    if (!known.has(name) && known.add(name)) block.attributes.push({ name, type: computed[kind], computed: true });
  for (const [, struct, name] of mainCode.matchAll(/new (\w+)List\(this, "(\w+)", (?:true|false)\)/g))
    if (!known.has(name) && known.add(name)) block.attributes.push({ name, type: ["list", ["object", fieldsOf(struct)]], computed: true });
  // The provider fills it in; everywhere else in the bindings, optional is all that is known.
  for (const attribute of block.attributes) if (attribute.optional && ["id", "arn"].includes(attribute.name)) attribute.computed = true;
  return block;

  function fieldsOf(struct) {
    const at = code.indexOf(`class ${struct}OutputReference `);
    const body = code.slice(at, code.indexOf("\nexports.", at));
    return Object.fromEntries([...body.matchAll(/this\.get(String|Number|Boolean|List|StringMap|NumberList|Any)Attribute\('(\w+)'\)/g)].map(([, kind, name]) => [name, computed[kind]]));
  }

  /** What the object literal of attributes at the start of a text holds. */
  function blockOf(text, config) {
    const body = text.slice(text.indexOf("const attrs = {"), text.search(/^\s{4,8}\};/m));
    const from = types.indexOf(`export interface ${config} `);
    const declared = types.slice(from, types.indexOf("\n}", from));
    const result = { attributes: [], blocks: [] };
    const entry = /(\w+): \{\s+value: (.+),\s+isBlock: (true|false),\s+type: "(\w+)",\s+storageClassType: "(\w+)"/g;
    for (const [, name, value, isBlock, kind, storage] of body.matchAll(entry)) {
      const property = value.match(/(?:this\._|struct\.)(\w+)/)[1];
      const required = new RegExp(`readonly ${property}:`).test(declared);
      if (isBlock === "false") {
        const element = { stringList: "string", numberList: "number", booleanList: "bool" }[storage];
        result.attributes.push({ name, type: element ? [kind, element] : simple[storage] ?? ["map", "string"], required, optional: !required });
        continue;
      }
      const writer = value.match(/(\w+ToHclTerraform)/)[1];
      const nested = code.slice(code.indexOf(`function ${writer}(`));
      const struct = storage.replace(/List$/, "");
      result.blocks.push({ name, single: kind === "struct" && name === "timeouts", nesting: kind === "set" ? "SET" : "LIST", max: kind === "struct" ? 1 : 0, min: required ? 1 : 0, block: blockOf(nested, struct) });
    }
    return result;
  }
}
