// Looks at mails in Chromium, as mail programs show them: wide and narrow, light and dark,
// and without any style. Each line that it prints is a problem.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [tools, file, pictures] = process.argv.slice(2);
const require = createRequire(join(tools, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const mails = JSON.parse(readFileSync(file));
// All rules but two: a mail has no landmarks of its own.
const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: false }, 'landmark-one-main': { enabled: false } }, resultTypes: ['violations'] };

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
const problem = (...words) => console.log(words.join(' ').replaceAll('\n', ' '));

async function look(page, mail, name) {
	const loads = [];
	const request = (r) => { if (!r.url().startsWith('data:') && r.url() !== 'about:blank') loads.push(r.url()); };
	page.on('request', request);
	await page.setContent(mail.HTML);
	const found = await page.evaluate(async ([source, rules]) => {
		(0, eval)(source);
		const result = await axe.run(rules);
		const low = [...document.querySelectorAll('a')].filter((a) => { const s = getComputedStyle(a); return parseFloat(s.lineHeight) + parseFloat(s.paddingTop) + parseFloat(s.paddingBottom) < 24; }).map((a) => a.textContent);
		return {
			violations: result.violations.map((v) => v.id + ' at ' + v.nodes.slice(0, 3).map((n) => n.target).join(', ')), low,
			over: document.documentElement.scrollWidth - innerWidth, text: document.body.innerText,
		};
	}, [axe, rules]);
	page.off('request', request);
	for (const v of found.violations) problem(name, v);
	if (loads.length) problem(name, 'loads', loads.join(' '));
	if (found.over > 0) problem(name, `is ${found.over} px too wide`);
	for (const text of found.low) problem(name, 'has a link that is hard to hit:', text);
	if (pictures) await page.screenshot({ path: join(pictures, `mail-${name}.png`), fullPage: true });
	return found.text;
}

const words = (text) => text.split(/\s+/).filter(Boolean);

// bare shows the mail where a program throws all styles away.
async function bare(page, mail, name, styled) {
	await page.setContent(mail.HTML);
	const found = await page.evaluate(() => {
		for (const sheet of document.querySelectorAll('style, link[rel=stylesheet]')) sheet.remove();
		for (const e of document.querySelectorAll('*')) for (const a of ['style', 'class', 'bgcolor', 'width']) e.removeAttribute(a);
		return { text: document.body.innerText, over: document.documentElement.scrollWidth - innerWidth, headings: document.querySelectorAll('h1').length };
	});
	const unstyled = words(found.text), dressed = words(styled);
	if (unstyled.slice(-dressed.length).join(' ') !== dressed.join(' ')) problem(name, 'reads otherwise without styles:', found.text.slice(0, 300));
	if (found.over > 0) problem(name, `is ${found.over} px too wide without styles`);
	if (found.headings !== 1) problem(name, `has ${found.headings} main headings`);
	// Whatever the text part says stands in the HTML, too, in that order.
	let at = 0;
	for (const line of mail.Sentences ?? []) {
		const next = unstyled.join(' ').indexOf(words(line).join(' '), at);
		if (next < 0) { problem(name, 'does not say in its order:', line); break; }
		at = next;
	}
}

for (const width of [390, 600]) {
	for (const colorScheme of ['light', 'dark']) {
		const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
		context.setDefaultTimeout(120_000); // the machine may have much else to do
		const page = await context.newPage();
		for (const mail of mails) {
			const name = `${mail.Name}-${width}-${colorScheme}`;
			const text = await look(page, mail, name);
			if (width === 390 && colorScheme === 'light') await bare(page, mail, mail.Name, text);
		}
		await context.close();
	}
}
await browser.close();
