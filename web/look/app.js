// What pages do by themselves where scripts run. Everything works without.
'use strict';

// A device that is elsewhere is offered as the zone, and never taken by itself.
for (const offer of document.querySelectorAll('[data-offer-zone]')) {
	const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
	const select = document.getElementById(offer.dataset.offerZone);
	const held = select?.selectedOptions[0]?.dataset.zone || select?.value; // an inherited zone stands behind its option
	if (!zone || !select || held === zone || ![...select.options].some((o) => o.value === zone)) continue;
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
