// A citizen's statement: every row is proved, and none can be left out unseen; read by a verifier
// that shares no code with ours, and by `dancu statement verify`.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { kycAsk } from './lib/asks.mjs';
import { Citizens } from './lib/citizens.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { serve } from './lib/server.mjs';
import { verifyStatement } from './lib/statement.mjs';

const OLD = 25; // rows before the map: more than one part has
const NEW = 3;
let demo;
let citizens;
let server;
let me;
let lines;

async function look(count) {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    for (let i = 0; i < count; i++) {
        const { json } = await client.lookup(kycAsk(demo.samples()[0]));
        assert.ok(json.receipt);
    }
    await client.close();
}

before(async () => {
    demo = await demonstration('statement');
    citizens = await Citizens.open(demo);
    server = await serve(demo);
    await look(OLD);
    await server.stop();
    server = await serve(demo, { args: [...citizens.args, '--map-s', '3600'] });
    await citizens.ready(server);
    await until('a map is taken', () =>
        readdirSync(path.join(demo.home, 'derived')).some((name) => /^map-[0-9]/u.test(name)));
    await look(NEW);
    me = await citizens.signIn(demo.samples()[0].id);
});
after(async () => {
    await server?.stop();
    citizens?.close();
    demo?.remove();
});

async function statement() {
    const all = [];
    let parts = 0;
    for (let body = {}; body; parts++) {
        const { status, json } = await me('statement', body);
        assert.equal(status, 200, JSON.stringify(json));
        const { lines: some, next } = json.result ?? json;
        all.push(...some.map((line) => JSON.stringify(line)));
        body = next ? { next } : null;
    }
    return { all, parts };
}

// What the map's entry says, opened.
function mapOf([head]) {
    const [disclosure] = JSON.parse(head).statement.map.opening;
    return JSON.parse(Buffer.from(disclosure, 'base64url'))[2];
}

const ours = async (some, { args = [] } = {}) => {
    const file = path.join(demo.dir, 'statement.jsonl');
    writeFileSync(file, some.map((line) => `${line}\n`).join(''));
    return demo.dancu(['statement', 'verify', file, '--vkey', demo.vkeyFile, '--json', ...args]);
};

test('a whole statement verifies, by a stranger and by the command', async () => {
    const { all, parts } = await statement();
    lines = all;
    assert.ok(parts >= 2);
    const { count, person } = verifyStatement(lines, demo.vkey);
    assert.deepEqual(count, { row: OLD, since: NEW });
    assert.match(person, /^[1-9][0-9]*$/u);
    const { day, size } = mapOf(lines);
    const { status, stdout, stderr } = await ours(lines, { args: ['--as-of', day] });
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { day, good: true, map: true, rows: OLD, since: NEW, size });
    const later = new Date(Date.parse(day) + 2 * 86_400_000).toISOString().slice(0, 10);
    assert.equal((await ours(lines, { args: ['--as-of', later] })).status, 1);
    assert.equal((await ours(lines, { args: ['--as-of', 'today'] })).status, 2);
});

test('with any one row dropped it does not, whoever reads it', async () => {
    for (let at = 0; at < lines.length; at++) {
        const fewer = lines.toSpliced(at, 1);
        assert.throws(() => verifyStatement(fewer, demo.vkey), `line ${at}`);
    }
    for (const at of [0, 1, NEW + 1, lines.length - 2, lines.length - 1]) {
        const { status, stderr } = await ours(lines.toSpliced(at, 1));
        assert.equal(status, 1, `line ${at}: ${stderr}`);
    }
});

test('with two rows swapped, one twice, or one of another statement it does not', async () => {
    const first = NEW + 1;
    const swapped = lines.with(first, lines[first + 1]).with(first + 1, lines[first]);
    const twice = lines.with(first, lines[first + 1]);
    for (const wrong of [swapped, twice]) {
        assert.throws(() => verifyStatement(wrong, demo.vkey));
        assert.equal((await ours(wrong)).status, 1);
    }
});

test('who has no row is shown to have none, and it verifies', async () => {
    me = await citizens.signIn(demo.samples()[5].id);
    const { all } = await statement();
    assert.deepEqual(verifyStatement(all, demo.vkey).count, { row: 0, since: 0 });
    const { status, stderr } = await ours(all);
    assert.equal(status, 0, stderr);
});

test('parts of nobody, and words that are off, are refused', async () => {
    const { status } = await me('statement', { next: 'ffffffffffffffff' });
    assert.equal(status, 404);
    assert.equal((await me('statement', { next: 'x' })).status, 400);
    assert.equal((await demo.dancu(['statement', 'verify'])).status, 2);
    assert.equal((await demo.dancu(['statement', 'verify', '/nowhere', '--vkey', demo.vkeyFile])).status, 2);
});
