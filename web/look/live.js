// What is new is told by one stream. Rows stay where they are; a strip says how many
// there are beyond them. Where a stream is held up on its way, the page asks instead.
'use strict';

const address = document.body.dataset.live;
const state = document.querySelector('[data-state]');
const word = (name) => state.dataset[name];
const lang = document.documentElement.lang;
const zone = document.body.dataset.zone;
const reached = 5000; // how long a stream may be silent at its start, in ms
const between = 10000; // polling
const again = 3000; // as the server tells in retry
let stream, timer, waits, lost, heard = new Date(), polling = false;
let byHand = false, selected = false;

const clock = (at) => new Intl.DateTimeFormat(lang, { timeStyle: 'medium', hourCycle: 'h23', timeZone: zone }).format(at) + ' ' + zone;

function say(text, is) {
	state.hidden = false;
	state.dataset.is = is;
	const status = state.querySelector('[role=status]');
	if (status.textContent !== text) status.textContent = text;
	if (is !== 'lost') count(0);
}

// count shows the seconds until the next try. They are for eyes alone: nobody wants to
// hear each of them.
function count(seconds) {
	clearInterval(waits);
	const shown = state.querySelector('[data-countdown]');
	shown.textContent = seconds > 0 ? word('soon').replace('#', seconds) : '';
	if (seconds > 0) waits = setInterval(() => count(seconds - 1), 1000);
}

function hear(text) {
	const beat = JSON.parse(text);
	const down = document.querySelector('[data-away]');
	if (down) {
		if (beat.down && down.hidden) down.querySelector('span').textContent = down.dataset.away.replace('#', clock(heard));
		down.hidden = !beat.down;
	}
	lost = undefined;
	if (beat.down) return say(word('down'), 'down');
	heard = new Date();
	say(polling ? word('polling') : word('live'), 'live');
	for (const n of document.querySelectorAll('[data-count]')) {
		const value = beat[n.dataset.count];
		if (value !== undefined) n.textContent = value || (n.closest('nav') ? '' : '0');
	}
	const strip = document.querySelector('[data-strip]');
	if (strip && beat.new > 0) {
		strip.hidden = false;
		strip.querySelector('[data-strip-count]').textContent = beat.new + (beat.new === 100 ? '+' : '');
	}
	for (const o of beat.operations || []) progress(o);
	document.dispatchEvent(new CustomEvent('beat', { detail: beat }));
}

const told = {}; // the last quarter that was told of each operation
// progress moves a bar. It is told aloud at each quarter, and not at each step.
function progress(o) {
	const panel = document.querySelector(`[data-operation="${o.id}"]`);
	if (!panel) return;
	const bar = panel.querySelector('progress');
	const shows = panel.querySelector('[data-progress]');
	if (bar) bar.value = o.done;
	if (shows) shows.textContent = o.text;
	const quarter = o.over ? 4 : Math.floor(4 * o.done / Math.max(1, o.all));
	if (quarter !== told[o.id] && o.stage !== 'waits') {
		told[o.id] = quarter;
		document.querySelector('[data-aloud]').textContent = `${25 * quarter} % · ${o.text}`;
	}
	if (o.stage === panel.dataset.stage) return;
	panel.dataset.stage = o.stage;
	if (o.over && 'reload' in panel.dataset) location.reload();
	else {
		replace(o.id);
		if (o.over) refresh();
	}
}

// replace shows an operation as it stands now: it has begun, or is over.
async function replace(id) {
	const answer = await fetch('/operations/' + id).catch(() => undefined);
	if (!answer?.ok) return;
	const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
	const found = page.querySelector(`[data-operation="${id}"]`);
	const panel = document.querySelector(`[data-operation="${id}"]`);
	if (!found || !panel) return;
	const title = page.querySelector('h1').textContent;
	if (title !== document.querySelector('h1').textContent) {
		const link = document.createElement('a');
		link.href = '/operations/' + id;
		link.textContent = title;
		found.querySelector('.row').prepend(link);
	}
	const focused = panel.contains(document.activeElement);
	panel.replaceWith(found);
	if (focused) {
		found.tabIndex = -1;
		found.focus();
	}
}

// refresh shows how the rows of the page stand by now. Each stays where it is.
async function refresh() {
	if (!document.querySelector('main [data-row^=msg_], main [data-row^=dig_]')) return;
	const answer = await fetch(location.href).catch(() => undefined);
	if (!answer?.ok || answer.redirected) return;
	const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
	for (const now of page.querySelectorAll('[data-row]:not([data-row=""])')) {
		const was = document.querySelector(`main [data-row="${CSS.escape(now.dataset.row)}"] .b`);
		if (was) was.replaceWith(now.querySelector('.b'));
	}
}

const paused = () => byHand || selected || document.hidden;

function open() {
	close();
	if (paused()) return;
	if (!window.EventSource) return poll();
	polling = false;
	stream = new EventSource(address);
	const silent = setTimeout(() => { close(); poll(); }, reached);
	stream.onmessage = (event) => { clearTimeout(silent); hear(event.data); };
	stream.onopen = () => { if (lost) say(word('live'), 'live'); };
	stream.onerror = () => {
		clearTimeout(silent);
		if (stream?.readyState !== EventSource.CLOSED) return gone(); // it tries again by itself
		close();
		poll();
	};
	timer = silent;
}

function close() {
	stream?.close();
	stream = undefined;
	clearTimeout(timer);
}

// gone says that nothing is heard; after a while, since when what is shown is old.
function gone() {
	lost ??= Date.now();
	say(Date.now() - lost > 15000 ? word('stale').replace('#', clock(heard)) : word('lost'), 'lost');
	count(again / 1000);
}

let asked = 0;
// poll asks where no stream comes through, and tries the stream again now and then.
async function poll() {
	if (paused()) return;
	const answer = await fetch(address + (address.includes('?') ? '&' : '?') + 'once=1').catch(() => undefined);
	if (paused()) return;
	if (answer?.redirected) return say(word('out'), 'down');
	if (!answer?.ok) {
		gone();
		timer = setTimeout(open, again);
		return;
	}
	polling = true;
	hear(await answer.text());
	timer = setTimeout(++asked % 6 ? poll : open, between);
}

const button = state?.querySelector('[data-pause]');
// settle goes on or stops, as somebody wishes and as the page is looked at.
function settle() {
	button.setAttribute('aria-pressed', String(byHand));
	if (!paused()) return open();
	close();
	say(byHand || document.hidden ? word('paused') : word('selected'), 'paused');
}

if (address && state) {
	button.hidden = false;
	button.addEventListener('click', () => { byHand = !byHand; settle(); });
	document.addEventListener('visibilitychange', settle);
	document.addEventListener('change', () => {
		const any = document.querySelector('main [data-row] input[type=checkbox]:checked') !== null;
		if (any === selected) return;
		selected = any;
		settle();
	});
	addEventListener('pagehide', close);
	addEventListener('pageshow', (event) => { if (event.persisted) settle(); });
	settle();
}

// How long ago things were stays right while the page is open.
const spans = (document.body.dataset.spans || '').split('|');
setInterval(() => {
	for (const time of document.querySelectorAll('time[data-ago]')) {
		const away = Math.trunc((Date.now() - new Date(time.dateTime)) / 1000);
		let n = Math.abs(away), unit = 0;
		for (; unit < 2 && n >= 60; unit++) n = Math.trunc(n / 60);
		const text = Math.abs(away) < 5 ? spans[0] : spans[(away < 0 ? 4 : 1) + unit]?.replace('#', n);
		if (text && time.textContent !== text) time.textContent = text;
	}
}, 5000);
