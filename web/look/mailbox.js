// Tells that more mail was caught than the page shows; rows stay where they are.
'use strict';

const strip = document.querySelector('[data-mailbox]');
if (strip) {
	const shown = Number(strip.dataset.mailbox);
	const look = async () => {
		if (!document.hidden) {
			const answer = await fetch('/mailbox/newest').catch(() => null); // the service may be away for a moment
			const newest = answer && answer.ok ? (await answer.json()).newest : shown;
			strip.hidden = newest <= shown;
			strip.querySelector('[data-mailbox-count]').textContent = newest - shown;
		}
		setTimeout(look, 3000);
	};
	setTimeout(look, 3000);
}
