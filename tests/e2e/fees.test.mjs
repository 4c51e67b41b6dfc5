// What a party owes: the statement at the desk, the one that is counted from the log, and the one
// that a client makes of its own answers and of the law's table, are the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { verifyProblem, verifyReceipt } from './lib/answer.mjs';
import { kycAsk, KYC_FIELDS, residenceAsk, subjectOf, unknownId } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { root, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { serve } from './lib/server.mjs';

const ASKS = 120;
const VN_MS = 7 * 3600_000;
let demo;
let server;
const kept = []; // what the bank was answered

// The law's table, by a reader of YAML that is not ours.
function readFees() {
    const { payers, products, rates } = parse(
        readFileSync(path.join(root, 'policy/fees.yaml'), 'utf8'), { schema: 'failsafe' });
    return { products, rates, payers: payers.filter(({ pays }) => pays === 'true') };
}

// The statement of `party` for `month` out of kept answers: each verified, each once by its ask.
function reckon(party, month) {
    const { products, rates, payers } = readFees();
    const lines = new Map();
    const asks = new Map(kept.map((body) => [body.ask, body]));
    for (const body of asks.values()) {
        const { entry, opened } = verifyReceipt(body, demo.vkey);
        const day = new Date(Date.parse(opened.ask.time) + VN_MS).toISOString().slice(0, 10);
        const billed = ['disclosure', 'unavailable'].includes(entry.kind) &&
            payers.some((row) => row.class === entry.class) && opened.party === party && day.startsWith(month);
        if (!billed) {
            continue;
        }
        const { product } = products.find(({ services, channels }) =>
            services.includes(entry.service) && channels.includes(entry.channel));
        const vnd = Number(rates.find((rate) => rate.product === product && rate.from <= day &&
            (day <= rate.until || rate.until === 'null')).vnd_per_field);
        const key = `${product} ${vnd}`;
        const line = lines.get(key) ??
            { asks: 0, fields: 0, product, vnd: 0, vnd_per_field: vnd };
        line.asks++;
        line.fields += opened.request.fields.length;
        line.vnd += opened.request.fields.length * vnd;
        lines.set(key, line);
    }
    const sorted = [...lines.keys()].sort().map((key) => lines.get(key));
    const sum = (name) => sorted.reduce((total, line) => total + line[name], 0);
    return {
        asks: sum('asks'), code: `${party}.${month}`, fields: sum('fields'), lines: sorted, month,
        party, version: 1 + sum('asks'), vnd: sum('vnd'),
    };
}

const thisMonth = () => new Date(Date.now() + VN_MS).toISOString().slice(0, 7);
const connect = (name, port) => new Http2Client({ port, ca: demo.ca, ...demo.client(name) });

async function shown(name, address, headers = {}) {
    const desk = connect(name, server.port + 2);
    const answer = await desk.get(address, headers);
    desk.destroy();
    return answer;
}

// Hits with more and fewer fields, misses, refusals, and every seventh said twice.
async function ask() {
    const bank = connect('bank', server.port);
    const samples = demo.samples();
    const answers = await Promise.all(Array.from({ length: ASKS }, async (_, i) => {
        const person = samples[i % samples.length];
        const subject = i % 5 === 2 ? { ...subjectOf(person), id: unknownId(i) } : subjectOf(person);
        const business = i % 11 === 4 ? 'NV-NOBODY' : 'NV-BANK-KYC';
        const one = kycAsk(person, {
            subject, business, fields: KYC_FIELDS.slice(0, 1 + i % KYC_FIELDS.length),
        });
        const key = { 'idempotency-key': `fees-${Date.now()}-${i}` };
        const first = await bank.lookup(one, key);
        return i % 7 === 0 ? [first, await bank.lookup(one, key)] : [first];
    }));
    bank.destroy();
    const bodies = answers.flat().map(({ json }) => json);
    bodies.forEach((body) => assert.ok(body.receipt, JSON.stringify(body)));
    kept.push(...bodies);
}

before(async () => {
    demo = await demonstration('fees');
    server = await serve(demo);
    await ask();
    const agency = connect('hcm-onestop', server.port);
    const local = demo.samples().find((one) => one.permanent_residence?.province === '79');
    assert.equal((await agency.lookup(residenceAsk(local))).status, 200);
    agency.destroy();
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

async function assertSame() {
    const month = thisMonth();
    const { status, json } = await shown('bank', `/v1/fees/bank.${month}`);
    assert.equal(status, 200);
    assert.deepEqual(json, reckon('bank', month));
    const counted = await demo.dancu(['fees', 'statement', '--party', 'bank', '--month', month]);
    assert.equal(counted.status, 0, counted.stderr);
    assert.deepEqual(JSON.parse(counted.stdout), json);
    return json;
}

test('desk, log and the client\'s own answers give one statement', async () => {
    const { asks, vnd } = await assertSame();
    assert.ok(asks > ASKS / 2 && asks < ASKS);
    assert.ok(vnd > asks * 1000);
});

test('the statement outlives kills of the core, and grows by what is asked then', async () => {
    const { vnd } = await assertSame();
    for (let i = 0; i < 2; i++) {
        const { pid } = (await server.processes()).find((row) => row.process === 'core');
        process.kill(pid, 'SIGKILL');
        await until('asks are answered again', async () => {
            const bank = connect('bank', server.port);
            const { json } = await bank.lookup(kycAsk(demo.samples()[i])).catch(() => ({}));
            bank.destroy();
            kept.push(...json?.receipt ? [json] : []);
            return json?.receipt;
        });
        await assertSame();
        await ask();
    }
    assert.ok((await assertSame()).vnd > vnd);
});

test('an organisation sees its own statements alone, and who pays nothing has none', async () => {
    const month = thisMonth();
    const { json } = await shown('bank', '/v1/fees');
    assert.ok(json.items.every((item) => item.party === 'bank'));
    assert.ok(json.items.some((item) => item.code === `bank.${month}`));
    verifyProblem(await shown('hcm-onestop', `/v1/fees/bank.${month}`), 404, 'not_found');
    verifyProblem(await shown('hcm-onestop', `/v1/fees/hcm-onestop.${month}`), 404, 'not_found');
});

test('the same as CSV', async () => {
    const month = thisMonth();
    const { json } = await shown('bank', `/v1/fees/bank.${month}`);
    const { stdout, status } = await demo.dancu(
        ['fees', 'statement', '--party', 'bank', '--month', month, '--csv']);
    assert.equal(status, 0);
    const accepts = { accept: 'text/csv' };
    const answer = await shown('bank', `/v1/fees/bank.${month}`, accepts);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8');
    assert.equal(answer.text, stdout);
    const again = { ...accepts, 'if-none-match': answer.headers.etag };
    assert.equal((await shown('bank', `/v1/fees/bank.${month}`, again)).status, 304);
    assert.equal((await shown('bank', `/v1/fees/bank.${month}`,
        { 'if-none-match': answer.headers.etag })).status, 200); // JSON is other bytes
    verifyProblem(await shown('bank', '/v1/fees', accepts), 406, 'not_acceptable');
    const [head, ...rows] = stdout.split('\r\n');
    assert.equal(head, 'party,month,product,asks,fields,vnd_per_field,vnd');
    assert.equal(rows.pop(), '');
    assert.deepEqual(rows.map((row) => row.split(',')), json.lines.map((line) =>
        ['bank', month, line.product, String(line.asks), String(line.fields),
            String(line.vnd_per_field), String(line.vnd)]));
});

test('a month without asks owes nothing, and what is no month is no statement', async () => {
    const empty = await demo.dancu(['fees', 'statement', '--party', 'bank', '--month', '2024-02']);
    assert.equal(JSON.parse(empty.stdout).vnd, 0);
    for (const month of ['2024-13', '2024-1', '2024-02-01', 'now']) {
        const { status } = await demo.dancu(
            ['fees', 'statement', '--party', 'bank', '--month', month]);
        assert.equal(status, 2, month);
    }
});
