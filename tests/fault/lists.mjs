// Lists of people over K kills of any process: from the approval to the last line. Afterwards each holds
// exactly whom the population's own file says, once; and units of quota and records in the log are as
// many as people were given.
//   tests/fault/lists [--kills K] [--seed N]
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { canonical } from '../e2e/lib/canonical.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import {
    ACCOUNT, approve, BUSINESS, criterion, givenOf, jobOf, readLines, recorded,
} from '../e2e/lib/extracts.mjs';
import { JobClient } from '../e2e/lib/jobs.mjs';
import { day } from '../e2e/lib/rights.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { randomOf } from '../e2e/lib/stats.mjs';
import { kill } from './jobs.mjs';

const VICTIMS = ['worker', 'jobs', 'core', 'worker', 'supervisor', 'keeper', 'jobs', 'core'];
const QUOTA = 1_000_000_000; // of the demonstration's business

async function quotaUsed(server, demo) {
    return until('what is left', async () => {
        const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(ACCOUNT) });
        try {
            const { json } = await client.get('/v1/grants');
            return { used: QUOTA - json.businesses.find(({ code }) => code === BUSINESS).quotas.day.left };
        } catch {
            return false;
        } finally {
            client.destroy();
        }
    });
}

// Asks for a list as officers do; while everything is being killed it may take a few tries.
const approved = (demo, code, text) => until(`${code} is approved`, () =>
    approve(demo, code, text).catch(async () => {
        const found = await demo.dancu(['extract', 'list', code]);
        return found.status === 0 && jobOf(code);
    }), { everyMs: 200 });

export async function listsOverKills({ kills, seed = 1, note = () => {} }) {
    const demo = await demonstration('lists');
    const people = (await readLines(demo)).filter((person) => !person.hidden);
    const random = randomOf(seed);
    const server = await serve(demo, { edges: 1 });
    const connect = () => new JobClient({ port: server.port, ca: demo.ca, ...demo.client(ACCOUNT) });
    const found = { kills, killed: {}, given: 0, lists: 0 };
    try {
        for (let i = 0; i < kills; i++) {
            const code = `DS-${i}`;
            const from = 20 + (i % 40);
            const { text, holds } = criterion({ province: '79', from, until: from + 2 });
            await approved(demo, code, text);
            await sleep(1500 * random());
            const victim = VICTIMS[i % VICTIMS.length];
            note(`kill ${i + 1}: ${victim}`);
            await kill(server, victim);
            found.killed[victim] = (found.killed[victim] ?? 0) + 1;
            const job = await connect().settled(jobOf(code), ['done', 'failed'], 120_000);
            assert.equal(job.state, 'done', JSON.stringify(job));
            const want = people.filter((person) => holds(person, day(0)));
            const lines = [];
            for await (const line of connect().result(job.id)) {
                lines.push(line);
            }
            assert.deepEqual(lines.map(({ answer }) => canonical(answer.person)).sort(), givenOf(want));
            assert.equal(new Set(lines.map(({ answer }) => answer.ask)).size, want.length);
            found.given += want.length;
            found.lists++;
        }
        assert.equal((await quotaUsed(server, demo)).used, found.given, 'units of quota');
        assert.equal((await server.stop()).status, 0);
        found.recorded = await recorded(demo);
        assert.deepEqual(found.recorded, { disclosure: found.given, unavailable: 0, refusal: 0 });
    } finally {
        await server.stop();
        demo.remove();
    }
    return found;
}

if (process.argv[1] === import.meta.filename) {
    const { values } = parseArgs({ options: {
        kills: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' },
    } });
    const found = await listsOverKills({ kills: Number(values.kills), seed: Number(values.seed),
        note: (text) => console.error(text) });
    console.log(JSON.stringify(found, null, 2));
}
