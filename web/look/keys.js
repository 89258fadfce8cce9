// Shortcuts of the keyboard. They are off while somebody types, with modifiers, and where
// the page says so (WCAG 2.1.4); whatever a key does, something on the page does, too.
'use strict';

const help = document.getElementById('keyboard');
const shown = (element) => element && element.getClientRects().length > 0;
const row = '[data-row], main tbody tr'; // of a table, what has a link that opens it
const way = (of) => of.querySelector('[data-open]') ?? of.querySelector('a[href]');
const rows = () => [...document.querySelectorAll(row)].filter((r) => shown(r) && way(r));
const here = () => document.activeElement?.closest(row);

// move goes to another row, by the link that opens it.
function move(by) {
	const all = rows();
	const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(here()) + by))] ?? (by > 0 ? all[0] : undefined);
	if (next) way(next).focus();
}

// press does what the key stands for in the row, or else on the page.
function press(key) {
	const is = `[data-key="${key}"]`;
	const found = [here()?.querySelector(is), ...document.querySelectorAll(`main ${is}`)].find((e) => shown(e) && !e.disabled);
	found?.click();
}

// tick selects the row; what acts on rows acts on it then.
function tick(on) {
	const box = here()?.querySelector('input[type=checkbox]');
	if (!box || (on && box.checked)) return;
	box.checked = on || !box.checked;
	box.dispatchEvent(new Event('change', { bubbles: true }));
}

function search() {
	const field = document.querySelector('main [data-search]');
	if (!field) return location.assign('/messages#q');
	field.focus();
	field.select();
}

function theme() {
	const root = document.documentElement;
	const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
	root.dataset.theme = dark ? 'light' : 'dark';
	const choice = document.getElementById('view-theme');
	if (choice) choice.value = root.dataset.theme;
	fetch('/view', { method: 'POST', body: new URLSearchParams({ theme: root.dataset.theme }), redirect: 'manual' });
}

// A menu closes as people are used to: by Escape, and by a click elsewhere.
const open = () => document.querySelectorAll('details.menu[open]');
addEventListener('click', (event) => open().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));
addEventListener('keydown', (event) => {
	if (event.key !== 'Escape') return;
	for (const menu of open()) {
		menu.open = false;
		menu.querySelector('summary').focus();
	}
});

// On a phone the list of places is a strip: where one is stands in it.
const strip = document.querySelector('nav.side');
const place = strip?.querySelector('[aria-current]');
if (place && strip.scrollWidth > strip.clientWidth) strip.scrollLeft = place.offsetLeft - 8;

const deeds = {
	'/': search, 't': theme, '?': () => help.showModal(), '.': () => press('.'),
	'j': () => move(1), 'k': () => move(-1), 'x': () => tick(false),
	'p': () => (here()?.dataset.mail ? location.assign(here().dataset.mail) : press('p')),
	'r': () => { tick(true); press('r'); },
};

let going; // g was pressed just now, and waits for where to
addEventListener('keydown', (event) => {
	if (!('keys' in document.body.dataset)) return;
	const typing = event.target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog');
	if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && !'jk'.includes(event.key)) return;
	if (going) {
		clearTimeout(going);
		going = undefined;
		const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
		if (link) {
			event.preventDefault();
			link.click();
		}
		return;
	}
	if (event.key === 'g') {
		going = setTimeout(() => { going = undefined; }, 1500);
		return;
	}
	if (!Object.hasOwn(deeds, event.key)) return;
	event.preventDefault();
	deeds[event.key]();
});

if (location.hash === '#q') document.querySelector('main [data-search]')?.focus();
for (const button of document.querySelectorAll('[data-help]')) {
	button.hidden = false;
	button.addEventListener('click', () => help.showModal());
}
help?.querySelector('[data-close]').addEventListener('click', () => help.close());
