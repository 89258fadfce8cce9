// Looks at every page in Chromium. Each line that it prints is a problem, but for those
// that begin with "note", and for "stop" and "start", which ask for the service's end and start.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { charts } from './charts.mjs';

const settings = JSON.parse(process.argv[2]);
const require = createRequire(join(settings.tools, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const heaviest = { false: 60 * 1024, true: 90 * 1024 }; // bytes on the wire, compressed; with charts

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const problem = (...words) => console.log(words.join(' ').replaceAll('\n', ' '));
const ask = async (what) => { console.log(what); await answers.next(); };

const open = [
	['sign-in', '/login'],
	['choices', settings.choices],
	['mailbox', '/mailbox'], ['caught', '/mailbox/1'], ['caught-dark', '/mailbox/1?view=phone_dark'], ['headers', '/mailbox/1?view=headers'], ['forgotten', '/mailbox/99999', 404],
	['too-old', '/p/' + 'A'.repeat(80), 404],
];
const behind = [
	['overview', '/'], ['messages', '/messages'], ['search', '/messages?q=status:error'], ['mistyped', '/messages?q=stauts:error'],
	['message', '/messages/' + settings.message], ['mail', '/messages/' + settings.message + '/mail'], ['why', '/why?user=anna'], ['deferred', '/deferred'],
	['errors', '/errors'], ['jobs', '/jobs'], ['job', '/jobs/user_notifications?mode=every&every=10m'], ['what-if', '/jobs/what-if?days=7&notifications=10m'], ['reminders', '/reminders'], ['people', '/people'],
	['person', '/people/anna'], ['person-as', '/people/anna/as'], ['deadline', '/reminders/GP%2F2026%2F41'], ['accounts', '/accounts'], ['webhooks', '/webhooks'], ['keys', '/keys'], ['audit', '/audit'], ['settings', '/settings'], ['account', '/account'], ['missing', '/nowhere', 404],
];

const url = (path) => (path.startsWith('http') ? path : settings.base + path);
const within = (path, lang) => url(path) + (path.includes('?') ? '&' : '?') + 'lang=' + lang;

async function context(options, signedIn, audit) {
	const made = await browser.newContext({ timezoneId: 'Europe/Warsaw', ...options });
	if (audit) await made.addInitScript(axe); // by the browser itself, so that pages keep their policy
	await made.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => (window.refused ??= []).push(e.violatedDirective + ' ' + e.blockedURI)));
	made.setDefaultTimeout(120_000); // the machine may have much else to do
	await made.addCookies([{ name: 'notifier_zone', value: 'Europe/Warsaw', url: settings.base }]);
	if (signedIn) await made.addCookies(signedIn);
	return made;
}

// signIn signs in once; all contexts share the session.
async function signIn() {
	const made = await context({});
	const page = await made.newPage();
	await page.goto(url('/login'));
	await page.focus('#email');
	await page.keyboard.type(settings.email);
	await page.keyboard.press('Tab');
	await page.keyboard.type(settings.password);
	await page.keyboard.press('Enter');
	await page.waitForURL(settings.base + '/');
	const cookies = await made.cookies();
	await made.close();
	return cookies.filter((c) => c.name.includes('session'));
}

// audited are the windows in which axe runs, too: each pair of scheme, width and language is
// in one of them. What it looks at differs by no more than that, and it takes most of the time.
const audited = ['light-1280-en', 'dark-390-en', 'dark-1280-pl', 'light-390-pl', 'light-390-fr', 'dark-1280-fr', 'light-320-en-XA'];

async function look(page, name, where, expected, audit) {
	const told = [];
	const hear = (message) => { if (message.type() === 'error' && expected === 200) told.push(message.text()); };
	const fail = (error) => told.push(error.message);
	const request = (r) => { if (!r.url().startsWith(settings.base) && !r.url().startsWith('data:')) told.push('loads ' + r.url()); };
	page.on('console', hear).on('pageerror', fail).on('request', request);
	const answer = await page.goto(where, { waitUntil: 'load' });
	if (answer.status() !== expected) told.push('answers ' + answer.status());
	const found = await page.evaluate(async ([rules, audit]) => {
		const result = audit ? await axe.run({ runOnly: rules, rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] }) : { violations: [] };
		const weight = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, e) => sum + e.encodedBodySize, 0);
		const cut = [...document.querySelectorAll('button, .button, nav a, th, legend, label, h1, h2')].filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible' && e.clientWidth > 1);
		return {
			refused: (window.refused ?? []).map((what) => 'is refused ' + what + ' by its policy'),
			violations: result.violations.map((v) => v.id + ' at ' + v.nodes.slice(0, 3).map((n) => n.target).join(', ')),
			over: document.documentElement.scrollWidth - innerWidth, weight, charts: !!document.querySelector('[data-charts]'), cut: cut.map((e) => e.textContent.trim().slice(0, 40)),
		};
	}, [rules, audit]);
	told.push(...found.violations, ...found.refused);
	if (found.over > 0) told.push(`is ${found.over} px too wide`);
	if (found.weight > heaviest[found.charts]) told.push(`weighs ${found.weight} bytes`);
	if (found.cut.length) told.push('cuts ' + found.cut.join(' | '));
	if (settings.pictures) await page.screenshot({ path: join(settings.pictures, name + '.png'), fullPage: true });
	page.off('console', hear).off('pageerror', fail).off('request', request);
	for (const what of told) problem(name + ':', what);
	return found.weight;
}

