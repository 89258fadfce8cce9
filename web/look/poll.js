// Work that goes on without the page is looked at each second, until it is over. Without
// scripts a link does the same.
'use strict';

const place = document.querySelector('[data-poll-place]');
const look = async () => {
	const address = place.querySelector('[data-poll]')?.dataset.poll;
	if (!address) return;
	try {
		const answer = await fetch(address);
		const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
		const next = page.querySelector('[data-poll]');
		if (answer.ok && !next) return location.reload();
		if (next && !place.contains(document.activeElement)) place.replaceChildren(document.adoptNode(next));
		else if (next) place.querySelector('progress').value = next.querySelector('progress').value;
	} catch { /* the service is away: it is asked again */ }
	setTimeout(look, 1000);
};
if (place) setTimeout(look, 1000);
