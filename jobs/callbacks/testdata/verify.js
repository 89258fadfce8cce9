// Verifies callbacks as a receiver does: one {secret, headers, body} a line; says ok or why not.
const { Webhook } = require("standardwebhooks");
// The tests' clock may be another than this machine's: Node has theirs.
const { now } = Date, ahead = Number(process.env.NOW) - now();
Date.now = () => now() + ahead;
const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
for (const line of lines) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(body, headers);
    console.log("ok");
  } catch (e) {
    console.log(e.message);
  }
}
