// Says what mail programs do not know of the HTML of mails: a line for each program and
// feature, with "none" or "partial". It asks no network: the data is in the library.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [tools, file] = process.argv.slice(2);
const require = createRequire(join(tools, 'package.json'));
const folder = join(tools, 'node_modules', 'caniemail');
const { main, exports } = JSON.parse(readFileSync(join(folder, 'package.json')));
const { caniemail } = await import(pathToFileURL(join(folder, exports['.'].default ?? main)));
const { data } = JSON.parse(readFileSync(join(folder, 'data', 'caniemail.json')));
const clients = new Set();
for (const feature of data) for (const [family, platforms] of Object.entries(feature.stats)) for (const platform of Object.keys(platforms)) clients.add(family + '.' + platform);

const lines = new Set();
for (const html of JSON.parse(readFileSync(file))) {
	for (const client of [...clients].sort()) {
		let found; // one by one: of some programs the library does not know what it is asked
		for (const [what, text] of [['', html], ['the style block', html.replace(/<style>.*?<\/style>/s, '')]]) {
			try {
				found = caniemail({ clients: [client], html: text });
				if (what) lines.add(`${client}\tno data\t${what}`);
				break;
			} catch (error) {
				if (!(error instanceof RangeError)) throw error;
			}
		}
		if (!found) {
			lines.add(`${client}\tno data\tmost features`);
			continue;
		}
		for (const issues of [found.issues.errors, found.issues.warnings]) {
			for (const list of issues.values()) for (const one of list) lines.add(`${client}\t${one.support}\t${one.title}`);
		}
	}
}
console.log([...lines].sort().join('\n'));
