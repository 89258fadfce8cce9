// Looks at every page as people set up their browsers: forced colours, no motion, large
// text, a magnified window; and at a page while the service is killed and comes back. Each
// line that it prints is a problem, but for those that begin with "note", and for "insert",
// "kill" and "start", which ask for a row in the database, and the service's end and start.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const settings = JSON.parse(process.argv[2]);
const require = createRequire(join(settings.tools, 'package.json'));
const { chromium } = require('playwright-core');
const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const problem = (...words) => console.log(words.join(' ').replaceAll('\n', ' '));
const ask = async (what) => { console.log(what); await answers.next(); };
const url = (path) => (path.startsWith('http') ? path : settings.base + path);

const pages = {
	'sign-in': '/login', choices: settings.choices, overview: '/', messages: '/messages', message: '/messages/' + settings.message, mail: '/messages/' + settings.message + '/mail',
	why: '/why?user=anna', deferred: '/deferred', errors: '/errors', jobs: '/jobs', job: '/jobs/user_notifications', 'what-if': '/jobs/what-if', reminders: '/reminders', people: '/people',
	person: '/people/anna', accounts: '/accounts', webhooks: '/webhooks', keys: '/keys', audit: '/audit', settings: '/settings', account: '/account', mailbox: '/mailbox', missing: '/nowhere',
};

let session = [];
async function context(options) {
	const made = await browser.newContext({ timezoneId: 'Europe/Warsaw', ...options });
	made.setDefaultTimeout(120_000); // the machine may have much else to do
	await made.addCookies([{ name: 'notifier_zone', value: 'Europe/Warsaw', url: settings.base }, ...session]);
	return made;
}

{
	const made = await context({});
	const page = await made.newPage();
	await page.goto(url('/login'));
	await page.fill('#email', settings.email);
	await page.fill('#password', settings.password);
	await page.keyboard.press('Enter');
	await page.waitForURL(settings.base + '/');
	session = (await made.cookies()).filter((c) => c.name.includes('session'));
	await made.close();
}

// cut are elements whose text is not all seen, and how much wider than its window a page is.
const cut = () => ({
	over: document.documentElement.scrollWidth - innerWidth,
	wide: [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((e) => e.tagName + ' ' + e.textContent.trim().slice(0, 40)).join(' | '),
	cut: [...document.querySelectorAll('button, .button, nav a, th, td, dt, dd, p, li, legend, label, h1, h2, h3')].filter((e) => {
		const s = getComputedStyle(e), r = e.getBoundingClientRect();
		if (r.width < 2 || r.height < 2 || s.clipPath !== 'none') return false; // for screen readers alone
		return s.overflowX === 'hidden' && s.textOverflow !== 'ellipsis' && e.scrollWidth > e.clientWidth + 1 || s.overflowY === 'hidden' && e.scrollHeight > e.clientHeight + 2;
	}).map((e) => e.tagName + ' ' + e.textContent.trim().slice(0, 40)),
});

// enlarge makes all text twice as large, as browsers do that enlarge text alone.
const enlarge = () => {
	const all = [...document.querySelectorAll('body, body *')].map((e) => [e, parseFloat(getComputedStyle(e).fontSize), parseFloat(getComputedStyle(e).lineHeight)]);
	for (const [e, size, line] of all) {
		e.style.fontSize = 2 * size + 'px';
		if (line) e.style.lineHeight = 2 * line + 'px';
	}
};

// moving are elements that still move where people asked for none of it.
const moving = () => document.getAnimations().filter((a) => a.playState === 'running').map((a) => a.animationName ?? a.transitionProperty);

// unbounded are controls that nothing but a colour tells from what is around them.
const unbounded = () => [...document.querySelectorAll('button, .button, input:not([type=hidden]), select, textarea')].filter((e) => {
	const s = getComputedStyle(e), r = e.getBoundingClientRect();
	return r.width > 1 && s.visibility === 'visible' && s.borderTopStyle === 'none' && s.outlineStyle === 'none' && s.textDecorationLine === 'none' && s.appearance === 'none';
}).map((e) => e.tagName + ' ' + (e.textContent.trim() || e.name));

// inForcedColours shows each page so, and its first controls with the focus.
async function inForcedColours() {
	const made = await context({ forcedColors: 'active', reducedMotion: 'reduce', viewport: { width: 1280, height: 900 } });
	const page = await made.newPage();
	for (const [name, path] of Object.entries(pages)) {
		await page.goto(url(path));
		for (const what of await page.evaluate(unbounded)) problem(name, 'has a control without an edge in forced colours:', what);
		for (const what of await page.evaluate(moving)) problem(name, 'moves though less motion is wanted:', what);
		for (let i = 0; i < 4; i++) {
			await page.keyboard.press('Tab');
			const here = await page.evaluate(() => { const e = document.activeElement, s = getComputedStyle(e); return { text: e.textContent.trim().slice(0, 40), ring: e === document.body || s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 }; });
			if (!here.ring) problem(name, 'does not show the focus in forced colours:', here.text);
		}
		if (settings.pictures) await page.screenshot({ path: join(settings.pictures, `forced-${name}.png`), fullPage: true });
	}
	await made.close();
}

// magnified shows each page at 400 percent of a window of 1280, and with large text.
async function magnified() {
	for (const [how, width, change] of [['at 400 %', 320], ['with text of 200 %', 1280, enlarge], ['with text of 200 % on a phone', 390, enlarge]]) {
		const made = await context({ viewport: { width, height: 600 } });
		const page = await made.newPage();
		for (const [name, path] of Object.entries(pages)) {
			await page.goto(url(path));
			if (change) await page.evaluate(change);
			const found = await page.evaluate(cut);
			if (found.over > 0) problem(name, how, `is ${found.over} px too wide:`, found.wide);
			for (const what of found.cut) problem(name, how, 'cuts', what);
			if (settings.pictures) await page.screenshot({ path: join(settings.pictures, `${how.replaceAll(/\W+/g, '-')}-${name}.png`), fullPage: true });
		}
		await made.close();
	}
}

// alive sees a row that somebody else writes into the database within two seconds, and the
// service killed and started again: the page says so, and goes on by itself.
async function alive() {
	const made = await context({ viewport: { width: 1280, height: 900 } });
	const page = await made.newPage();
	await page.goto(url('/messages?lang=en'));
	const state = page.locator('[data-state] [role=status]'), strip = page.locator('[data-strip]');
	await state.filter({ hasText: 'live' }).waitFor();
	await ask('insert');
	const began = Date.now();
	await strip.waitFor({ state: 'visible', timeout: 20000 }).catch(() => problem('alive: nothing tells of a new row'));
	console.log('note a new row was told of after', Date.now() - began, 'ms');
	if (Date.now() - began > 2000) problem('alive: a new row was told of after', Date.now() - began, 'ms');
	await ask('kill');
	await state.filter({ hasText: 'reconnecting' }).waitFor({ timeout: 20000 }).catch(() => problem('alive: nothing says that the service is away'));
	await ask('start');
	const back = Date.now();
	await state.filter({ hasText: 'live' }).waitFor({ timeout: 30000 }).catch(() => problem('alive: nothing says that the service is back'));
	console.log('note the page was back after', Date.now() - back, 'ms');
	const before = await strip.textContent();
	await ask('insert');
	await page.waitForFunction((text) => document.querySelector('[data-strip]').textContent !== text, before, { timeout: 20000 }).catch(() => problem('alive: nothing tells of what came after the service was back'));
	await made.close();
}

await Promise.all([inForcedColours(), magnified()]);
await alive();
await browser.close();
process.exit(0);
