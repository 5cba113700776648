// SPDX-License-Identifier: Apache-2.0
// charts.js: the three kinds of chart of the report, by Chart.js where the page carries it, else as
// plain SVG whose marks tell their values when pointed at.
//
//   scatter(el, {x, y, sets: [{name, points: [{x, y, text, id}]}], onHover(id)})
//   bars(el, {y, labels, sets: [{name, values}], stacked})
//   spans(el, {x, labels, sets: [{name, spans: [{row, from, to}]}]})
//
// Each returns {update(data)}: the same chart with other sets.
"use strict";

const palette = ["#2f6fb0", "#d9822b", "#3f9b57", "#b8434e", "#7a5ab5", "#8a6a4f", "#c2679f", "#6b7a89", "#a8a12c", "#2c9fa8"];
const colour = i => palette[i % palette.length];
const short = v => Math.abs(v) >= 1e5 || (v !== 0 && Math.abs(v) < 1e-3) ? v.toExponential(2) : String(+v.toPrecision(5));

// ---- Chart.js ----

function withLibrary(el, config) {
    const canvas = document.createElement("canvas");
    el.replaceChildren(canvas);
    return new Chart(canvas, {
        ...config,
        options: { animation: false, maintainAspectRatio: false, ...config.options },
    });
}

function axis(title, more = {}) {
    return { title: { display: !!title, text: title }, ...more };
}

const byLibrary = {
    scatter(el, d) {
        const sets = data => data.sets.map((s, i) => ({
            label: s.name, data: s.points, pointRadius: s.big ? 8 : 4, pointHoverRadius: s.big ? 10 : 7,
            backgroundColor: colour(i), borderColor: s.big ? "#1d2733" : colour(i), pointStyle: s.big ? "rectRot" : "circle", order: s.big ? 0 : 1,
        }));
        const chart = withLibrary(el, {
            type: "scatter",
            data: { datasets: sets(d) },
            options: {
                scales: { x: axis(d.x), y: axis(d.y) },
                plugins: { tooltip: { callbacks: { label: c => c.raw.text } } },
                onHover: (event, found) => {
                    if (found.length && d.onHover) d.onHover(chart.data.datasets[found[0].datasetIndex].data[found[0].index]);
                },
            },
        });
        return {
            update(data) {
                chart.data.datasets = sets(data);
                chart.options.scales.x.title.text = data.x;
                chart.options.scales.y.title.text = data.y;
                chart.update();
            },
        };
    },
    bars(el, d) {
        const sets = data => data.sets.map((s, i) => ({ label: s.name, data: s.values, backgroundColor: colour(i) }));
        const chart = withLibrary(el, {
            type: "bar",
            data: { labels: d.labels, datasets: sets(d) },
            options: {
                scales: { x: axis("", { stacked: !!d.stacked }), y: axis(d.y, { stacked: !!d.stacked }) },
                plugins: { legend: { display: d.sets.length > 1 } },
            },
        });
        return { update(data) { chart.data = { labels: data.labels, datasets: sets(data) }; chart.update(); } };
    },
    spans(el, d) {
        const sets = data => data.sets.map((s, i) => ({
            label: s.name, backgroundColor: colour(i), barPercentage: 0.9, categoryPercentage: 1, grouped: false,
            data: s.spans.map(b => ({ x: [b.from, b.to], y: data.labels[b.row] })),
        }));
        const chart = withLibrary(el, {
            type: "bar",
            data: { labels: d.labels, datasets: sets(d) },
            options: { indexAxis: "y", scales: { x: axis(d.x, { min: d.min, max: d.max }), y: axis("", { ticks: { autoSkip: false } }) } },
        });
        return {
            update(data) {
                chart.data = { labels: data.labels, datasets: sets(data) };
                chart.options.scales.x.min = data.min;
                chart.options.scales.x.max = data.max;
                chart.update();
            },
        };
    },
};

// ---- plain SVG ----

const W = 1060, LEFT = 70, RIGHT = 20, TOP = 26, BOTTOM = 46;

function node(name, attributes, text) {
    const n = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [k, v] of Object.entries(attributes)) n.setAttribute(k, v);
    if (text !== undefined) n.textContent = text;
    return n;
}

function scale(values, from, to) {
    const lo = Math.min(...values), hi = Math.max(...values), span = hi - lo || 1;
    return { lo, hi: lo + span, at: v => from + (v - lo) / span * (to - from) };
}

