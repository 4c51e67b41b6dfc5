// A job of N lines over K kills of any process. Afterwards every line has its answer once and in its
// place; a sample of the receipts is verified against the log; and the units of quota, the asks that
// are billed and the records in the log are as many as there are different lines that are asks.
//   tests/fault/jobs [--lines N] [--kills K] [--service citizen.lookup|citizen.verify] [--seed N] [--persons N]
//   tests/fault/jobs --pace [--rate R] [--seconds S]: what a job costs others' p99, in pairs of runs
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readEntry, verifyReceipt } from '../e2e/lib/answer.mjs';
import { kycAsk, KYC_FIELDS, subjectOf, unknownId } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { JobClient, pieces } from '../e2e/lib/jobs.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { residentKib } from '../e2e/lib/proc.mjs';
import { addBusiness } from '../e2e/lib/rights.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { quantile, randomOf } from '../e2e/lib/stats.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';

const BUSINESS = 'T-JOBS';
const VICTIMS = ['jobs', 'core', 'edge 1', 'jobs', 'keeper', 'core', 'verify', 'supervisor'];
const SAMPLE_EVERY = 97; // of so many answers one is opened and proven

// Which kind line i is (from 1): most are asks of their own.
function kindOf(i) {
    if (i % 41 === 0) {
        return 'garbage';
    }
    if (i % 29 === 0 && kindOf(i - 5) !== 'same') {
        return 'same';
    }
    return i % 23 === 0 ? 'miss' : 'hit';
}

const verifies = (person, i) => ({
    business: BUSINESS, case: `TB-${i}`, subject: subjectOf(person),
    claims: [{ field: 'sex', value: i % 2 === 0 ? '1' : '2' }],
});

function lineAt(samples, service, i) {
    const person = samples[i % samples.length];
    switch (kindOf(i)) {
    case 'garbage':
        return i % 2 === 0 ? `{"business":"${BUSINESS}","case":` : `{"business":"${BUSINESS}"}`;
    case 'same':
        return lineAt(samples, service, i - 5);
    default: {
        const ask = service === 'citizen.verify' ? verifies(person, i) :
            kycAsk(person, { business: BUSINESS, case: `TB-${i}`, fields: KYC_FIELDS.slice(0, 2) });
        if (kindOf(i) === 'miss') {
            ask.subject = { ...ask.subject, id: unknownId(i) };
        }
        return JSON.stringify(ask);
    }
    }
}

function* linesOf(samples, service, count) {
    for (let i = 1; i <= count; i++) {
        yield lineAt(samples, service, i);
    }
}

// How many lines of each kind there are; garbage that is said twice is refused twice.
function expect(count) {
    const kinds = { hit: 0, miss: 0, garbage: 0, same: 0 };
    let refused = 0;
    for (let i = 1; i <= count; i++) {
        const kind = kindOf(i);
        kinds[kind]++;
        refused += (kind === 'same' ? kindOf(i - 5) : kind) === 'garbage';
    }
    return { kinds, refused };
}

// Each answer against its line; the sum of them.
async function readResult(client, id, { samples, service, count, vkey }) {
    const found = { hit: 0, miss: 0, garbage: 0, same: 0, verified: 0 };
    const asks = new Map(); // of the last lines
    let line = 0;
    for await (const item of client.result(id)) {
        line++;
        assert.equal(item.line, line);
        const kind = kindOf(line);
        const origin = kind === 'same' ? line - 5 : line;
        found[kind]++;
        if (kindOf(origin) === 'garbage') {
            assert.equal(item.problem.code, 'bad_request', JSON.stringify(item));
            assert.ok(item.problem.invalid_params.length > 0);
            continue;
        }
        const body = item.answer ?? item.problem;
        asks.set(line, body.ask);
        asks.delete(line - 10);
        if (kind === 'same') {
            assert.equal(body.ask, asks.get(origin), 'the same line has the same answer');
        }
        if (kindOf(origin) === 'miss') {
            assert.equal(item.problem.code, 'subject_not_available');
        } else {
            assert.ok(item.answer, JSON.stringify(item).slice(0, 300));
        }
        if (line % SAMPLE_EVERY === 0) {
            const { entry, opened } = verifyReceipt(body, vkey);
            const asked = JSON.parse(lineAt(samples, service, origin));
            assert.equal(entry.service, service);
            assert.equal(opened.case, asked.case);
            assert.deepEqual(opened.request.asked, asked.subject);
            found.verified++;
        }
    }
    assert.equal(line, count);
    return found;
}

