// Buttons that copy a text of the page. Over plain HTTP browsers keep their clipboard from
// scripts; there an older way helps.
'use strict';

function older(source) {
	const range = document.createRange();
	range.selectNodeContents(source);
	const selection = getSelection();
	selection.removeAllRanges();
	selection.addRange(range);
	const worked = document.execCommand('copy');
	if (worked) selection.removeAllRanges(); // otherwise it is selected, for Ctrl-C
	return worked;
}

for (const button of document.querySelectorAll('[data-copy]')) {
	const name = button.textContent;
	button.hidden = false;
	button.setAttribute('aria-live', 'polite');
	button.addEventListener('click', async () => {
		const source = document.getElementById(button.dataset.copy);
		const worked = navigator.clipboard
			? await navigator.clipboard.writeText(source.textContent).then(() => true, () => older(source))
			: older(source);
		if (!worked) return;
		button.textContent = button.dataset.copied;
		setTimeout(() => { button.textContent = name; }, 2000);
	});
}