// everywhere looks at all pages in one sort of window.
async function everywhere(session, scheme, width, lang) {
	const audit = audited.includes(`${scheme}-${width}-${lang}`);
	const signedIn = await context({ colorScheme: scheme, viewport: { width, height: 900 } }, session, audit);
	const stranger = await context({ colorScheme: scheme, viewport: { width, height: 900 } }, undefined, audit);
	let most = 0;
	for (const [pages, c] of [[open, stranger], [behind, signedIn]]) {
		const page = await c.newPage();
		for (const [name, path, status] of pages) {
			most = Math.max(most, await look(page, `${name}-${scheme}-${width}-${lang}`, within(path, lang), status ?? 200, audit));
		}
		await c.close();
	}
	return most;
}

// byKeyboard finds an error and retries it without a mouse.
async function byKeyboard(session) {
	const made = await context({ viewport: { width: 1280, height: 900 } }, session);
	const page = await made.newPage();
	await page.goto(url('/?lang=en'));
	const tabTo = async (text) => {
		for (let i = 0; i < 120; i++) {
			await page.keyboard.press('Tab');
			const here = await page.evaluate(() => {
				const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
				return { text: e.textContent.trim(), seen: r.top >= 0 && r.bottom <= innerHeight, ring: s.outlineStyle !== 'none' };
			});
			if (here.text.startsWith(text)) {
				if (!here.seen || !here.ring) problem('keyboard:', text, 'has the focus and does not show it');
				return page.keyboard.press('Enter');
			}
		}
		problem('keyboard: there is no way to', text);
	};
	await page.keyboard.press('Tab');
	if (!(await page.evaluate(() => document.activeElement.classList.contains('skip') && document.activeElement.getBoundingClientRect().left >= 0))) problem('keyboard: the first stop is no way past the menu');
	await tabTo('Errors');
	await page.waitForURL('**/errors');
	await tabTo('List');
	await page.waitForURL('**/messages?*');
	await tabTo('Contract ready');
	await page.waitForURL('**/messages/msg_*');
	await tabTo('Retry');
	await page.waitForURL('**done=retry');
	if (!(await page.textContent('main')).includes('It is tried again')) problem('keyboard: nothing says that it is tried again');
	await made.close();
}

// withoutScripts chooses, pauses and undoes where no script runs.
async function withoutScripts() {
	const made = await context({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
	const page = await made.newPage();
	await page.goto(settings.choices + '?lang=en');
	await page.check('input[name="kind.case_changed"][value=weekly]');
	await page.selectOption('#weekly_on', 'friday');
	await page.fill('#paused_until', new Date(Date.now() + 5 * 86400e3).toISOString().slice(0, 10));
	await page.selectOption('#language', 'pl');
	await page.click('button.main');
	const saved = await page.textContent('main');
	for (const words of ['Zapisano.', 'Przerwa do', 'Raz w tygodniu']) if (!saved.includes(words)) problem('without scripts: the page does not say', words);
	await page.click('.good button');
	// Her language is undone, too.
	if (!(await page.textContent('main')).includes('It is as it was before')) problem('without scripts: nothing was undone');
	await made.close();
}

// live sees a new message within two seconds, and the service go and come back.
async function live(session) {
	const made = await context({ viewport: { width: 1280, height: 900 } }, session);
	const page = await made.newPage();
	await page.goto(url('/messages?lang=en'));
	const state = page.locator('[data-state] [role=status]');
	await state.filter({ hasText: 'live' }).waitFor();
	const first = await page.textContent('tbody tr');
	await fetch(url('/api/v1/messages'), { method: 'POST', headers: { Authorization: 'Bearer ntf_test_dev', 'Content-Type': 'application/json' }, body: JSON.stringify({ to: ['guest@example.net'], subject: 'New', text: 'New' }) });
	const began = Date.now();
	await page.locator('[data-strip]').waitFor({ state: 'visible', timeout: 20000 }).catch(() => problem('live: nothing tells of a new message'));
	console.log('note a new message was told of after', Date.now() - began, 'ms');
	if (Date.now() - began > 2000) problem('live: a new message was told of after', Date.now() - began, 'ms');
	if ((await page.textContent('tbody tr')) !== first) problem('live: a row moved');
	await ask('stop');
	await state.filter({ hasText: 'reconnecting' }).waitFor({ timeout: 10000 }).catch(() => problem('live: nothing says that the service is away'));
	await ask('start');
	await state.filter({ hasText: 'live' }).waitFor({ timeout: 20000 }).catch(() => problem('live: nothing says that the service is back'));
	await made.close();
}

const session = await signIn();
const windows = ['en', 'pl', 'fr'].flatMap((lang) => ['light', 'dark'].flatMap((scheme) => [1280, 390].map((width) => [scheme, width, lang])));
windows.push(['light', 320, 'en-XA']);
let most = 0;
await Promise.all([0, 1].map(async () => {
	for (let next; (next = windows.shift());) most = Math.max(most, await everywhere(session, ...next));
}));
console.log('note the heaviest page has', most, 'bytes');
await byKeyboard(session);
await withoutScripts();
await charts({ context, problem, url, settings, session });
await live(session);
await browser.close();
process.exit(0);