// Frame, titles, ticks of the numeric axes, legend.
function frame(el, d, x, y) {
    const height = el.clientHeight || 320;
    const svg = node("svg", { viewBox: `0 0 ${W} ${height}`, role: "img" });
    el.replaceChildren(svg);
    const label = (px, py, text, anchor = "middle") =>
        svg.append(node("text", { x: px, y: py, "text-anchor": anchor, "font-size": 12, fill: "#66727f" }, text));
    svg.append(node("path", { d: `M${LEFT},${TOP}V${height - BOTTOM}H${W - RIGHT}`, fill: "none", stroke: "#d8dee4" }));
    for (let i = 0; x && i <= 5; i++) label(x.at(x.lo + (x.hi - x.lo) * i / 5), height - BOTTOM + 16, short(x.lo + (x.hi - x.lo) * i / 5));
    for (let i = 0; y && i <= 5; i++) label(LEFT - 6, y.at(y.lo + (y.hi - y.lo) * i / 5) + 4, short(y.lo + (y.hi - y.lo) * i / 5), "end");
    if (d.x) label((LEFT + W - RIGHT) / 2, height - 8, d.x);
    if (d.y) label(LEFT, 14, d.y, "start");
    d.sets.forEach((s, i) => {
        svg.append(node("rect", { x: W - RIGHT - 130 * (d.sets.length - i), y: 4, width: 10, height: 10, fill: colour(i) }));
        label(W - RIGHT - 130 * (d.sets.length - i) + 14, 14, s.name, "start");
    });
    return { svg, height, label };
}

function mark(svg, name, attributes, text) {
    const n = node(name, attributes);
    n.append(node("title", {}, text));
    svg.append(n);
    return n;
}

const bySvg = {
    scatter(el, first) {
        const draw = d => {
            const points = d.sets.flatMap(s => s.points), height = el.clientHeight || 320;
            if (!points.length) return el.replaceChildren();
            const x = scale(points.map(p => p.x), LEFT + 10, W - RIGHT - 10), y = scale(points.map(p => p.y), height - BOTTOM - 10, TOP + 10);
            const { svg } = frame(el, d, x, y);
            d.sets.forEach((s, i) => s.points.forEach(p => {
                const c = mark(svg, "circle", { cx: x.at(p.x), cy: y.at(p.y), r: s.big ? 8 : 4, fill: colour(i) }, p.text);
                c.addEventListener("mouseenter", () => first.onHover && first.onHover(p));
            }));
        };
        draw(first);
        return { update: draw };
    },
    bars(el, first) {
        const draw = d => {
            const height = el.clientHeight || 320, sum = i => d.sets.reduce((a, s) => a + s.values[i], 0);
            const tops = d.labels.map((_, i) => d.stacked ? sum(i) : Math.max(...d.sets.map(s => s.values[i])));
            const y = scale([0, ...tops], height - BOTTOM, TOP);
            const { svg, label } = frame(el, d, null, y), step = (W - LEFT - RIGHT) / d.labels.length;
            d.labels.forEach((text, i) => {
                let below = 0;
                d.sets.forEach((s, k) => {
                    const wide = step * 0.7 / (d.stacked ? 1 : d.sets.length), v = s.values[i];
                    mark(svg, "rect", {
                        x: LEFT + step * (i + 0.15) + (d.stacked ? 0 : wide * k), width: wide,
                        y: y.at(below + v), height: Math.max(0, y.at(below) - y.at(below + v)), fill: colour(k),
                    }, `${text}, ${s.name}: ${short(v)}`);
                    below += d.stacked ? v : 0;
                });
                if (d.labels.length <= 40) label(LEFT + step * (i + 0.5), height - BOTTOM + 16, text);
            });
        };
        draw(first);
        return { update: draw };
    },
    spans(el, first) {
        const draw = d => {
            const height = el.clientHeight || 320, x = scale([d.min, d.max], LEFT + 110, W - RIGHT);
            const { svg, label } = frame(el, d, x, null), step = (height - TOP - BOTTOM) / d.labels.length;
            d.labels.forEach((text, i) => label(LEFT + 104, TOP + step * (i + 0.65), text, "end"));
            d.sets.forEach((s, k) => s.spans.forEach(b => mark(svg, "rect", {
                x: x.at(b.from), width: Math.max(0.5, x.at(b.to) - x.at(b.from)), y: TOP + step * (b.row + 0.05), height: step * 0.9, fill: colour(k),
            }, `${s.name}, ${d.labels[b.row]}: ${b.from} to ${b.to}`)));
        };
        draw(first);
        return { update: draw };
    },
};

const charts = typeof Chart === "function" ? byLibrary : bySvg;
