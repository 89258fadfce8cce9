// What a form would do is shown while it is filled in: the page of what it says is asked
// for, and its preview taken over. Without scripts a button does the same.
'use strict';

for (const form of document.querySelectorAll('[data-preview-form]')) {
	const shown = ['[data-preview]', '[data-preview-wrong]'];
	let asking;
	const look = async () => {
		asking?.abort();
		asking = new AbortController();
		try {
			const answer = await fetch(form.getAttribute('action').split('#')[0] + '?' + new URLSearchParams(new FormData(form)), { signal: asking.signal });
			if (!answer.ok) return;
			const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
			for (const part of shown) {
				const now = form.querySelector(part), next = page.querySelector(part);
				if (now && next && now.innerHTML !== next.innerHTML) now.replaceChildren(...document.adoptNode(next).childNodes);
			}
		} catch (error) {
			if (error.name !== 'AbortError') form.querySelector('[data-preview-button]').hidden = false;
		}
	};
	let soon;
	form.addEventListener('input', (event) => {
		const mode = event.target.closest('.mode')?.querySelector('input[type=radio]');
		if (mode && event.target !== mode) mode.checked = true;
		clearTimeout(soon);
		soon = setTimeout(look, 250);
	});
	form.querySelector('[data-preview-button]').hidden = true;
}
