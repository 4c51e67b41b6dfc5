// Many written requests, each through every act from the counter to the signed letter, several at a
// time: how many a second, and the most memory that the processes took.
//   tests/e2e/letters [--letters N] [--at-once N]
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { Office, published } from '../fault/letters.mjs';
import { residentKib } from './lib/proc.mjs';
import { quantile } from './lib/stats.mjs';

const CASES_OF_STAFF = 800; // who signs five acts a case, and has so many acts a day
const CASES_OF_PLACE = 4000; // likewise, by its head's approvals
const PROCESSES = ['core', 'letter', 'archive', 'verify', 'desk'];
const { values: args } = parseArgs({ options: { letters: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '8' } } });
const wanted = Number(args.letters);
const places = Array.from({ length: Math.ceil(wanted / CASES_OF_PLACE) }, (_, i) => ({
    code: `CAP${i}`, head: `TRUONG${i}`,
    staff: Array.from({ length: CASES_OF_PLACE / CASES_OF_STAFF }, (__, k) => `CB${i}.${k}`),
}));
const office = new Office();
const memory = {};
const spans = [];

async function weigh() {
    for (const name of PROCESSES) {
        const row = await office.server.process(name).catch(() => null);
        memory[name] = Math.max(memory[name] ?? 0, row === null ? 0 : residentKib(row.pid));
    }
}

const signed = (json) => json.state === 'signed';

async function makeLetter(i) {
    const place = places[Math.floor(i / CASES_OF_PLACE)];
    const who = place.staff[Math.floor((i % CASES_OF_PLACE) / CASES_OF_STAFF)];
    const code = await office.decide(i, place, who);
    const start = performance.now();
    const letter = await office.see(`/v1/cases/${code}/letter`, signed);
    spans.push(performance.now() - start);
    return `${place.code} ${Number.parseInt(letter.number, 10)}`;
}

try {
    await office.open(places);
    const numbers = [];
    let next = 0;
    const start = performance.now();
    await Promise.all(Array.from({ length: Number(args['at-once']) }, async () => {
        while (next < wanted) {
            const i = next++;
            numbers.push(await makeLetter(i));
            if (i % 100 === 0) {
                await weigh();
            }
            if (i % 1000 === 999) {
                process.stderr.write(`${i + 1} letters, ${Math.round((performance.now() - start) / 1000)} s\n`);
            }
        }
    }));
    const seconds = (performance.now() - start) / 1000;
    assert.deepEqual(numbers.sort(), Array.from({ length: wanted }, (_, i) =>
        `CAP${Math.floor(i / CASES_OF_PLACE)} ${(i % CASES_OF_PLACE) + 1}`).sort(),
    'no double, no gap');
    await office.server.stop();
    const entries = await published(office.demo);
    const given = entries.filter((entry) => entry.kind === 'disclosure' &&
        entry.service === 'notice.extract').length;
    assert.equal(given, wanted, 'one disclosure a letter');
    console.log(JSON.stringify({ letters: wanted, seconds: Math.round(seconds),
        per_second: Number((wanted / seconds).toFixed(1)), acts: 6 * wanted,
        from_approval_ms: {
            p50: Math.round(quantile(spans, 0.5)), p99: Math.round(quantile(spans, 0.99)) }, resident_kib: memory, entries: entries.length }));
} finally {
    await office.close();
}
