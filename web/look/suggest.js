// Words that complete a search while it is typed: a combobox with a list (ARIA APG). The
// list is asked for when somebody goes to the field, and not before.
'use strict';

const field = document.querySelector('[data-words]');
const list = document.getElementById('q-offers');
const most = 12;
let known, offers = [], active = -1;

// word is what stands at the cursor, and where.
function word() {
	const before = field.value.slice(0, field.selectionStart);
	const quoted = (before.match(/"/g) || []).length % 2 === 1;
	const start = quoted ? before.lastIndexOf('"') : Math.max(before.lastIndexOf(' '), before.lastIndexOf('\t')) + 1;
	const text = before.slice(start);
	return { start, quoted, text };
}

function found() {
	const { quoted, text } = word();
	if (quoted || !known) return [];
	const [name, value] = text.includes(':') ? [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)] : [text];
	if (value === undefined) {
		const used = new Set(field.value.split(/\s+/).filter((w) => w.includes(':')).map((w) => w.split(':')[0].toLowerCase()));
		return known.filter((o) => o.word.startsWith(name.toLowerCase()) && !used.has(o.word)).map((o) => ({ insert: o.word + ':', says: o.says }));
	}
	const of = known.find((o) => o.word === name.toLowerCase());
	return (of?.values ?? []).filter((v) => v.word.toLowerCase().includes(value.toLowerCase()) && v.word !== value)
		.sort((a, b) => b.word.startsWith(value) - a.word.startsWith(value)).map((v) => ({ insert: `${name}:${v.word}`, says: v.says, ends: true }));
}

function show() {
	offers = found().slice(0, most);
	active = -1;
	list.replaceChildren(...offers.map((o, i) => {
		const item = document.createElement('li');
		item.id = 'q-offer-' + i;
		item.role = 'option';
		item.setAttribute('aria-selected', 'false');
		const code = document.createElement('code');
		code.textContent = o.insert;
		item.append(code);
		if (o.says) {
			const says = document.createElement('span');
			says.className = 'hint';
			says.textContent = ' ' + o.says;
			item.append(says);
		}
		return item;
	}));
	open(offers.length > 0);
}

function open(is) {
	list.hidden = !is;
	field.setAttribute('aria-expanded', String(is));
	if (!is) {
		active = -1;
		field.removeAttribute('aria-activedescendant');
	}
}

function choose(i) {
	active = (i + offers.length) % offers.length;
	for (const [n, item] of [...list.children].entries()) item.setAttribute('aria-selected', String(n === active));
	list.children[active].scrollIntoView({ block: 'nearest' });
	field.setAttribute('aria-activedescendant', list.children[active].id);
}

function take(i) {
	const { start } = word();
	const insert = offers[i].insert + (offers[i].ends ? ' ' : '');
	const end = field.selectionStart;
	field.setRangeText(insert, start, end, 'end');
	show();
	if (offers.length === 0 || insert.endsWith(' ')) open(false);
}

let asking;
// learn asks for the words, once.
function learn() {
	asking ??= fetch(field.dataset.words).then((a) => (a.ok ? a.json() : [])).catch(() => []).then((all) => { known = all; });
	return asking;
}

if (field && list) {
	field.setAttribute('role', 'combobox');
	field.setAttribute('aria-autocomplete', 'list');
	field.setAttribute('aria-expanded', 'false');
	field.setAttribute('aria-controls', list.id);
	field.addEventListener('focus', learn);
	field.addEventListener('input', async () => { await learn(); show(); });
	field.addEventListener('blur', () => open(false));
	field.addEventListener('keydown', (event) => {
		if (event.isComposing) return;
		const shown = !list.hidden;
		if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
			if (!shown) show();
			if (offers.length) choose(active + (event.key === 'ArrowDown' ? 1 : active < 0 ? 0 : -1));
		} else if (event.key === 'Escape' && shown) open(false);
		else if ((event.key === 'Enter' || event.key === 'Tab') && shown && active >= 0) take(active);
		else return;
		event.preventDefault();
	});
	list.addEventListener('mousedown', (event) => {
		event.preventDefault(); // the field keeps the focus
		const item = event.target.closest('[role=option]');
		if (item) take([...list.children].indexOf(item));
	});
}
