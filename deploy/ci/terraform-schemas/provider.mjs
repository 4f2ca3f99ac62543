// A provider that has the schemas of the real one and does nothing: terraform validate and terraform test with mocks need no more.
//   node provider.mjs FOLDER     serves what the .tf files in it use; prints the address it listens on
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { derive } from "./derive.mjs";

const texts = readdirSync(process.argv[2], { recursive: true }).filter(file => file.endsWith(".tf")).map(file => readFileSync(join(process.argv[2], file), "utf8")).join("\n");
const used = kind => [...new Set([...texts.matchAll(new RegExp(`^${kind} "aws_(\\w+)"`, "gm"))].map(match => match[1]))];
const encode = ({ attributes, blocks }) => ({
  attributes: attributes.map(one => ({ ...one, type: Buffer.from(JSON.stringify(one.type)) })),
  block_types: blocks.map(one => ({ type_name: one.name, nesting: one.single ? "SINGLE" : one.nesting, min_items: one.single ? 0 : one.min, max_items: one.single ? 0 : one.max, block: encode(one.block) })),
});
const schemas = (kind, isData) => Object.fromEntries(used(kind).map(name => [`aws_${name}`, { version: 0, block: encode(derive(name, isData)) }]));
const tags = { name: "default_tags", nesting: "LIST", min: 0, max: 1, block: { attributes: [{ name: "tags", type: ["map", "string"], optional: true }], blocks: [] } };
const answer = {
  provider: { version: 0, block: encode({ attributes: [{ name: "region", type: "string", optional: true }], blocks: [tags] }) },
  resource_schemas: schemas("resource", false),
  data_source_schemas: schemas("data", true),
};

const proto = grpc.loadPackageDefinition(loader.loadSync(join(import.meta.dirname ?? ".", "provider.proto"), { keepCase: true, enums: String, longs: Number }));
const nothing = (_, reply) => reply(null, {});
const server = new grpc.Server({ "grpc.max_send_message_length": -1 });
server.addService(proto.tfplugin6.Provider.service, {
  GetProviderSchema: (_, reply) => reply(null, answer),
  ValidateProviderConfig: nothing, ValidateResourceConfig: nothing, ValidateDataResourceConfig: nothing, ConfigureProvider: nothing, StopProvider: nothing,
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`127.0.0.1:${port}`);
});