async function recorded(demo, service) {
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    const found = { disclosure: 0, unavailable: 0, refusal: 0 };
    for (const text of await readEntries((name) => readFileSync(path.join(ledger, name)), size)) {
        const entry = readEntry(text.toString());
        if (entry.service === service) {
            found[entry.kind]++;
        }
    }
    return found;
}

const quotaUsed = (server, demo, quota) => until('what is left', async () => {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    try {
        const { json } = await client.get('/v1/grants');
        return { used: quota - json.businesses.find(({ code }) => code === BUSINESS).quotas.day.left };
    } catch {
        return false;
    } finally {
        client.destroy();
    }
});

export async function kill(server, victim) {
    if (victim === 'supervisor') {
        const { port } = server;
        server.signal('SIGKILL');
        await server.stop();
        await sleep(300);
        await until('it starts again', () => server.start({ port }).then(() => true, () => false),
            { timeoutMs: 30_000, everyMs: 200 });
        return;
    }
    const row = await until(`there is a ${victim}`, async () => {
        const found = await server.process(victim).catch(() => undefined);
        return found?.state === 'serving' && found;
    }, { timeoutMs: 20_000 });
    process.kill(row.pid, 'SIGKILL');
}

const folderBytes = (folder) =>
    readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);

export async function jobOverKills({ lines, kills, service = 'citizen.lookup', seed = 1, persons,
    note = () => {} }) {
    const demo = await demonstration('jobs', persons && { persons });
    const samples = demo.samples();
    const quota = 2 * lines + 1000;
    const random = randomOf(seed);
    const server = await serve(demo, { edges: 1 });
    const connect = () => new JobClient({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const found = { lines, kills, service, killed: {} };
    try {
        await addBusiness(demo, BUSINESS, 'bank',
            { quota, services: service, args: ['--bulk', String(lines)] });
        const begun = Date.now();
        const { status, json, text } = await connect().submit({
            service, business: BUSINESS, body: pieces(linesOf(samples, service, lines)),
        });
        assert.equal(status, 202, text);
        found.uploadS = (Date.now() - begun) / 1000;
        const { id } = json;
        const ran = Date.now();
        found.jobsKib = 0;
        for (let i = 0; i < kills; i++) {
            const from = (lines * (i + random())) / (kills + 1);
            await until(`line ${from}`, async () => {
                const shown = await connect().show(id).catch(() => ({}));
                return shown.json?.done >= from || shown.json?.state === 'done';
            }, { timeoutMs: 600_000, everyMs: 20 });
            const victim = VICTIMS[i % VICTIMS.length];
            found.jobsKib = Math.max(found.jobsKib, residentKib((await server.process('jobs'))?.pid) ?? 0);
            note(`kill ${i + 1}: ${victim} from line ${Math.floor(from)} on`);
            await kill(server, victim);
            found.killed[victim] = (found.killed[victim] ?? 0) + 1;
        }
        const job = await connect().settled(id, ['done', 'failed'], 3_600_000);
        found.runS = (Date.now() - ran) / 1000;
        found.rate = Math.round(lines / found.runS);
        assert.equal(job.state, 'done', JSON.stringify(job));
        found.jobsKib = Math.max(found.jobsKib, residentKib((await server.process('jobs')).pid));
        found.storedBytes = folderBytes(path.join(demo.home, 'jobs'));
        const { kinds: expected, refused } = expect(lines);
        const read = Date.now();
        const { verified, ...kinds } = await readResult(connect(), id,
            { samples, service, count: lines, vkey: demo.vkey });
        found.readS = (Date.now() - read) / 1000;
        found.verified = verified;
        assert.deepEqual(kinds, expected);
        assert.equal(job.done, lines);
        assert.equal(job.missed, expected.miss);
        assert.equal(job.refused, refused);
        const distinct = expected.hit + expected.miss;
        found.distinct = distinct;
        assert.equal((await quotaUsed(server, demo, quota)).used, distinct, 'units of quota');
        const month = new Date(Date.now() + 7 * 3600_000).toISOString().slice(0, 7);
        const statement = await demo.dancu(['fees', 'statement', '--party', 'bank', '--month', month]);
        assert.equal(JSON.parse(statement.stdout).asks, distinct, 'asks that are billed');
        assert.equal((await connect().drop(id)).json.state, 'expired');
        assert.equal((await server.stop()).status, 0);
        found.recorded = await recorded(demo, service);
        assert.deepEqual(found.recorded, { disclosure: expected.hit, unavailable: expected.miss, refusal: 0 });
    } finally {
        await server.stop();
        demo.remove();
    }
    return found;
}

// ---- what a job costs others ----

// Single asks at a steady rate; their times in milliseconds.
async function single(server, demo, samples, { rate, seconds }) {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    await client.lookup(kycAsk(samples[0]));
    const times = [];
    const asks = [];
    const begun = performance.now();
    for (let i = 0; i < rate * seconds; i++) {
        const due = begun + (i * 1000) / rate;
        while (performance.now() < due) {
            await sleep(Math.max(0, due - performance.now()));
        }
        const at = performance.now();
        asks.push(client.lookup(kycAsk(samples[i % samples.length])).then((answer) => {
            assert.equal(answer.status, 200);
            times.push(performance.now() - at);
        }));
    }
    await Promise.all(asks);
    client.destroy();
    return times.sort((a, b) => a - b);
}

export async function pace({ pairs = 6, rate = 200, seconds = 10, service = 'citizen.lookup', note = () => {} }) {
    const demo = await demonstration('jobs-pace');
    const samples = demo.samples();
    const server = await serve(demo, { edges: 1 });
    const connect = () => new JobClient({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const lines = 1_000_000;
    const found = { rate, pairs: [] };
    try {
        await addBusiness(demo, BUSINESS, 'bank',
            { quota: 100 * lines, services: service, args: ['--bulk', String(lines)] });
        await single(server, demo, samples, { rate, seconds: 2 });
        for (let i = 0; i < pairs; i++) {
            const alone = await single(server, demo, samples, { rate, seconds });
            const count = Math.min(lines, 20_000 * (seconds + 4));
            const { json } = await connect().submit({
                service, business: BUSINESS, body: pieces(linesOf(samples, service, count)),
            });
            await connect().settled(json.id, ['running']);
            const before = (await connect().show(json.id)).json.done;
            const beside = await single(server, demo, samples, { rate, seconds });
            const after = (await connect().show(json.id)).json;
            await connect().drop(json.id);
            const pair = {
                p50: [quantile(alone, 0.5), quantile(beside, 0.5)],
                p99: [quantile(alone, 0.99), quantile(beside, 0.99)],
                lines: Math.round((after.done - before) / seconds), ended: after.state,
            };
            note(JSON.stringify(pair));
            found.pairs.push(pair);
        }
        const ratios = found.pairs.map(({ p99: [a, b] }) => b / a).sort((a, b) => a - b);
        found.p99Ratio = quantile(ratios, 0.5);
    } finally {
        await server.stop();
        demo.remove();
    }
    return found;
}

if (process.argv[1] === import.meta.filename) {
    const { values } = parseArgs({ options: {
        lines: { type: 'string', default: '1000000' }, kills: { type: 'string', default: '20' },
        service: { type: 'string', default: 'citizen.lookup' }, seed: { type: 'string', default: '1' },
        persons: { type: 'string' }, pace: { type: 'boolean', default: false },
        rate: { type: 'string', default: '200' }, seconds: { type: 'string', default: '10' },
        pairs: { type: 'string', default: '6' },
    } });
    const note = (line) => console.error(line);
    const { service } = values;
    const found = values.pace ?
        await pace({ pairs: Number(values.pairs), rate: Number(values.rate), seconds: Number(values.seconds), service, note }) :
        await jobOverKills({ lines: Number(values.lines), kills: Number(values.kills), service,
            seed: Number(values.seed), persons: values.persons && Number(values.persons), note });
    console.log(JSON.stringify(found));
}
