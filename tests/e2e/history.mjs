// Who has seen one person, at size: a log of so many entries, so many of them about him; then his
// pages, the newest and others, and proofs of rows picked at random.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { KYC_FIELDS, kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { Demonstration, demonstration, readLines } from './lib/demo.mjs';
import { buildLoad, load } from './lib/generator.mjs';
import { addPortal, historyAsk, verifyRow } from './lib/history.mjs';
import { residentKib } from './lib/proc.mjs';
import { serve } from './lib/server.mjs';
import { quantile, randomOf } from './lib/stats.mjs';

const PART = 500_000; // entries sent by one run of the generator
const { values } = parseArgs({
    options: {
        entries: { type: 'string', default: '100000' }, rows: { type: 'string', default: '1000' },
        looks: { type: 'string', default: '500' }, proofs: { type: 'string', default: '50' },
        seed: { type: 'string', default: '1' }, demonstration: { type: 'string' },
    },
});
const given = values.demonstration;
const [entries, wanted, looks, proofs] = ['entries', 'rows', 'looks', 'proofs']
    .map((name) => Number(values[name]));
const random = randomOf(Number(values.seed));
const tell = (line) => process.stderr.write(`${line}\n`);

await buildLoad();
const demo = given ? new Demonstration(path.resolve(given)) : await demonstration('history-size');
const key = await addPortal(demo);
async function listed() {
    if (given) {
        return readLines(path.join(demo.dir, 'people.ndjson'));
    }
    const all = [];
    for await (const one of demo.people()) {
        all.push(one);
    }
    return all;
}
const people = (await listed()).filter((one) => !one.protected);
const [person, ...others] = people;
const bodyOf = (one) => JSON.stringify(kycAsk(one, { fields: KYC_FIELDS }));

const server = await serve(demo);
const begun = performance.now();
async function fill(bodies, requests) {
    for (let left = requests; left > 0; left -= PART) {
        const found = await load(server, demo.client('bank'), { bodies, timeoutMs: 3_600_000,
            requests: Math.min(left, PART), seed: left });
        assert.deepEqual(found.statuses, { 200: Math.min(left, PART) });
    }
}
// His rows lie in ten places of the log, so that they are in several runs.
for (let part = 0; part < 10; part++) {
    await fill(others.map(bodyOf), Math.round((entries - wanted) / 10));
    await fill([bodyOf(person)], Math.round(wanted / 10));
    tell(`${part + 1} of 10 parts: ${Math.round((performance.now() - begun) / 1000)} s`);
}
const asker = { demo, key, client: new Http2Client({ port: server.port, ca: demo.ca,
    ...demo.client('portal') }) };

async function timed(rows) {
    const ask = await historyAsk(asker, person, rows);
    const from = performance.now();
    const answer = await asker.client.post(...ask);
    const took = performance.now() - from;
    assert.equal(answer.status, 200, answer.text);
    return { took, ...answer.json.result };
}
const spread = (times) => ({ p50_ms: Number(quantile(times, 0.5).toFixed(2)),
    p99_ms: Number(quantile(times, 0.99).toFixed(2)) });

const told = await timed({ limit: 1 });
assert.equal(told.count, wanted, 'every row of his is counted');
const places = [];
const all = { newest20: [], newest1: [], page20: [] };
for (let i = 0, before; i < looks; i++) {
    all.newest1.push((await timed({ limit: 1 })).took);
    all.newest20.push((await timed({})).took);
    const page = await timed({ party: 'bank', ...(before ? { before } : {}) });
    all.page20.push(page.took);
    places.push(...page.rows.map((row) => row.row));
    before = page.rows_before;
}
assert.equal(new Set(places).size, places.length > wanted ? wanted : places.length);
for (let i = 0; i < proofs; i++) {
    const row = places[Math.floor(random() * places.length)];
    const proved = await timed({ row });
    assert.equal(proved.row.row, row);
    verifyRow(proved, demo.vkey);
}
const { pid } = await server.process('core');
process.stdout.write(`${JSON.stringify({ entries: told.size, rows: told.count, looks,
    newest_row: spread(all.newest1), newest_page_of_20: spread(all.newest20),
    older_pages_of_20: spread(all.page20), proofs_verified: proofs,
    core_resident_mib: Math.round(residentKib(pid) / 1024) }, null, 2)}\n`);
await asker.client.close();
assert.deepEqual(await server.stop(), { status: 0, signal: null });
const restarted = performance.now();
const again = await serve(demo);
tell(`started again in ${Math.round(performance.now() - restarted)} ms`);
await again.stop();
if (!given) {
    demo.remove();
}
