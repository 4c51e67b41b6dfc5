// Look-ups at an even rate; beside them a citizen a second looks at his history, and an officer
// records an act a minute. Every ten seconds the processes' memory is read.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { KYC_FIELDS, kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { must, root, run, sleep } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { buildLoad, load } from './lib/generator.mjs';
import { addPortal, askHistory } from './lib/history.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { cpuSeconds, residentKib } from './lib/proc.mjs';
import { serve } from './lib/server.mjs';
import { quantile, randomOf } from './lib/stats.mjs';

const SAMPLE_MS = 10_000;
const WARM_PART = 1 / 6; // caches fill first; what grows after this is growth
const { values } = parseArgs({
    options: {
        minutes: { type: 'string', default: '60' }, rate: { type: 'string', default: '2000' },
        persons: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' },
        keep: { type: 'boolean', default: false },
    },
});
const [minutes, rate, persons] = ['minutes', 'rate', 'persons'].map((name) => Number(values[name]));
const random = randomOf(Number(values.seed));
const tell = (line) => process.stderr.write(`${line}\n`);

await buildLoad();
const { stdout: auditor } = await must(path.join(root, 'tools/build-tlogcheck'), []);
const demo = await demonstration('soak', { persons });
const key = await addPortal(demo);
const people = [];
for await (const one of demo.people()) {
    if (!one.protected) {
        people.push(one);
    }
}
const server = await serve(demo);
const asker = { demo, key, client: new Http2Client({ port: server.port, ca: demo.ca,
    ...demo.client('portal') }) };
const begun = Date.now();
const looks = [];
const samples = new Map(); // a process's memory, MiB, with the time of each reading
let over = false;

async function sample() {
    for (const row of await server.processes()) {
        const list = samples.get(row.process) ?? [];
        list.push({ minute: (Date.now() - begun) / 60_000, pid: row.pid,
            mib: residentKib(row.pid) / 1024 });
        samples.set(row.process, list);
    }
}

async function every(ms, task) {
    for (let due = Date.now() + ms; !over; due += ms) {
        await sleep(Math.max(0, Math.min(due - Date.now(), 1000)));
        if (!over && Date.now() >= due) {
            await task();
        } else {
            due -= ms;
        }
    }
}

async function look() {
    const one = people[Math.floor(random() * people.length)];
    const from = performance.now();
    const answer = await askHistory(asker, one);
    assert.equal(answer.status, 200, answer.text);
    looks.push(performance.now() - from);
}

const cpuOf = async () => new Map((await server.processes()).map((row) =>
    [row.process, cpuSeconds(row.pid)]));
const cpuBefore = await cpuOf();
const requests = Math.round(minutes * 60 * rate);
tell(`${requests} look-ups at ${rate} a second, ${minutes} minutes`);
const beside = [every(SAMPLE_MS, sample), every(1000, look), every(60_000, async () => {
    await demo.act('party', 'inspection', 'bank', '--result', 'passed', '--day', '2026-01-05',
        '--until', '2028-01-04');
    tell(`${((Date.now() - begun) / 60_000).toFixed(0)} min: ${[...samples].map(([name, list]) =>
        `${name} ${list.at(-1).mib.toFixed(1)}`).join(', ')}`);
})];
const found = await load(server, demo.client('bank'), {
    bodies: people.map((one) => JSON.stringify(kycAsk(one, { fields: KYC_FIELDS }))), requests, rate,
    connections: 16, streams: 64, timeoutMs: minutes * 60_000 + 3_600_000,
});
over = true;
await Promise.all(beside);
const cpuAfter = await cpuOf();
assert.deepEqual(found.statuses, { 200: requests });
await asker.client.close();
assert.deepEqual(await server.stop(), { status: 0, signal: null });

const memory = Object.fromEntries([...samples].map(([name, list]) => {
    const warm = list.filter((one) => one.minute >= minutes * WARM_PART);
    const third = Math.max(1, Math.floor(warm.length / 3));
    const mean = (part) => part.reduce((sum, one) => sum + one.mib, 0) / part.length;
    return [name, {
        warm_mib: Number(mean(warm.slice(0, third)).toFixed(1)),
        end_mib: Number(mean(warm.slice(-third)).toFixed(1)),
        most_mib: Number(Math.max(...list.map((one) => one.mib)).toFixed(1)),
        processes: new Set(list.map((one) => one.pid)).size,
    }];
}));
tell('ledger verify, then the auditor');
const verified = await demo.dancu(['ledger', 'verify'], { timeoutMs: 3_600_000 });
assert.equal(verified.status, 0, verified.stdout + verified.stderr);
const ledger = path.join(demo.home, 'ledger');
const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
const told = await run(auditor.trim(), ['-dir', ledger, '-vkey', `@${demo.vkeyFile}`, '-strict'],
    { timeoutMs: 3_600_000 });
assert.equal(told.status, 0, told.stdout + told.stderr);
const again = await serve(demo);
process.stdout.write(`${JSON.stringify({
    minutes: Number(((Date.now() - begun) / 60_000).toFixed(1)), rate, entries: size,
    latency_us: found.latency_us, histories: looks.length,
    history_ms: { p50: Number(quantile(looks, 0.5).toFixed(2)),
        p99: Number(quantile(looks, 0.99).toFixed(2)) },
    cpu_us_a_look_up: Object.fromEntries([...cpuAfter].map(([name, seconds]) =>
        [name, Number((((seconds - (cpuBefore.get(name) ?? 0)) / requests) * 1e6).toFixed(2))])),
    memory, verify: verified.stdout.trim().split('\n').at(-1),
    auditor: told.stdout.trim().split('\n').at(-1), start_ms: again.readyMs,
}, null, 2)}\n`);
await again.stop();
if (values.keep) { // as bench/run --entries takes it
    writeFileSync(path.join(demo.dir, 'portal-key.pem'),
        key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await copyFile(await demo.peopleFile(), path.join(demo.dir, 'people.ndjson'));
    tell(`kept: ${demo.dir}`);
} else {
    demo.remove();
}
