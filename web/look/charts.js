// Charts draw what their tables say, in the colours of their legends, and look again for
// what has changed since. Nothing on the page moves.
'use strict';

const section = document.querySelector('[data-charts]');
const lang = section?.lang, zone = section?.dataset.zone;
const time = new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone });
const date = new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'short', timeZone: zone });
const amount = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
const dashes = [[], [6, 4], [2, 3], [], [8, 3, 2, 3], [4, 2], [1, 3]];
const named = section?.dataset.units.split('|');
const units = [3600, 60, 1].map((size, i) => [size, named?.[2 - i]]);

// span is how long something took, for an axis: in one unit, named as the page names it.
function span(seconds) {
	const [size, unit] = units.find(([size]) => seconds >= size) || units[2];
	return amount.format(seconds / size) + ' ' + unit;
}

// clock is a time on an axis; midnight is told by its date.
function clock(at, days) {
	const hour = time.format(at);
	return days || hour === '00:00' ? date.format(at) : hour;
}

const look = (figure, line) => +figure.querySelectorAll('.swatch')[line].className.match(/look-(\d)/)[1] - 1;
const colour = (element, of = 'color') => () => getComputedStyle(element)[of];

// inOrder are the rows of a table; those of times have the newest first.
function inOrder(figure) {
	const all = [...figure.querySelectorAll('[data-rows] tr')];
	return figure.dataset.chart === 'bars' ? all : all.reverse();
}

// rows are the numbers of a table: what the row is of, then a list for each column.
function rows(figure) {
	const bars = figure.dataset.chart === 'bars';
	const all = inOrder(figure);
	const columns = figure.querySelectorAll('.swatch').length;
	const value = (row, i) => {
		const data = row.cells[i + 1].querySelector('data');
		return data ? +data.value : null;
	};
	return [
		all.map((row, i) => (bars ? i : +row.dataset.at)),
		...Array.from({ length: columns }, (_, i) => all.map((row) => value(row, i))),
	];
}

// alone are the values that no line leads to, which are drawn as points.
function alone(values) {
	const found = [];
	values.forEach((v, i) => {
		if (v != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
	});
	return found;
}

function options(figure, plot) {
	const bars = figure.dataset.chart === 'bars', seconds = 'seconds' in figure.dataset;
	const swatches = [...figure.querySelectorAll('.swatch')];
	const format = (v) => (v == null ? '–' : seconds ? span(v) : amount.format(v));
	const axis = { stroke: colour(figure.querySelector('[data-says]')), grid: { stroke: colour(figure, 'borderTopColor'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
	const names = () => inOrder(figure).map((row) => row.cells[0].textContent);
	const here = (u) => {
		const i = u.cursor.idx;
		figure.querySelectorAll('[data-here]').forEach((place, line) => {
			const of = u.data[line + 1];
			place.textContent = i == null || !of ? '' : seconds ? inOrder(figure)[i].cells[line + 1].textContent : format(of[i]);
		});
		const when = figure.querySelector('[data-when]');
		if (when) when.textContent = i == null ? '' : names()[i] ?? '';
	};
	return {
		width: plot.clientWidth, height: plot.clientHeight, legend: { show: false }, padding: [8, 20, 0, 0],
		cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
		scales: {
			x: bars ? { time: false, range: (u, min, max) => [min - 0.6, max + 0.6] } : {},
			y: { range: (u, min, max) => [0, Math.max(max * 1.1, seconds ? 0.1 : 4)] },
		},
		tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), zone),
		axes: [
			bars
				? { ...axis, size: 28, splits: (u) => u.data[0], values: (u, all) => all.map((i) => names()[i]), grid: { show: false } }
				: { ...axis, size: 28, space: 64, grid: { show: false }, values: (u, all, i, space, step) => all.map((at) => clock(at * 1e3, step >= 86400)) },
			{ ...axis, size: seconds ? 56 : 40, values: (u, all) => all.map(format), ...(seconds ? { incrs: [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000, 86400] } : { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7] }) },
		],
		series: [{}, ...swatches.map((swatch, line) => ({
			stroke: colour(swatch), width: bars ? 0 : 2, dash: dashes[look(figure, line)],
			...(bars ? { fill: colour(swatch), paths: uPlot.paths.bars({ size: [0.6, 64] }), points: { show: false } } : { points: { size: 5, show: false, filter: (u, i, show) => (show ? null : alone(u.data[i])) } }),
		}))],
		hooks: { setCursor: [here] },
	};
}

// draw makes the picture of a figure, and keeps it as wide as its place.
function draw(figure) {
	const plot = figure.querySelector('[data-plot]');
	const u = new uPlot(options(figure, plot), rows(figure), plot);
	const sized = new ResizeObserver(() => {
		if (plot.clientWidth && plot.clientWidth !== u.width) u.setSize({ width: plot.clientWidth, height: plot.clientHeight });
	});
	sized.observe(plot);
	const looks = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
	const again = () => u.redraw(false, true);
	for (const l of looks) l.addEventListener('change', again);
	return {
		fill: () => u.setData(rows(figure)),
		end: () => {
			sized.disconnect();
			for (const l of looks) l.removeEventListener('change', again);
			u.destroy();
		},
	};
}

const legend = (figure) => [...figure.querySelectorAll('[data-legend] li')].map((li) => li.firstElementChild?.className + li.childNodes[1]?.textContent).join('|');

// renew takes what a figure says now. Only where it has other lines than before is it
// drawn anew.
function renew(figure, now, drawn) {
	const same = legend(figure) === legend(now);
	for (const part of same ? ['[data-says]', 'thead', '[data-rows]'] : ['[data-says]', '[data-legend]', 'thead', '[data-rows]']) {
		figure.querySelector(part).replaceWith(document.adoptNode(now.querySelector(part)));
	}
	figure.querySelector('[data-plot]').setAttribute('aria-label', now.querySelector('[data-plot]').getAttribute('aria-label'));
	if (same) {
		drawn.fill();
		return drawn;
	}
	drawn.end();
	return draw(figure);
}

if (section && window.uPlot) {
	const figures = new Map([...section.querySelectorAll('figure')].map((figure) => [figure, draw(figure)]));
	const every = 10_000;
	const again = async () => {
		if (document.hidden || document.querySelector('[data-pause][aria-pressed=true]')) return;
		const answer = await fetch(section.dataset.charts).catch(() => null); // the corner says that the service is away
		if (!answer?.ok) return;
		const now = new DOMParser().parseFromString(await answer.text(), 'text/html');
		for (const [figure, drawn] of figures) {
			const other = now.getElementById(figure.id);
			if (other) figures.set(figure, renew(figure, other, drawn));
		}
	};
	setInterval(again, every);
	document.addEventListener('visibilitychange', again);
}
