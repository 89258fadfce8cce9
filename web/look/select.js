// Rows that are selected: how many there are, and what the buttons will do to them.
'use strict';

const form = document.querySelector('[data-bulk]');
const forms = new Intl.PluralRules(document.documentElement.lang);
const format = new Intl.NumberFormat(document.documentElement.lang);

// text is the form of a text for that number, which the page brings along.
function text(element, n) {
	const sample = { one: 1, many: 5 }[forms.select(n)] ?? 2;
	return element.dataset['form' + sample].replace('#', format.format(n));
}

if (form) {
	const boxes = [...form.querySelectorAll('[data-row] input[type=checkbox]')];
	const all = form.querySelector('[data-all]');
	const label = form.querySelector('[data-page]');
	const page = label?.querySelector('input');
	const told = form.querySelector('[data-selected]');
	const buttons = [...form.querySelectorAll('button[data-name]')];
	const count = () => {
		const ticked = boxes.filter((b) => b.checked).length;
		const n = all?.checked ? Number(all.dataset.all) : ticked;
		form.toggleAttribute('data-any', n > 0);
		if (page) {
			page.checked = ticked === boxes.length;
			page.indeterminate = ticked > 0 && ticked < boxes.length;
		}
		if (told) told.textContent = ticked || all?.checked ? text(told, n) : '';
		for (const button of buttons) {
			button.textContent = n ? text(button, n) : button.dataset.name;
			button.disabled = !n;
		}
	};
	if (label) {
		label.hidden = false;
		page.addEventListener('change', () => {
			for (const box of boxes) box.checked = page.checked;
			boxes[0]?.dispatchEvent(new Event('change', { bubbles: true }));
		});
	}
	let last;
	form.addEventListener('click', (event) => {
		const at = boxes.indexOf(event.target);
		if (at < 0) return;
		if (event.shiftKey && last !== undefined) {
			for (let i = Math.min(at, last); i <= Math.max(at, last); i++) boxes[i].checked = boxes[at].checked;
		}
		last = at;
	});
	form.addEventListener('change', count);
	addEventListener('pageshow', count);
	count();
}
