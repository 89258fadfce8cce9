// What pages do by themselves where scripts run. Everything works without.
'use strict';

// A device that is elsewhere is offered as the zone, and never taken by itself.
for (const offer of document.querySelectorAll('[data-offer-zone]')) {
	const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
	const select = document.getElementById(offer.dataset.offerZone);
	if (!zone || !select || select.value === zone || ![...select.options].some((o) => o.value === zone)) continue;
	const button = offer.querySelector('button');
	button.textContent = button.textContent.replace('{zone}', zone);
	button.addEventListener('click', () => {
		select.value = zone;
		offer.hidden = true;
		select.focus();
	});
	offer.hidden = false;
}

// The console writes times in the zone of the device; the next page knows it.
if (document.querySelector('.shell')) {
	const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (zone && !document.cookie.includes('notifier_zone=' + zone)) {
		document.cookie = 'notifier_zone=' + zone + '; path=/; max-age=31536000; samesite=lax';
		if (!document.cookie.includes('notifier_zone=')) console.info('cookies are off: times stay in UTC');
		else if (!sessionStorage.getItem('zoned')) {
			sessionStorage.setItem('zoned', '1');
			location.reload();
		}
	}
}

// What is new is told by one stream. Rows stay where they are; a strip says how many
// there are beyond them.
const address = document.body.dataset.live;
if (address && window.EventSource) {
	const state = document.querySelector('[data-state]');
	const say = (word, lost) => {
		if (!state) return;
		state.hidden = false;
		state.toggleAttribute('data-lost', lost);
		const text = state.querySelector('[role=status]');
		if (text.textContent !== word) text.textContent = word;
	};
	const hear = (event) => {
		const beat = JSON.parse(event.data);
		if (beat.down) return say(state.dataset.downWord, true);
		say(state.dataset.liveWord, false);
		for (const count of document.querySelectorAll('[data-count]')) {
			const n = beat[count.dataset.count];
			if (n !== undefined) count.textContent = n || (count.closest('nav') ? '' : '0');
		}
		const strip = document.querySelector('[data-strip]');
		if (strip && beat.new > 0) {
			strip.hidden = false;
			strip.querySelector('[data-strip-count]').textContent = beat.new + (beat.new === 100 ? '+' : '');
		}
		for (const o of beat.operations || []) {
			const panel = document.querySelector(`[data-operation="${o.id}"]`);
			if (!panel) continue;
			if (o.over) return location.reload();
			panel.querySelector('progress').value = o.done;
			panel.querySelector('[data-progress]').textContent = o.text;
		}
	};
	let stream;
	const open = () => {
		stream = new EventSource(address);
		stream.onopen = () => say(state.dataset.liveWord, false);
		stream.onmessage = hear;
		stream.onerror = () => {
			say(state.dataset.lostWord, true);
			if (stream.readyState === EventSource.CLOSED) setTimeout(open, 2000);
		};
	};
	open();
	document.addEventListener('visibilitychange', () => {
		if (document.hidden) stream.close();
		else if (stream.readyState === EventSource.CLOSED) open();
	});
	addEventListener('pagehide', () => stream.close());
}
