// Many asks, then the log before a stranger's auditor: it must accept it, receipts of the run
// included, and refuse it with one byte changed.
import assert from 'node:assert/strict';
import { createReadStream, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { verifyReceipt } from './lib/answer.mjs';
import { KYC_FIELDS, kycAsk } from './lib/asks.mjs';
import { must, root, run } from './lib/command.mjs';
import { filesBelow, flip } from './lib/damage.mjs';
import { demonstration } from './lib/demo.mjs';
import { buildLoad, load } from './lib/generator.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { cpuSeconds, residentKib } from './lib/proc.mjs';
import { serve } from './lib/server.mjs';

const KEPT = 1000;
const { values } = parseArgs({
    options: {
        asks: { type: 'string', default: '1000000' }, connections: { type: 'string', default: '8' },
        streams: { type: 'string', default: '64' },
    },
});
const requests = Number(values.asks);
const tell = (line) => process.stderr.write(`${line}\n`);

await buildLoad();
const { stdout: auditor } = await must(path.join(root, 'tools/build-tlogcheck'), []);
const demo = await demonstration('million');
const bodies = [];
for await (const person of demo.people()) {
    if (!person.protected) {
        bodies.push(JSON.stringify(kycAsk(person, { fields: KYC_FIELDS })));
    }
}
const server = await serve(demo);
const cpuOf = async () => Object.fromEntries((await server.processes()).map((row) =>
    [row.process, cpuSeconds(row.pid)]));
const keep = path.join(demo.dir, 'kept.ndjson');
const before = await cpuOf();
tell(`${requests} asks about ${bodies.length} people`);
const found = await load(server, demo.client('bank'), {
    bodies, requests, connections: Number(values.connections), streams: Number(values.streams),
    keep, keepEvery: Math.max(1, Math.floor(requests / KEPT)), timeoutMs: 3_600_000,
});
const cpu = Object.fromEntries(Object.entries(await cpuOf()).map(([name, seconds]) =>
    [name, ((seconds - before[name]) / requests) * 1e6]));
const resident = Object.fromEntries((await server.processes()).map((row) =>
    [row.process, residentKib(row.pid)]));
assert.deepEqual(found.statuses, { 200: requests });
const stopping = Date.now();
assert.deepEqual(await server.stop(), { status: 0, signal: null });
tell(`${found.per_second} a second; stopped in ${Date.now() - stopping} ms`);

const ledger = path.join(demo.home, 'ledger');
const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
assert.ok(size > requests);
const receipts = [];
for await (const line of createInterface({ input: createReadStream(keep) })) {
    const answer = JSON.parse(line);
    verifyReceipt(answer, demo.vkey);
    receipts.push(answer.receipt.proof);
}
const proofs = receipts.slice(0, 50).map((proof, i) => {
    const file = path.join(demo.dir, `proof-${i}`);
    writeFileSync(file, proof);
    return ['-proof', file];
}).flat();

const audit = () => run(auditor.trim(), ['-dir', ledger, '-vkey', `@${demo.vkeyFile}`, '-strict',
    ...proofs]);
const begun = Date.now();
const whole = await audit();
const auditMs = Date.now() - begun;
assert.equal(whole.status, 0, whole.stdout + whole.stderr);
const said = whole.stdout.trimEnd().split('\n').at(-1);
const damaged = [];
const bundles = filesBelow(ledger, /^tile\/entries\//);
for (const name of [bundles[Math.floor(bundles.length / 2)], bundles.at(-1), 'checkpoint']) {
    const file = path.join(ledger, name);
    const offset = Math.floor(statSync(file).size / 3);
    flip(file, offset);
    const bad = await audit();
    flip(file, offset);
    assert.equal(bad.status, 1, `${name}: ${bad.stdout}`);
    damaged.push(`${name} at ${offset}: ${/^FAIL: .*/m.exec(bad.stdout + bad.stderr)?.[0]}`);
}
const own = Date.now();
const verified = await demo.dancu(['ledger', 'verify'], { timeoutMs: 3_600_000 });
assert.equal(verified.status, 0, verified.stderr);
process.stdout.write(`${JSON.stringify({
    ...found, cpu_us_per_ask: cpu, resident_kib: resident, log_size: size,
    auditor: said, auditor_ms: auditMs, receipts_checked: receipts.length, damaged,
    ledger_verify_ms: Date.now() - own, ledger_verify: verified.stdout.trim(),
}, null, 2)}\n`);
demo.remove();
