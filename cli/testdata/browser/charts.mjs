// Looks at the charts: that each is drawn, says what the API says, takes up what happens
// without moving anything, fits its place, and goes with the colours around it.

// drawn are the figures of a page: how many pixels of each are painted, and with what most of them.
const drawn = () => [...document.querySelectorAll('figure.chart')].map((figure) => {
	const canvas = figure.querySelector('canvas');
	if (!canvas) return { id: figure.id, painted: 0 };
	const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
	const colours = new Map();
	for (let i = 0; i < data.length; i += 4) {
		if (data[i + 3] === 255) colours.set(data.slice(i, i + 3).join(), (colours.get(data.slice(i, i + 3).join()) || 0) + 1);
	}
	return {
		id: figure.id, painted: [...colours.values()].reduce((a, b) => a + b, 0), most: [...colours].sort((a, b) => b[1] - a[1])[0]?.[0],
		wide: canvas.getBoundingClientRect().right - figure.getBoundingClientRect().right,
	};
});

// sums are those of each column of a chart's table.
const sums = (id) => {
	const rows = [...document.querySelectorAll(`#${id} [data-rows] tr`)];
	return rows.reduce((all, row) => [...row.cells].slice(1).map((cell, i) => (all[i] || 0) + +(cell.querySelector('data')?.value ?? 0)), []);
};

export async function charts({ context, problem, url, settings, session }) {
	const api = async (path, body) => (await fetch(url('/api/v1' + path), {
		method: body ? 'POST' : 'GET', headers: { Authorization: 'Bearer ntf_test_dev', 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
	})).json();
	const total = (answer) => answer.data.reduce((sum, point) => sum + Object.values(point.values).reduce((a, b) => a + b, 0), 0);
	const looks = {};
	for (const colorScheme of ['light', 'dark']) {
		const made = await context({ viewport: { width: 390, height: 844 }, colorScheme }, session);
		const page = await made.newPage();
		await page.goto(url('/?lang=en'));
		for (const chart of await page.evaluate(drawn)) {
			if (chart.painted < 200) problem('charts:', chart.id, 'is not drawn');
			if (chart.wide > 0) problem('charts:', chart.id, 'does not fit its place');
			if (looks[chart.id] === chart.most) problem('charts:', chart.id, 'looks the same in the light and in the dark');
			looks[chart.id] = chart.most;
		}
		await page.setViewportSize({ width: 700, height: 844 });
		await page.waitForFunction(() => [...document.querySelectorAll('figure.chart canvas')].every((c) => c.getBoundingClientRect().width > 500)).catch(() => problem('charts: they stay narrow where there is room'));
		await made.close();
	}
	const made = await context({ viewport: { width: 1280, height: 900 } }, session);
	const page = await made.newPage();
	await page.goto(url('/?lang=en'));
	const [there, here] = [total(await api('/stats/timeseries?metric=digests&since=7d&step=24h')), (await page.evaluate(sums, 'chart-digests'))[0]];
	if (there === 0 || there !== here) problem('charts: the API tells of', there, 'digests, the table of', here);
	await page.locator('#chart-flow summary').click();
	await page.locator('#chart-flow details').scrollIntoViewIfNeeded();
	const [before, place] = [(await page.evaluate(sums, 'chart-flow'))[0], await page.locator('#chart-digests').boundingBox()];
	await api('/messages', { to: ['guest@example.net'], subject: 'For the chart', text: 'One more' });
	await page.waitForFunction((before) => [...document.querySelectorAll('#chart-flow [data-rows] tr')].reduce((sum, row) => sum + +row.cells[1].firstElementChild.value, 0) > before, before, { timeout: 60_000 })
		.catch(() => problem('charts: a mail that left is not counted on the page'));
	const after = await page.locator('#chart-digests').boundingBox();
	if (after.y !== place.y || after.height !== place.height) problem('charts: what is new has moved the page');
	await page.hover('#chart-flow .u-over');
	if (!(await page.textContent('#chart-flow [data-when]')).includes(':')) problem('charts: nothing says when it was that one points at');
	if (!(await page.locator('#chart-flow [data-plot]').getAttribute('aria-label')).includes('a minute now')) problem('charts: they are not put into words');
	await made.close();
}
