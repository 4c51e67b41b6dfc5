// The demonstration's message centre: whoever types here writes from a phone, and reads what comes to
// it. A line is a phone and a text: `0950000001 DC TT`. It is the tests' centre (npm `smpp`), and no
// part of what is delivered.
import { createInterface } from 'node:readline';
import { Centre } from '../tests/e2e/lib/centre.mjs';

const port = Number(process.argv[2] ?? 2775);
const centre = await new Centre({
    password: 'demo', onReceived: ({ to, text }) => console.log(`  ${to} <- ${text}`),
}).listen(port);
console.log(`A message centre on 127.0.0.1:${port}, for the demonstration alone. A phone and a text:`);
for await (const line of createInterface({ input: process.stdin })) {
    const [phone, ...words] = line.trim().split(/\s+/);
    if (phone && words.length > 0) {
        centre.write(phone, words.join(' '));
    }
}
centre.close();
