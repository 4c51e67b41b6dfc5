// Many disclosures, of people who change in between; then some of the answers "leak", with and
// without the person's number. Told: how long each search took, how many disclosures can have been
// the source, and whether the true one is among them.
import assert from 'node:assert/strict';
import { createReadStream, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { buildLoad, load } from './lib/generator.mjs';
import { trace, verifyItem } from './lib/leaks.mjs';
import { readProof } from './lib/note.mjs';
import { makeOfficers } from './lib/officers.mjs';
import { serve } from './lib/server.mjs';

const CHANGED = 20_000; // people who move in between
const { values: args } = parseArgs({
    options: { asks: { type: 'string', default: '1000000' }, leaks: { type: 'string', default: '20' } },
});
const half = Math.floor(Number(args.asks) / 2);
const leaks = Number(args.leaks);
const tell = (line) => process.stderr.write(`${line}\n`);

await buildLoad();
const demo = await demonstration('leak-million');
const signers = await makeOfficers(demo);
const server = await serve(demo);
const bodies = [];
const moved = [];
for await (const person of demo.people()) {
    if (!person.protected && !person.locked) {
        bodies.push(JSON.stringify(kycAsk(person)));
    }
    if (moved.length < CHANGED && person.permanent_residence !== null) {
        const { permanent_residence: home } = person;
        moved.push(JSON.stringify({ ...person,
            permanent_residence: { ...home, detail: `${moved.length} Đường Mới` } }));
    }
}
const ask = async (seed) => {
    const keep = path.join(demo.dir, `kept-${seed}.ndjson`);
    const found = await load(server, demo.client('bank'), { bodies, requests: half, seed, keep,
        keepEvery: Math.max(1, Math.floor((2 * half) / leaks)), timeoutMs: 3_600_000 });
    assert.deepEqual(found.statuses, { 200: half });
    tell(`${half} disclosures, ${found.per_second} a second`);
    const kept = [];
    for await (const line of createInterface({ input: createReadStream(keep) })) {
        kept.push(JSON.parse(line));
    }
    return kept;
};
const kept = await ask(1);
const file = path.join(demo.dir, 'moved.ndjson');
writeFileSync(file, `${moved.join('\n')}\n`);
await demo.act('registry', 'import', file);
tell(`${moved.length} people have moved`);
kept.push(...await ask(2));

const desk = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signers.HOA.client });
const rows = [];
for (const answer of kept.slice(0, leaks)) {
    const source = readProof(answer.receipt.proof).index;
    const [, , request] = JSON.parse(Buffer.from(answer.opening.find((text) =>
        JSON.parse(Buffer.from(text, 'base64url'))[1] === 'request'), 'base64url'));
    const { full_name, birth_date, permanent_residence } = answer.person;
    const values = { full_name, birth_date,
        ...(permanent_residence === null ? {} : { permanent_residence }) };
    for (const [how, leaked] of [['by number', { id: request.asked.id, ...values }],
        ['by values', values], ['by name', { full_name, birth_date }]]) {
        const begun = Date.now();
        const found = await trace(desk, signers.HOA, leaked, { timeoutMs: 600_000 });
        const ms = Date.now() - begun;
        assert.equal(found.state, 'done', found.why);
        const there = found.items.some((item) => item.index === source);
        found.items.forEach((item) => verifyItem(item, demo.vkey));
        rows.push({ how, ms, persons: found.persons, versions: found.versions,
            candidates: found.found, there });
        assert.ok(there || found.found > found.shown, `${how}: entry ${source} is not among them`);
    }
}
await desk.close();
assert.deepEqual(await server.stop(), { status: 0, signal: null });
const of = (how, pick) => rows.filter((row) => row.how === how).map(pick).sort((a, b) => a - b);
const told = (numbers) => ({ median: numbers[Math.floor(numbers.length / 2)],
    least: numbers[0], most: numbers.at(-1) });
process.stdout.write(`${JSON.stringify(Object.fromEntries(
    ['by number', 'by values', 'by name'].map((how) => [how, {
        leaks: of(how, (row) => row.ms).length, ms: told(of(how, (row) => row.ms)),
        candidates: told(of(how, (row) => row.candidates)),
        persons: told(of(how, (row) => row.persons)),
        source_among_them: rows.filter((row) => row.how === how && row.there).length,
    }])), null, 2)}\n`);
demo.remove();
