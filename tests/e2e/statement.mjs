// A statement of many rows: made, given, verified twice, and refused when a row is missing.
import assert from 'node:assert/strict';
import { createReadStream, createWriteStream, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import readline from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { kycAsk } from './lib/asks.mjs';
import { Citizens } from './lib/citizens.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { buildLoad, load } from './lib/generator.mjs';
import { addPortal, historyAsk } from './lib/history.mjs';
import { residentKib } from './lib/proc.mjs';
import { serve } from './lib/server.mjs';
import { StatementVerifier } from './lib/statement.mjs';
import { randomOf } from './lib/stats.mjs';

const PARTS = 10; // asks about him and about others lie in so many turns
const SINCE = 3; // rows behind the map
const WAIT_MS = 240_000;
const { values } = parseArgs({
    options: {
        rows: { type: 'string', default: '100000' }, others: { type: 'string' },
        drops: { type: 'string', default: '3' }, seed: { type: 'string', default: '1' },
    },
});
const wanted = Math.round(Number(values.rows) / PARTS) * PARTS;
const others = Math.round(Number(values.others ?? wanted / 10) / PARTS);
const random = randomOf(Number(values.seed));
const tell = (line) => process.stderr.write(`${line}\n`);
const seconds = (from) => Number(((performance.now() - from) / 1000).toFixed(1));

await buildLoad();
const demo = await demonstration('statement-size');
const key = await addPortal(demo);
const citizens = await Citizens.open(demo);
const [person, ...rest] = demo.samples();
const file = path.join(demo.dir, 'statement.jsonl');
const bodyOf = (one) => JSON.stringify(kycAsk(one));
let server = await serve(demo);

async function ask(bodies, requests) {
    const found = await load(server, demo.client('bank'), { bodies, requests, seed: requests,
        timeoutMs: WAIT_MS });
    assert.deepEqual(found.statuses, { 200: requests });
}
const begun = performance.now();
for (let part = 0; part < PARTS; part++) {
    await ask(rest.map(bodyOf), Math.max(others, 1));
    await ask([bodyOf(person)], wanted / PARTS);
}
tell(`${wanted} rows: ${seconds(begun)} s`);
await server.stop();
server = await serve(demo, { args: [...citizens.args, '--map-s', '86400'] });
await citizens.ready(server);
const mapped = performance.now();
await until('a map is taken', () =>
    readdirSync(path.join(demo.home, 'derived')).some((name) => /^map-[0-9]/u.test(name)), { timeoutMs: WAIT_MS });
tell(`the map: ${seconds(mapped)} s`);
await ask([bodyOf(person)], SINCE);

// The largest that each process was, while `work` was done.
async function watched(names, work) {
    const pids = await Promise.all(names.map(async (name) => (await server.process(name)).pid));
    const most = pids.map(() => 0);
    let over = false;
    const watch = (async () => {
        while (!over) {
            pids.forEach((pid, i) => {
                most[i] = Math.max(most[i], residentKib(pid));
            });
            await sleep(100);
        }
    })();
    const before = pids.map(residentKib);
    const from = performance.now();
    await work();
    const took = seconds(from);
    over = true;
    await watch;
    const mib = (kib) => Number((kib / 1024).toFixed(1));
    return { seconds: took, resident_mib: Object.fromEntries(names.map((name, i) =>
        [name, { before: mib(before[i]), most: mib(most[i]) }])) };
}

// As a browser without script takes it: a form, and a file.
async function download() {
    const visitor = await citizens.visit(person.id);
    const page = await visitor.send(`${citizens.site}/me`);
    const csrf = /name="csrf" value="([^"]+)"/u.exec(page.text)[1];
    const response = await visitor.open(`${citizens.site}/me/statement`,
        { method: 'POST', form: { csrf } });
    assert.equal(response.statusCode, 200);
    await pipeline(response, createWriteStream(file));
}

// As a portal takes it: an ask by assertion, then part after part by certificate.
async function fetchParts(each) {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('portal') });
    const first = await client.post(...await historyAsk({ demo, key }, person,
        { form: 'statement' }));
    assert.equal(first.status, 200, first.text);
    let part = first.json.result;
    let parts = 1;
    for (each(part.lines); part.next !== null; parts++) {
        let answer = await client.off.post('/v1/own/statement', { next: part.next });
        while (answer.status === 429) {
            await sleep(50);
            answer = await client.off.post('/v1/own/statement', { next: part.next });
        }
        assert.equal(answer.status, 200, answer.text);
        part = answer.json;
        each(part.lines);
    }
    await client.close();
    return parts;
}

const linesOf = (name) => readline.createInterface({ input: createReadStream(name) });
async function strangers(name) {
    const verifier = new StatementVerifier(demo.vkey);
    for await (const line of linesOf(name)) {
        verifier.line(line);
    }
    return verifier.end();
}
const ours = (name) => demo.dancu(['statement', 'verify', name, '--vkey', demo.vkeyFile, '--json']);
async function copyWithout(at) {
    const name = path.join(demo.dir, 'dropped.jsonl');
    const out = openSync(name, 'w');
    let number = 0;
    for await (const line of linesOf(file)) {
        if (number++ !== at) {
            writeSync(out, `${line}\n`);
        }
    }
    return name;
}

const whole = await watched(['core', 'public'], download);
const bytes = statSync(file).size;
tell(`the file: ${whole.seconds} s, ${bytes} bytes`);
const figures = { rows: wanted, since: 0, bytes, file: whole };

let from = performance.now();
const found = await strangers(file);
figures.stranger_verifies_s = seconds(from);
assert.equal(found.count.row, wanted);
figures.since = found.count.since;
from = performance.now();
const told = await ours(file);
figures.dancu_verifies_s = seconds(from);
assert.equal(told.status, 0, told.stderr);
assert.deepEqual([JSON.parse(told.stdout).rows, JSON.parse(told.stdout).good], [wanted, true]);

figures.dropped_refused = 0;
for (let i = 0; i < Number(values.drops); i++) {
    const fewer = await copyWithout(1 + figures.since + Math.floor(random() * wanted));
    await assert.rejects(strangers(fewer));
    assert.equal((await ours(fewer)).status, 1);
    figures.dropped_refused++;
}

let lines = 0;
let parts = 0;
const portal = await watched(['core', 'edge 1', 'edge 2'], async () => {
    parts = await fetchParts((some) => { lines += some.length; });
});
assert.equal(lines, wanted + figures.since + 3); // its own ask, the portal's, the first line, the end
figures.portal = { parts, ...portal };
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
assert.deepEqual(await server.stop(), { status: 0, signal: null });
citizens.close();
demo.remove();
