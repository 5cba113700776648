// SPDX-License-Identifier: Apache-2.0
// report.js: the sections of the report, from what the program put into #runs: one object a
// directory with the contents of its files (null where a directory has no such file) and, from
// results.h5, latencies and the engines' spans of some requests.
"use strict";

const runs = JSON.parse(document.getElementById("runs").textContent);
const name = run => run.path.replace(/\/+$/, "").split("/").slice(-2).join("/");

// ---- small parts ----

function make(tag, attributes = {}, ...children) {
    const n = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes)) n.setAttribute(k, v);
    n.append(...children);
    return n;
}

function section(id, title, note) {
    const s = make("section", { "data-section": id }, make("h2", {}, title));
    if (note) s.append(make("p", { class: "note" }, note));
    document.getElementById("sections").append(s);
    return s;
}

function chartBox(parent, height) {
    const box = make("div", { class: "chart", style: `height:${height}px` });
    parent.append(box);
    return box;
}

function table(parent, head, rows) {
    const cells = (row, tag) => make("tr", {}, ...row.map(c => c instanceof Node ? make(tag, {}, c) : make(tag, {}, String(c ?? "–"))));
    parent.append(make("div", { class: "scroll" },
        make("table", {}, make("thead", {}, cells(head, "th")), make("tbody", {}, ...rows.map(r => cells(r, "td"))))));
}

function select(parent, label, options, onChange) {
    const s = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
    s.addEventListener("change", onChange);
    parent.append(make("label", {}, label + " ", s));
    return s;
}

