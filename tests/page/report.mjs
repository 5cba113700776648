// SPDX-License-Identifier: Apache-2.0
// report.mjs PAGE.html CHROMIUM [SCREENSHOT.png]: opens a report in headless Chromium: no errors on the
// console and no request to any network; hover tells about a design; a filter filters.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../../cli/page/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const [page_path, executablePath, picture] = process.argv.slice(2);
const problems = [];
const check = (good, what) => { console.log(`${good ? "ok  " : "FAIL"} ${what}`); if (!good) problems.push(what); };

const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
page.on("console", m => { if (m.type() === "error") problems.push(`console: ${m.text()}`); });
page.on("pageerror", e => problems.push(`page: ${e.message}`));
page.on("request", r => { if (!r.url().startsWith("file:") && !r.url().startsWith("data:")) problems.push(`asks the network: ${r.url()}`); });
await page.goto(pathToFileURL(page_path).href);

for (const id of ["totals", "accuracy", "pareto", "breakdown", "floor", "device", "against", "timeline", "latency", "provenance"])
    check(await page.locator(`[data-section=${id}]`).count() >= 1, `section ${id}`);
check((await page.locator("[data-section=totals] .good").count()) >= 1, "co-simulation's verdict");
check((await page.locator("[data-section=floor] .node").count()) > 3, "nodes of the floor plan");

// Hover: somewhere on the Pareto chart there is a design.
const chart = page.locator("[data-section=pareto] .chart").first();
await chart.scrollIntoViewIfNeeded();
const box = await chart.boundingBox();
for (let y = 0.05; y < 0.95 && !(await page.textContent(".detail")); y += 0.02)
    for (let x = 0.08; x < 0.98; x += 0.02) await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
check(/^design \d+: e\d/.test(await page.textContent(".detail")), "hover tells the design");

const shown = async () => parseInt(await page.textContent(".count"), 10);
const all = await shown();
await page.fill("[data-key=area_mm2]", "0.000001");
check((await shown()) === 0, "a filter leaves nothing out of reach");
await page.fill("[data-key=area_mm2]", "");
check((await shown()) === all && all > 0, "and everything comes back without it");
await page.selectOption("[data-section=floor] select", "router.n_flits");
check(/\d/.test(await page.textContent("[data-section=floor] .node")), "another colour of the floor plan");

await page.selectOption("[data-section=against] select", "1");
check(/lognormal/.test(await page.textContent("[data-section=device]")), "which device effects");

if (picture) await page.screenshot({ path: picture, fullPage: true });
await browser.close();
for (const p of problems) console.log(`problem: ${p}`);
process.exit(problems.length ? 1 : 0);
