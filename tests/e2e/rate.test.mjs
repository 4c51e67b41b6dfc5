// Refusals beyond the recorded rate (I2): answered 429 without a record of their own, and counted in
// one aggregate entry a second.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyAnswer, verifyProblem } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http1Client, Http2Client } from './lib/client.mjs';
import { sleep } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { readEntries } from './lib/tree.mjs';
import { buildLoad, load } from './lib/generator.mjs';
import { serve } from './lib/server.mjs';

const REFUSALS = 60_000;
let demo;
let server;

before(async () => {
    await buildLoad();
    demo = await demonstration('rate');
    server = await serve(demo);
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

test('beyond 20,000 refusals at once and 2,000 a second an account gets rate_limited', async (t) => {
    const samples = demo.samples();
    const refused = kycAsk(samples[0], { business: 'NV-NOBODY' });
    const flooding = load(server, demo.client('notary'), {
        bodies: [JSON.stringify(refused)], requests: REFUSALS, connections: 8, streams: 64,
    });
    // Another account is not held up by it, and its refusals have their records.
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    for (let i = 0; i < 20; i++) {
        const ask = kycAsk(samples[i]);
        verifyAnswer(await client.lookup(ask), ask, demo.vkey, { party: 'bank', account: 'bank' });
        await sleep(20);
    }
    const found = await flooding;
    assert.equal(found.answered, REFUSALS);
    const recorded = found.statuses['403'];
    const limited = found.statuses['429'] ?? 0;
    assert.equal(recorded + limited, REFUSALS, JSON.stringify(found.statuses));
    if (limited === 0) {
        t.skip(`this machine is too slow: ${REFUSALS} refusals in ${found.seconds} s`);
        return;
    }
    const most = 20_000 + 2_000 * (found.seconds + 1);
    assert.ok(recorded >= 20_000 && recorded <= most, `${recorded} recorded`);

    for (const kind of [Http2Client, Http1Client]) {
        await load(server, demo.client('notary'), {
            bodies: [JSON.stringify(refused)], requests: 22_000, connections: 8, streams: 64,
        });
        const notary = new kind({ port: server.port, ca: demo.ca, ...demo.client('notary') });
        const answer = await notary.lookup(refused);
        if (answer.status === 429) {
            verifyProblem(answer, 429, 'rate_limited');
            assert.ok(Number(answer.headers['retry-after']) >= 1);
        }
        await notary.close();
    }
    const ask = kycAsk(samples[1], { business: 'NV-NOBODY' });
    verifyProblem(await client.lookup(ask), 403, 'business_not_granted',
        { vkey: demo.vkey, receipt: true });
    await client.close();
    await sleep(1500);
    await server.stop();

    const ledger = path.join(demo.home, 'ledger');
    const note = readFileSync(path.join(ledger, 'checkpoint'), 'utf8');
    const { size } = readCheckpoint(note, demo.vkey);
    const entries = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    const aggregates = entries.map((entry) => JSON.parse(entry.toString()))
        .filter((entry) => entry.kind === 'aggregate');
    assert.ok(aggregates.length >= 1, 'an aggregate entry stands in the log');
    for (const entry of aggregates) {
        assert.equal(entry.outcome, 'rate_limited');
    }
    const others = entries.map((entry) => JSON.parse(entry.toString()))
        .filter((entry) => entry.outcome === 'business_not_granted').length;
    assert.ok(others >= recorded);
    t.diagnostic(`${recorded} recorded, ${limited} limited in ${found.seconds.toFixed(1)} s, ` +
        `${aggregates.length} aggregate entries`);
});
