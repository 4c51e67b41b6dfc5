// The retry story: an answer is recorded, signed and sent, and the connection is cut before it
// reaches the client, who asks again with the same Idempotency-Key: over either protocol, by any
// edge, and in every second round after the core was killed. There must be one ask, one record, one
// unit of quota; and another body under that key is refused.
//   tests/fault/retry --rounds N
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { verifyAnswer, verifyProblem } from '../e2e/lib/answer.mjs';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { protocols } from '../e2e/lib/client.mjs';
import { until } from '../e2e/lib/command.mjs';
import { Cutter } from '../e2e/lib/cutter.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readCheckpoint, readProof } from '../e2e/lib/note.mjs';
import { serve } from '../e2e/lib/server.mjs';

const bank = { party: 'bank', account: 'bank' };

export const remaining = (answer) => Number(/r=(\d+)/.exec(answer.headers.ratelimit)[1]);

const indexOf = (answer) => readProof(answer.json.receipt.proof).index;

const client = (kind, server, demo, port = server.port) =>
    new kind({ port, ca: demo.ca, ...demo.client('bank') });

// A connection of its own for one ask.
export async function askOnce(kind, server, demo, ask, key) {
    const one = client(kind, server, demo);
    try {
        return await one.lookup(ask, key === undefined ? {} : { 'idempotency-key': key });
    } finally {
        one.destroy();
    }
}

// Kills the core and waits for the next one; answers that it serves.
export async function killCore(server, demo) {
    const before = await until('a core', async () => {
        const row = await server.process('core');
        return row?.state === 'serving' && row.pid;
    });
    process.kill(before, 'SIGKILL');
    await until('another core', async () => {
        const row = await server.process('core');
        return row?.state === 'serving' && row.pid !== before;
    });
    await until('an answer', async () => {
        const answer = await askOnce(protocols[0], server, demo, kycAsk(demo.samples()[0],
            { business: 'NV-NOBODY' })).catch(() => ({}));
        return answer.status === 403;
    });
}

// The same once more, until the server answers at all: a core that was killed takes its time.
const again = (kind, server, demo, ask, key) => until('an answer', async () => {
    const answer = await askOnce(kind, server, demo, ask, key).catch(() => ({ status: 0 }));
    return answer.status !== 0 && answer.status !== 503 && answer;
});

async function cutOne(server, demo, cutter, kind, ask, key) {
    const cut = client(kind, server, demo, cutter.port);
    await cut.lookup(kycAsk(demo.samples()[0], { business: 'NV-NOBODY' })); // it is connected
    const cuts = cutter.cuts;
    cutter.hold();
    await assert.rejects(cut.lookup(ask, { 'idempotency-key': key }), 'no answer comes');
    assert.equal(cutter.cuts, cuts + 1, 'an answer was on its way when it was cut');
    cut.destroy();
}

async function round(server, demo, cutter, number) {
    const person = demo.samples()[1 + number % 50];
    const ask = kycAsk(person, { case: `HS-RETRY-${number}` });
    const key = `retry-${number}`;
    const [first, second] = number % 4 < 2 ? protocols : [...protocols].reverse();
    const before = remaining(await askOnce(first, server, demo, kycAsk(person)));
    await cutOne(server, demo, cutter, first, ask, key);
    if (number % 2 === 1) {
        await killCore(server, demo);
    }
    const got = [];
    for (const kind of [first, second]) {
        got.push(await again(kind, server, demo, ask, key));
    }
    for (const answer of got) {
        verifyAnswer(answer, ask, demo.vkey, bank);
        assert.equal(answer.text, got[0].text, 'each repeat has the same bytes');
        assert.equal(remaining(answer), before - 1, 'one unit of quota');
    }
    const other = kycAsk(person, { case: 'HS-OTHER' });
    verifyProblem(await again(second, server, demo, other, key), 409, 'idempotency_conflict');
    const index = indexOf(got[0]);
    const next = await again(first, server, demo, kycAsk(person));
    if (number % 2 === 0) { // nobody else asked in between
        assert.equal(indexOf(next), index + 1, 'one record');
    }
    return { ask: got[0].json.ask, index };
}

export async function retry({ rounds, note = () => {} }) {
    const demo = await demonstration('retry');
    const server = await serve(demo, { edges: 2 });
    const cutter = await new Cutter().start(server.port);
    const found = { rounds, kills: Math.floor(rounds / 2), records: 0 };
    try {
        const indexes = new Set();
        for (let i = 0; i < rounds; i++) {
            const { ask, index } = await round(server, demo, cutter, i);
            indexes.add(index);
            note(`round ${i}: ask ${ask}, entry ${index}`);
        }
        assert.equal(indexes.size, rounds);
        const how = await server.stop();
        assert.equal(how.status, 0);
        found.records = readCheckpoint(
            readFileSync(path.join(demo.home, 'ledger/checkpoint'), 'utf8'), demo.vkey).size;
        await demo.act('ledger', 'verify');
    } finally {
        cutter.stop();
        await server.stop();
        demo.remove();
    }
    return found;
}

if (process.argv[1] === import.meta.filename) {
    const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
    const found = await retry({ rounds: Number(values.rounds), note: (line) => console.log(line) });
    console.log(`${found.rounds} answers cut on their way and asked for again, ${found.kills} of ` +
        'them after a kill of the core: each one ask, one record, one unit of quota; another body 409');
}
