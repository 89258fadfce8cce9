// Does in Chromium what people do on the console's pages. Each line that it prints is a
// problem, but for those that begin with "note", and for "stop" and "start", which ask for
// the service's end and start.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const settings = JSON.parse(process.argv[2]);
const require = createRequire(join(settings.tools, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let doing = '';
const problem = (...words) => console.log([doing + ':', ...words].join(' ').replaceAll('\n', ' '));
const ask = async (what) => { console.log(what); await answers.next(); };
const url = (path) => settings.base + path;

async function context(options = {}) {
	const made = await browser.newContext({ timezoneId: 'Europe/Warsaw', viewport: { width: 1280, height: 600 }, ...options });
	made.setDefaultTimeout(60_000); // the machine may have much else to do
	await made.addCookies([
		{ name: 'notifier_zone', value: 'Europe/Warsaw', url: settings.base }, { name: 'notifier_lang', value: 'en', url: settings.base }, ...(session || []),
	]);
	made.on('weberror', (e) => problem(e.error().message));
	return made;
}

// says waits until a part of the page has a text.
async function says(page, selector, text) {
	await page.locator(selector).filter({ hasText: text }).first().waitFor().catch(() => problem(`nothing at ${selector} says "${text}"`));
}

async function is(page, what, want, how) {
	const got = await how();
	if (got !== want) problem(`${what} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

// accessible looks for what breaks WCAG while something is open.
async function accessible(page, what) {
	const found = await page.evaluate(async ([source, rules]) => {
		if (!window.axe) (0, eval)(source);
		const result = await axe.run({ runOnly: rules, resultTypes: ['violations'] });
		return result.violations.map((v) => v.id + ' at ' + v.nodes.slice(0, 3).map((n) => n.target).join(', '));
	}, [axe, rules]);
	for (const violation of found) problem(what, 'breaks', violation);
	if (settings.pictures) await page.screenshot({ path: join(settings.pictures, 'interact-' + what.replaceAll(' ', '-') + '.png') });
}

// focused tells what has the focus; it must show it, and lie under nothing.
async function focused(page) {
	const here = await page.evaluate(() => {
		const e = document.activeElement, r = e.getBoundingClientRect();
		const top = document.elementFromPoint(r.left + Math.min(r.width / 2, 20), r.top + Math.min(r.height / 2, 10));
		return {
			text: (e.textContent || e.value || e.id).trim(), ring: getComputedStyle(e).outlineStyle !== 'none',
			seen: r.top >= 0 && r.bottom <= innerHeight && (e === top || e.contains(top) || top?.contains(e)),
		};
	});
	if (!here.ring || !here.seen) problem(`"${here.text}" has the focus and does not show it`);
	return here.text;
}

let session;
// byKeysAlone signs in, finds an error, retries it and has it explained, without a mouse.
async function byKeysAlone() {
	doing = 'by keys';
	const made = await context();
	const page = await made.newPage();
	const keys = page.keyboard;
	await page.goto(url('/login'));
	await page.waitForFunction(() => document.activeElement.id === 'email');
	await keys.type(settings.email);
	await keys.press('Tab');
	await keys.type(settings.password);
	await keys.press('Enter');
	await page.waitForURL(url('/'));
	session = (await made.cookies()).filter((c) => c.name.includes('session'));
	await page.waitForLoadState();
	await keys.press('g');
	await keys.press('e');
	await page.waitForURL('**/errors');
	await page.waitForLoadState();
	await keys.press('j');
	await is(page, 'the first row of Errors', 'List', () => focused(page));
	await keys.press('Enter');
	await page.waitForURL('**/messages?*');
	await page.waitForLoadState();
	await keys.press('j');
	await is(page, 'the first row', true, async () => (await focused(page)).includes('Contract ready'));
	await keys.press('x');
	await says(page, '[data-selected]', '1 selected');
	await says(page, '[data-state]', 'paused while rows are selected');
	await keys.press('x');
	await says(page, '[data-state]', 'live');
	await keys.press('r');
	await page.waitForURL(url('/messages'));
	await says(page, 'main', 'Retry 1 mail?');
	for (let i = 0; i < 40 && (await page.evaluate(() => document.activeElement.textContent.trim())) !== 'Retry 1 mail'; i++) await keys.press('Tab');
	await focused(page);
	await keys.press('Enter');
	await page.waitForURL('**/operations/*');
	await says(page, 'main', '1 of 1 · 1 done, 0 left alone');
	await page.goto(url('/messages/' + settings.message));
	await says(page, 'main', 'retried by');
	await keys.press('p');
	await page.waitForURL('**/mail');
	await keys.press('g');
	await keys.press('w');
	await page.waitForURL('**/why');
	await page.waitForLoadState();
	for (let i = 0; i < 40 && (await page.evaluate(() => document.activeElement.id)) !== 'case'; i++) await keys.press('Tab');
	await keys.type('A-1');
	await keys.press('Enter');
	await page.waitForURL('**case=A-1*');
	await says(page, '.answer', 'Yes');
	await made.close();
}

// everyRow goes down and up a long list: no row that has the focus lies under the bar.
async function everyRow() {
	doing = 'rows';
	const made = await context();
	const page = await made.newPage();
	await page.goto(url('/messages'));
	const n = await page.locator('[data-row]').count();
	for (const [key, times] of [['j', n], ['k', n], ['Tab', 30], ['Shift+Tab', 20]]) {
		for (let i = 0; i < times; i++) {
			await page.keyboard.press(key);
			if (key.length === 1 || i > 3 && i < times - 6) await focused(page);
		}
	}
	await made.close();
}

// shortcuts are quiet while somebody types, with modifiers, and where they are off.
async function shortcuts() {
	doing = 'shortcuts';
	const made = await context();
	const page = await made.newPage();
	await page.goto(url('/messages'));
	await page.keyboard.press('?');
	await page.locator('#keyboard').waitFor({ state: 'visible' });
	await accessible(page, 'the list of keys');
	await page.keyboard.press('Escape');
	await page.locator('#keyboard').waitFor({ state: 'hidden' });
	await page.keyboard.press('.');
	await says(page, '[data-state] [role=status]', 'paused');
	await page.keyboard.press('.');
	await says(page, '[data-state] [role=status]', 'live');
	await page.keyboard.press('t');
	await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
	await page.waitForTimeout(300);
	await page.reload();
	await is(page, 'the theme that was kept', 'dark', () => page.evaluate(() => document.documentElement.dataset.theme));
	await accessible(page, 'the list in the dark');
	await page.keyboard.press('t');
	await page.keyboard.press('/');
	await is(page, 'what / goes to', 'q', () => page.evaluate(() => document.activeElement.id));
	await page.keyboard.type('gtx?.');
	await is(page, 'what was typed', 'gtx?.', () => page.inputValue('#q'));
	await is(page, 'the theme', 'light', () => page.evaluate(() => document.documentElement.dataset.theme));
	await page.evaluate(() => document.activeElement.blur());
	await page.keyboard.press('Control+j');
	await is(page, 'the focus after Ctrl-J', 'BODY', () => page.evaluate(() => document.activeElement.tagName));
	await page.keyboard.press('?');
	await page.click('#keyboard button[name=keys]');
	await page.waitForLoadState();
	await page.keyboard.press('j');
	await is(page, 'the focus where shortcuts are off', 'BODY', () => page.evaluate(() => document.activeElement.tagName));
	await page.click('.top .menu > summary');
	await page.click('[data-help]');
	await says(page, '#keyboard', 'shortcuts are off');
	await made.close();
}

// completion offers words of a search, and their values, to the keyboard.
async function completion() {
	doing = 'completion';
	const made = await context();
	const page = await made.newPage();
	await page.goto(url('/messages'));
	await page.keyboard.press('/');
	await page.keyboard.type('sta');
	await says(page, '#q-offers', 'status:');
	await is(page, 'whether the list is told', 'true', () => page.getAttribute('#q', 'aria-expanded'));
	await page.keyboard.press('ArrowDown');
	await is(page, 'the active offer', 'status:', () => page.evaluate(() => document.getElementById(document.getElementById('q').getAttribute('aria-activedescendant')).querySelector('code').textContent));
	await accessible(page, 'completion');
	await page.keyboard.press('Enter');
	await is(page, 'the search', 'status:', () => page.inputValue('#q'));
	await page.keyboard.type('se');
	await says(page, '#q-offers', 'status:sent');
	await page.keyboard.press('Escape');
	await page.locator('#q-offers').waitFor({ state: 'hidden' });
	await is(page, 'the search after Escape', 'status:se', () => page.inputValue('#q'));
	await page.keyboard.type('n');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Tab');
	await page.keyboard.type('acc');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await says(page, '#q-offers', 'account:default');
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Enter');
	const typed = await page.inputValue('#q');
	if (!/^status:sen[dt]\w* account:default $/.test(typed)) problem('the search is', typed);
	await page.keyboard.press('Enter');
	await page.waitForURL('**/messages?q=status*');
	await page.locator('main .menu > summary').first().click();
	await accessible(page, 'the menu of views');
	await page.fill('#view-name', 'Sent by default');
	await page.keyboard.press('Enter');
	await page.waitForURL('**done=view*');
	await says(page, 'main .menu > summary', 'Sent by default');
	await made.close();
}

async function send(n) {
	const body = { to: Array.from({ length: n }, (_, i) => `guest${i}@example.net`), subject: 'Later', text: 'Later', send_at: new Date(Date.now() + 3600e3).toISOString() };
	const answer = await fetch(url('/api/v1/messages'), { method: 'POST', headers: { Authorization: 'Bearer ' + settings.key, 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
	if (!answer.ok) problem('sending answers', answer.status);
}

// many withdraws mails, undoes it, and does it again while the service is started anew.
async function many() {
	doing = 'many';
	const made = await context();
	const page = await made.newPage();
	await send(3);
	const withdraw = async () => {
		await page.goto(url('/messages?q=status:scheduled'));
		await page.check('[data-page] input');
		await says(page, 'button[value=cancel]', 'Cancel 3 mails');
		await accessible(page, 'selected rows');
		await page.click('button[value=cancel]');
		await says(page, 'main', 'They are withdrawn ten seconds from now');
		await page.click('main button.danger');
		await page.waitForURL('**/operations/*');
		await says(page, '.op', 'Until then nothing is done');
	};
	await withdraw();
	await accessible(page, 'an operation that waits');
	await page.click('text=Undo');
	await page.waitForURL('**done=undo');
	await says(page, 'main', 'Undone: nothing was withdrawn');
	await withdraw();
	await ask('stop');
	await says(page, '[data-state]', 'reconnecting');
	await says(page, '[data-state]', 'stale since');
	await ask('start');
	await says(page, '[data-state]', 'live');
	await says(page, '.op', '3 of 3 · 3 done');
	await says(page, '[data-aloud]', '100 %');
	await page.reload();
	await says(page, '.op', '3 of 3 · 3 done');
	await page.click('.op a:has-text("3 done")');
	await says(page, 'caption', '3 messages match');
	await made.close();
}

// beside shows on the list how an operation goes, and what it made of the rows.
async function beside() {
	doing = 'beside';
	const made = await context();
	const page = await made.newPage();
	await send(2);
	await page.goto(url('/messages'));
	await page.check('[data-row] input >> nth=0');
	await page.click('button[value=hold]');
	await page.click('main button.main');
	await page.waitForURL('**/operations/*');
	await says(page, '.op', '1 of 1 · 1 done');
	await page.goto(url('/messages'));
	await page.check('[data-row] input >> nth=1');
	await page.click('button[value=cancel]');
	await page.click('main button.danger');
	await page.waitForURL('**/operations/*');
	await page.goto(url('/messages'));
	await says(page, '[data-row] >> nth=1', 'Scheduled');
	await says(page, '.op', 'Cancelling 1 mail');
	await says(page, '.op', '1 of 1 · 1 done');
	await says(page, '[data-row] >> nth=1', 'Cancelled');
	await made.close();
}

// one withdraws a single mail from its own page, which shows what became of it by itself.
async function one() {
	doing = 'one';
	const made = await context();
	const page = await made.newPage();
	await page.goto(url('/people'));
	await page.keyboard.press('j');
	await page.keyboard.press('j');
	await focused(page);
	await page.keyboard.press('Enter');
	await page.waitForURL('**/people/*');
	await send(1);
	await page.goto(url('/messages?q=status:scheduled'));
	await page.keyboard.press('j');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/messages/msg_*');
	await page.click('main button.danger');
	await says(page, '.op', 'Until then nothing is done');
	await page.click('text=Do it now');
	await says(page, 'main .b', 'Cancelled');
	await made.close();
}

// standing sees how a page says how it stands: nobody looks, or the database is away.
async function standing() {
	doing = 'standing';
	const made = await context();
	const page = await made.newPage();
	await page.goto(url('/messages'));
	await says(page, '[data-state]', 'live');
	const look = (away) => page.evaluate((away) => {
		Object.defineProperty(document, 'hidden', { value: away, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	}, away);
	await look(true);
	await says(page, '[data-state]', 'paused');
	await page.route('**/stream*', (route) => route.fulfill({ contentType: 'text/event-stream', body: 'data: {"down":true}\n\n' }));
	await look(false);
	await says(page, '[data-away]', 'The database does not answer. Showing the state of');
	await says(page, '[data-away]', 'Europe/Warsaw');
	await accessible(page, 'a page without its database');
	await page.unroute('**/stream*');
	await page.locator('[data-away]').waitFor({ state: 'hidden' });
	await made.close();
}

// held sees pages go on where no stream comes through, and where no clipboard is.
async function held() {
	doing = 'held up';
	const made = await context();
	await made.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
	const page = await made.newPage();
	await page.route((u) => u.pathname === '/stream' && !u.searchParams.has('once'), (route) => route.fulfill({ status: 502, body: 'no streams here' }));
	await page.goto(url('/messages'));
	await says(page, '[data-state]', 'live, asks every 10 s');
	await send(1);
	await page.locator('[data-strip]').waitFor({ state: 'visible' }).catch(() => problem('nothing tells of a new message'));
	await page.goto(url('/messages/' + settings.message));
	await page.click('[data-copy=ident]');
	await says(page, '[data-copy=ident]', 'Copied');
	await page.goto(url('/messages'));
	await page.focus('#q');
	await page.keyboard.press('Control+v');
	await is(page, 'what was copied', settings.message, () => page.inputValue('#q'));
	await made.close();
}

for (const part of [byKeysAlone, everyRow, shortcuts, completion, many, beside, one, standing, held]) {
	await part().catch((error) => problem(error.message));
}
await browser.close();
process.exit(0);