function csv(text) {
    const [head, ...lines] = text.trim().split("\n").map(l => l.match(/("([^"]|"")*"|[^,]*)(,|$)/g).map(c => c.replace(/,$/, "").replace(/^"|"$/g, "")));
    return lines.map(l => Object.fromEntries(head.map((h, i) => [h, l[i]])));
}

const stat = (run, key) => run.stats && run.stats[key] ? run.stats[key].value : null;
const withStats = runs.filter(r => r.stats);
const PARTS = ["array", "dac", "adc", "accumulation", "buffer", "interconnect", "interaction", "embedding", "other"];

// ---- totals ----

function verdict(run) {
    if (!run.cosim) return "not co-simulated";
    const first = run.cosim.first_divergence, count = run.cosim.first_count_difference;
    return run.cosim.equal ? make("span", { class: "good" }, `equal: ${run.cosim.events_compared} events`)
        : make("span", { class: "bad" }, first ? `differs at cycle ${first.cycle}, ${first.unit}` : `counts differ: ${count.unit} ${count.count}`);
}

function totals() {
    const s = section("totals", "Totals", "Latency and throughput from the cycle-accurate run; energy and area are counts times published figures.");
    const f = (v, scale = 1) => v === null ? null : short(v * scale);
    const latency = (r, q) => stat(r, `chip.latency_${q}_cycles`) === null ? null : stat(r, `chip.latency_${q}_cycles`) / stat(r, "chip.clock_mhz") * 1e3;
    table(s, ["", ...runs.map(name)], [
        ["RTL against model", ...runs.map(verdict)],
        ["latency p50, ns", ...runs.map(r => f(latency(r, "p50")))],
        ["latency p99, ns", ...runs.map(r => f(latency(r, "p99")))],
        ["inferences/s", ...runs.map(r => f(stat(r, "chip.inferences_per_s")))],
        ["energy, nJ/inference", ...runs.map(r => f(stat(r, "chip.energy_nj_per_inference")))],
        ["area, mm²", ...runs.map(r => f(stat(r, "chip.area_mm2")))],
        ["power, mW", ...runs.map(r => f(stat(r, "chip.power_mw")))],
        ["cells in use", ...runs.map(r => f(stat(r, "chip.cell_utilisation")))],
    ]);
}

function accuracy() {
    const with_ = runs.filter(r => r.accuracy);
    if (!with_.length) return;
    const s = section("accuracy", "Accuracy", "The whole validation part: trained in float, in exact integers, and in the chip's integers under its converters.");
    const row = (title, key) => [title, ...with_.map(r => r.accuracy[key] === undefined ? null : r.accuracy[key].toFixed(5))];
    table(s, ["", ...with_.map(name)], [
        row("LogLoss, float", "logloss"), row("LogLoss, integers", "logloss_integer"), row("LogLoss, chip", "logloss_chip"),
        row("AUC, float", "auc"), row("AUC, integers", "auc_integer"), row("AUC, chip", "auc_chip"),
    ]);
}

// ---- Pareto front ----

const AXES = [["latency_cycles", "latency, cycles"], ["interval_cycles", "interval, cycles"], ["energy_nj", "energy, nJ"], ["area_mm2", "area, mm²"], ["logloss_chip", "LogLoss on the chip"]];

function pareto(run) {
    const all = csv(run.pareto), s = section("pareto", "Designs that no other beats", `${name(run)}: ${all.length} designs of the search; the estimator's costs. Point at one to see it.`);
    const controls = make("div", { class: "controls" });
    s.append(controls);
    const x = select(controls, "x", AXES, draw), y = select(controls, "y", AXES, draw);
    y.value = "logloss_chip";
    const limits = AXES.slice(0, 4).map(([key, text]) => {
        const input = make("input", { type: "number", min: 0, step: "any", "data-key": key, placeholder: "any" });
        input.addEventListener("input", draw);
        controls.append(make("label", {}, `${text} ≤ `, input));
        return [key, input];
    });
    const count = make("span", { class: "count" });
    controls.append(count);
    const box = chartBox(s, 380), detail = make("p", { class: "detail" });
    s.append(detail);
    const title = key => AXES.find(a => a[0] === key)[1];
    const point = d => ({ x: +d[x.value], y: +d[y.value], text: `design ${d.id}: ${short(+d[x.value])}, ${short(+d[y.value])}`, design: d });
    const data = () => {
        const kept = all.filter(d => limits.every(([key, input]) => input.value === "" || +d[key] <= +input.value));
        count.textContent = `${kept.length} shown`;
        return {
            x: title(x.value), y: title(y.value),
            sets: [{ name: "design", points: kept.filter(d => d.chosen !== "1").map(point) },
                { name: "chosen", big: true, points: kept.filter(d => d.chosen === "1").map(point) }],
            onHover: p => { detail.textContent = `design ${p.design.id}: ${p.design.genome}; ${p.design.chip}`; },
        };
    };
    const chart = charts.scatter(box, data());
    function draw() { chart.update(data()); }
}

// ---- sweep ----

function sweep(run) {
    const rows = csv(run.sweep).filter(r => r.feasible === "1");
    if (!rows.length) return;
    const numeric = Object.keys(rows[0]).filter(k => k !== "feasible" && k !== "reason" && rows.every(r => r[k] !== "" && !isNaN(r[k])));
    const s = section("sweep", "Sweep", `${name(run)}: ${rows.length} points that fit.`), controls = make("div", { class: "controls" });
    s.append(controls);
    const options = numeric.map(k => [k, k]);
    const x = select(controls, "x", options, draw), y = select(controls, "y", options, draw);
    x.value = numeric.includes("chip.area_mm2") ? "chip.area_mm2" : numeric[0];
    y.value = numeric.includes("chip.energy_nj_per_inference") ? "chip.energy_nj_per_inference" : numeric.at(-1);
    const keys = numeric.slice(1, numeric.findIndex(k => k.startsWith("run.") || k.startsWith("chip.")));
    const data = () => ({
        x: x.value, y: y.value,
        sets: [{ name: "point", points: rows.map(r => ({ x: +r[x.value], y: +r[y.value], text: keys.map(k => `${k}=${r[k]}`).join(" ") })) }],
    });
    const chart = charts.scatter(chartBox(s, 340), data());
    function draw() { chart.update(data()); }
}

// ---- breakdowns ----

function breakdown() {
    const s = section("breakdown", "Where energy and area go");
    for (const [id, title, value] of [
        ["energy", "energy, nJ/inference", (r, part) => stat(r, `chip.energy.${part}_pj`) / 1e3 / stat(r, "chip.n_requests")],
        ["area", "area, mm²", (r, part) => (stat(r, `chip.area.${part}_um2`) ?? 0) / 1e6],
    ]) {
        const parts = id === "energy" ? [...PARTS, "leakage"] : PARTS;
        const box = chartBox(s, 300);
        charts.bars(box, {
            y: title, labels: withStats.map(name), stacked: true,
            sets: parts.map(part => ({ name: part, values: withStats.map(r => value(r, part)) })),
        });
    }
}

// ---- floor plan ----

const HEAT = [
    ["engine.utilisation", "busy share of the run"], ["energy_pj", "dynamic energy, pJ"], ["router.n_flits", "flits through the router"],
    ["ni.stall_credit_cycles", "cycles waiting for a slot"],
];

function floorPlan(run) {
    const s = section("floor", "Floor plan", `${name(run)}: a ${run.plan.width} × ${run.plan.height} mesh.`), controls = make("div", { class: "controls" });
    s.append(controls);
    const metric = select(controls, "colour", HEAT, draw), grid = make("div", { class: "mesh", style: `grid-template-columns:repeat(${run.plan.width},1fr)` });
    s.append(grid);
    const units = new Map(run.plan.units.map(u => [u.node, u]));
    function draw() {
        const values = Array.from({ length: run.plan.width * run.plan.height }, (_, i) => stat(run, `chip.${units.has(i) ? units.get(i).name : "n" + i}.${metric.value}`) ?? 0);
        const most = Math.max(...values, 1e-30);
        grid.replaceChildren(...values.map((v, i) => {
            const u = units.get(i), heat = Math.round(95 - 45 * v / most);
            return make("div", { class: "node", style: `background:hsl(28 90% ${heat}%)`, title: u ? `${u.name}: ${u.operator ?? u.kind}` : "router only" },
                make("b", {}, u ? u.kind : "–"), u ? u.name : "router", make("br"), short(v));
        }));
    }
    draw();
}

// ---- timeline and latency ----

function timeline(run) {
    const s = section("timeline", "Pipeline", `${name(run)}: when the engines of the units work on the first requests, in cycles.`), controls = make("div", { class: "controls" });
    s.append(controls);
    const most = Math.max(...run.spans.map(b => b[1])) + 1, labels = [...new Set(run.spans.map(b => b[0]))].sort((a, b) => a - b);
    const n = make("input", { type: "number", min: 1, max: most, value: Math.min(4, most) });
    n.addEventListener("input", () => chart.update(data()));
    controls.append(make("label", {}, "requests ", n));
    const data = () => {
        const kept = run.spans.filter(b => b[1] < +n.value);
        return {
            x: "cycle", labels: labels.map(u => run.units[u]), min: Math.min(...kept.map(b => b[2])), max: Math.max(...kept.map(b => b[3])),
            sets: Array.from({ length: Math.min(+n.value || 1, most) }, (_, r) => ({
                name: `request ${r}`, spans: kept.filter(b => b[1] === r).map(b => ({ row: labels.indexOf(b[0]), from: b[2], to: b[3] })),
            })),
        };
    };
    const chart = charts.spans(chartBox(s, 80 + 26 * labels.length), data());
}

function latencies(with_) {
    const s = section("latency", "Latency of the requests"), BINS = 40;
    const ns = with_.map(r => r.latency_cycles.map(c => c / r.clock_hz * 1e9));
    const lo = ns.reduce((m, v) => Math.min(m, ...v), Infinity), hi = ns.reduce((m, v) => Math.max(m, ...v), 0), wide = (hi - lo) / BINS || 1;
    charts.bars(chartBox(s, 280), {
        y: "requests", labels: Array.from({ length: BINS }, (_, i) => `${short(Math.round(lo + wide * i))} ns`),
        sets: with_.map((r, k) => {
            const values = Array(BINS).fill(0);
            for (const v of ns[k]) values[Math.min(BINS - 1, Math.floor((v - lo) / wide))]++;
            return { name: name(r), values };
        }),
    });
}

function provenance() {
    const with_ = runs.filter(r => r.provenance);
    if (!with_.length) return;
    const s = section("provenance", "Provenance");
    table(s, ["", ...with_.map(name)], [
        ["version", ...with_.map(r => `${r.provenance.version} (${r.provenance.revision}${r.provenance.sources_changed ? ", changed" : ""})`)],
        ["compiler", ...with_.map(r => r.provenance.compiler)],
        ["seed", ...with_.map(r => r.provenance.seed)],
        ["command", ...with_.map(r => r.provenance.command.join(" "))],
        ["inputs", ...with_.map(r => r.provenance.inputs.map(i => `${i.path} ${i.sha256.slice(0, 12)}`).join("; ") || "–")],
    ]);
}

document.getElementById("about").textContent = `${runs.length} ${runs.length === 1 ? "directory" : "directories"}: ${runs.map(name).join(", ")}`;
if (withStats.length) totals();
accuracy();
runs.filter(r => r.pareto).forEach(pareto);
runs.filter(r => r.sweep).forEach(sweep);
if (withStats.length) breakdown();
runs.filter(r => r.plan && r.stats).forEach(floorPlan);
runs.filter(r => r.spans && r.spans.length).forEach(timeline);
if (runs.some(r => r.latency_cycles)) latencies(runs.filter(r => r.latency_cycles));
provenance();
