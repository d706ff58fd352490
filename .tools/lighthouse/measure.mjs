// Measures the pages on which people arrive with Google's Lighthouse, five times each at a desk and on a phone, and ends
// with 1 when a median is out of bounds. Runs `measure.mjs PROGRAM` on an empty database.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { launch } from "chrome-launcher";
import lighthouse, { defaultConfig, desktopConfig } from "lighthouse";

const runs = 5;
const tries = 5;
const pages = ["/", "/register", "/login"];
const devices = [
  { name: "desktop", config: desktopConfig, performance: 100 },
  { name: "mobile", config: defaultConfig, performance: 95 },
];
const categories = ["performance", "accessibility", "best-practices", "seo"];

const folder = mkdtempSync(join(tmpdir(), "lighthouse-"));
const program = spawn(process.argv[2], ["serve", "--listen", "127.0.0.1:0", "--database", join(folder, "gatehouse.db")], {
  env: {}, // what is measured is not set up as somebody's own site may be
});
const ended = once(program, "exit");
let chrome;
try {
  const site = await address();
  chrome = await launch({
    chromeFlags: ["--headless=new", "--no-sandbox", "--disable-quic"],
    userDataDir: mkdtempSync(join(folder, "chromium-")),
  });
  await measure(site);
} finally {
  chrome?.kill();
  program.kill();
  await ended;
  rmSync(folder, { recursive: true, maxRetries: 10 });
}

// address waits for the line that says where the program listens.
async function address() {
  let log = "";
  program.stderr.on("data", (text) => (log += text));
  for await (const line of createInterface({ input: program.stdout })) {
    const [, port] = line.match(/ listening on http:\/\/127\.0\.0\.1:(\d+)$/) ?? [];
    if (port) return `http://localhost:${port}`;
  }
  throw new Error(`the program did not serve:\n${log}`);
}

async function measure(site) {
  const medians = {};
  const missed = [];
  for (const device of devices) {
    for (const page of pages) {
      const name = `${device.name} ${page}`;
      const results = [];
      for (let i = 0; i < runs; i++) results.push(await visit(site + page, device.config));
      const row = (medians[name] = {});
      for (const category of categories) {
        row[category] = median(results.map(({ categories }) => Math.round(categories[category].score * 100)));
        const least = category === "performance" ? device.performance : 100;
        if (row[category] < least) missed.push(`${name}: ${category} is below ${least}: ${lacks(results, category)}`);
      }
      row.CLS = median(results.map(({ audits }) => audits["cumulative-layout-shift"].numericValue));
      if (row.CLS > 0) missed.push(`${name}: the layout shifts`);
    }
  }
  console.table(medians);
  for (const sentence of missed) console.error(sentence);
  process.exitCode = missed.length > 0 ? 1 : 0;
}

// visit is one run. On a busy machine the browser loses traces, and Lighthouse asks to be run again.
async function visit(url, config) {
  let error;
  for (let i = 0; i < tries; i++) {
    const { lhr } = await lighthouse(url, { port: chrome.port, onlyCategories: categories, logLevel: "error" }, config);
    if (!lhr.runtimeError) return lhr;
    error = lhr.runtimeError.message;
  }
  throw new Error(`${url}: ${error}`);
}

// lacks names the audits of a category that were not passed in full.
function lacks(results, category) {
  const names = results.flatMap(({ audits, categories }) =>
    categories[category].auditRefs.filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 1).map(({ id }) => id));
  return [...new Set(names)].join(", ");
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
