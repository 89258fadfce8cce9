// Reads lines of {source, data, partials, escape} and prints a line of {out} or {error} for each.
const Handlebars = require("handlebars");
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { source, data, partials, escape, strict } = JSON.parse(line);
  let answer;
  try {
    const engine = Handlebars.create();
    for (const [name, text] of Object.entries(partials || {})) engine.registerPartial(name, engine.compile(text, { noEscape: !escape, strict }));
    answer = { out: engine.compile(source, { noEscape: !escape, strict })(data) };
  } catch (e) {
    answer = { error: e.message };
  }
  console.log(JSON.stringify(answer));
});
