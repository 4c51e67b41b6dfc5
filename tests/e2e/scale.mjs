// What a large home costs. Both homes are asked by the same generator in alternating order.
import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { KYC_FIELDS, kycAsk } from './lib/asks.mjs';
import { must } from './lib/command.mjs';
import { Demonstration, demonstration, readLines } from './lib/demo.mjs';
import { buildLoad, load } from './lib/generator.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { residentKib, sharedKib } from './lib/proc.mjs';
import { serve } from './lib/server.mjs';
import { median } from './lib/stats.mjs';

const COLD_ASKS = 20_000;
const { values } = parseArgs({
    options: {
        demonstration: { type: 'string' }, rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
    },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const tell = (line) => process.stderr.write(`${line}\n`);
const bodiesOf = (people) => people.filter((one) => !one.protected)
    .map((one) => JSON.stringify(kycAsk(one, { fields: KYC_FIELDS })));

// Pages of files that the system has kept.
async function emptyCache() {
    try {
        await must('sync', []);
        writeFileSync('/proc/sys/vm/drop_caches', '3\n');
        return true;
    } catch {
        return false;
    }
}

async function start(demo) {
    const begun = performance.now();
    const server = await serve(demo, { readyMsMax: 3_600_000 });
    return { server, ms: Math.round(performance.now() - begun) };
}

await buildLoad();
const large = new Demonstration(path.resolve(values.demonstration));
const largeBodies = bodiesOf(readLines(path.join(large.dir, 'people.ndjson')));
const small = await demonstration('scale');
const people = [];
for await (const one of small.people()) {
    people.push(one);
}
const smallBodies = bodiesOf(people);
const figures = { people_asked: largeBodies.length };

const emptied = await emptyCache();
const cold = await start(large);
figures.start_ms = { [emptied ? 'cold' : 'not_emptied']: cold.ms };
tell(`start ${cold.ms} ms`);
const H2 = { connections: 16, streams: 32 };
const ask = (server, bodies, requests, seed, how = H2) =>
    load(server, server.demo.client('bank'), { bodies, requests, seed, ...how, timeoutMs: 600_000 });
// Each body once: nobody is asked for whose pages have been read.
const first = await ask(cold.server, largeBodies, COLD_ASKS, 1, { batch: 256 });
assert.deepEqual(first.statuses, { 200: COLD_ASKS });
figures.cold = { asks: COLD_ASKS, at_once: 256, per_second: Math.round(first.per_second),
    ms_a_batch: Number((median(first.batches_us) / 1000).toFixed(1)) };
tell(`cold: ${JSON.stringify(figures.cold)}`);
for (let i = COLD_ASKS; i < largeBodies.length; i += 50_000) { // everybody once: warm
    const part = largeBodies.slice(i, i + 50_000);
    await ask(cold.server, part, part.length - (part.length % 256), 1, { batch: 256 });
}
await cold.server.stop();
const warm = await start(large);
figures.start_ms.warm = warm.ms;
const beside = await start(small);
const one = { large: { server: warm.server, bodies: largeBodies },
    small: { server: beside.server, bodies: smallBodies } };
let last = { large: 20_000, small: 20_000 };
const rates = { large: [], small: [], ratio: [] };
for (let i = -1; i < rounds; i++) { // the first is not counted
    const found = {};
    for (const name of i % 2 === 0 ? ['large', 'small'] : ['small', 'large']) {
        const requests = Math.round(last[name] * seconds);
        const told = await ask(one[name].server, one[name].bodies, requests, 100 + i);
        assert.deepEqual(told.statuses, { 200: requests });
        found[name] = told.per_second;
    }
    if (i >= 0) {
        rates.large.push(found.large);
        rates.small.push(found.small);
        rates.ratio.push(found.large / found.small);
        tell(`${found.large.toFixed(0)} against ${found.small.toFixed(0)}`);
    }
    last = found;
}
figures.warm = { large_per_second: Math.round(median(rates.large)),
    small_per_second: Math.round(median(rates.small)),
    ratio: Number(median(rates.ratio).toFixed(2)),
    ratios: rates.ratio.map((value) => Number(value.toFixed(2))) };
figures.memory_mib = Object.fromEntries(await Promise.all((await warm.server.processes())
    .map(async (row) => [row.process, {
        resident: Math.round(residentKib(row.pid) / 1024),
        proportional: Math.round(sharedKib(row.pid) / 1024),
    }])));
await beside.server.stop();
await warm.server.stop();
small.remove();

const ledger = path.join(large.home, 'ledger');
const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), large.vkey);
const bytes = async (...names) => {
    const { stdout } = await must('du', ['-s', '--block-size=1',
        ...names.map((name) => path.join(large.home, name))]);
    return stdout.trim().split('\n').reduce((sum, line) => sum + Number(line.split('\t')[0]), 0);
};
figures.entries = size;
figures.bytes_an_entry = {
    commit: Math.round(await bytes('commit') / size), tiles: Math.round(await bytes('ledger') / size),
    derived: Math.round(await bytes('derived') / size),
};
figures.registry_bytes = await bytes('registry.db');
await emptyCache();
const verifying = performance.now();
const verified = await large.dancu(['ledger', 'verify'], { timeoutMs: 3_600_000 });
const took = (performance.now() - verifying) / 1000;
assert.equal(verified.status, 0, verified.stdout + verified.stderr);
figures.verify = { seconds: Number(took.toFixed(1)), entries_per_second: Math.round(size / took) };
// As the first start of a restored home, which has nothing derived from its log.
const derived = path.join(large.home, 'derived');
renameSync(derived, `${derived}.aside`);
const bare = await start(large);
figures.start_ms.nothing_derived = bare.ms;
await bare.server.stop();
rmSync(`${derived}.aside`, { recursive: true });
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
