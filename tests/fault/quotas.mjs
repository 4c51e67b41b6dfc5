// Quotas over kills: bursts of asks under two businesses, one with a quota of the day, one with a
// quota in total; in each round the core is killed while a burst is in hand. What is left of a quota
// falls by what the log has recorded, answered or not; when it is used up, the log has exactly as
// many look-ups as the quotas allow.
//   tests/fault/quotas --rounds N
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { addBusiness, day } from '../e2e/lib/rights.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';
import { serve } from '../e2e/lib/server.mjs';

const BURST = 12;
const GAP_MS = 2; // between two asks, so that the core takes them in several batches
const codes = ['T-DAY', 'T-WHOLE'];

// What is left of both quotas, as the account is told.
const left = (server, demo) => until('what is left', async () => {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    try {
        const { status, json } = await client.get('/v1/grants');
        const of = (code) => json.businesses.find((business) => business.code === code).quotas;
        return status === 200 && { 'T-DAY': of('T-DAY').day.left, 'T-WHOLE': of('T-WHOLE').total.left };
    } catch {
        return false;
    } finally {
        client.destroy();
    }
});

// Asks of both in turn, over a connection that stands; the process `pid` is killed somewhere amidst.
async function burst(server, demo, person, pid) {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    assert.equal((await client.get('/v1/grants')).status, 200);
    const asks = Array.from({ length: BURST }, async (_, i) => {
        const business = codes[i % codes.length];
        await sleep(i * GAP_MS);
        return client.lookup(kycAsk(person, { business })).then(
            (answer) => ({ business, code: answer.json?.code ?? 'disclosed', status: answer.status }),
            () => ({ business, code: 'none' }));
    });
    if (pid !== undefined) {
        await sleep(Math.random() * BURST * GAP_MS);
        process.kill(pid, 'SIGKILL');
    }
    const answers = await Promise.all(asks);
    client.destroy();
    return answers;
}

async function disclosures(demo) {
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    const found = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    return found.filter((entry) => JSON.parse(entry.toString()).kind === 'disclosure').length;
}

export async function quotas({ rounds, note = () => {} }) {
    const demo = await demonstration('quotas');
    const max = (rounds + 2) * BURST / 2;
    const begun = day(0);
    const server = await serve(demo);
    const [person] = demo.samples();
    const found = { rounds, max, answered: 0, cut: 0, amidst: 0 };
    try {
        await addBusiness(demo, 'T-DAY', 'bank', { quota: max });
        await addBusiness(demo, 'T-WHOLE', 'bank', { args: ['--quota-total', String(max)] });
        let before = await left(server, demo);
        for (let i = 0; i < rounds; i++) {
            const core = await until('a core', async () => {
                const row = await server.process('core');
                return row?.state === 'serving' && row;
            });
            const answers = await burst(server, demo, person, core.pid);
            const now = await left(server, demo);
            const spent = codes.reduce((sum, code) => sum + before[code] - now[code], 0);
            found.amidst += spent > 0 && spent < BURST;
            for (const code of codes) {
                const of = answers.filter(({ business }) => business === code);
                const told = of.filter((answer) => answer.code === 'disclosed').length;
                const used = before[code] - now[code];
                assert.ok(used >= told && used <= of.length, `${code}: ${told} told, ${used} used`);
                found.answered += told;
                found.cut += used - told;
            }
            before = now;
            note(`round ${i}: left ${JSON.stringify(now)}`);
        }
        for (let done = false; !done;) {
            const answers = await burst(server, demo, person);
            found.answered += answers.filter(({ code }) => code === 'disclosed').length;
            done = codes.every((business) => answers.filter((answer) => answer.business === business)
                .every(({ code }) => code === 'quota_exceeded'));
        }
        assert.equal(day(0), begun, 'midnight came in between: run it again');
        assert.deepEqual(await left(server, demo), { 'T-DAY': 0, 'T-WHOLE': 0 });
        assert.equal((await server.stop()).status, 0);
        found.recorded = await disclosures(demo);
        assert.equal(found.recorded, 2 * max);
        assert.equal(found.answered + found.cut, 2 * max);
        assert.ok(rounds < 20 || found.amidst > 0, 'no kill came amidst a burst');
    } finally {
        await server.stop();
        demo.remove();
    }
    return found;
}

if (process.argv[1] === import.meta.filename) {
    const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' } } });
    const found = await quotas({ rounds: Number(values.rounds), note: (line) => console.error(line) });
    console.log(JSON.stringify(found));
}
