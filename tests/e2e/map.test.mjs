// The map that the house takes into the log: taken in time, the one that the openings give, made
// again when its file is lost, and refused when it is not.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { codeOf, flood, tally } from './lib/load.mjs';
import { serve } from './lib/server.mjs';

const ASKS = 120;
const PEOPLE = 40;
let demo;
let server;

before(async () => { demo = await demonstration('map'); });
after(async () => {
    await server?.stop();
    demo?.remove();
});

// Indexes of the entries whose maps are kept, the newest last.
const kept = () => readdirSync(path.join(demo.home, 'derived'))
    .filter((name) => /^map-[0-9]+$/u.test(name)).map((name) => Number(name.slice(4)))
    .sort((a, b) => a - b);

// Entries of kind map, as the public log has them.
async function maps() {
    const { stdout } = await demo.dancu(['ledger', 'show', '--last', '5000']);
    return stdout.split('\n').filter((line) => line.includes('"kind":"map"'));
}

async function until(what, happens) {
    for (let tries = 0; tries < 100; tries++) {
        const value = await happens();
        if (value) {
            return value;
        }
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    throw new Error(`in five seconds it has not happened that ${what}`);
}

async function look(server, count) {
    const samples = demo.samples();
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const answers = await flood(count, 20, (i) => client.lookup(kycAsk(samples[i % PEOPLE])));
    assert.deepEqual(tally(answers.map(codeOf)), { disclosed: count });
    await client.close();
}

const recompute = async () => {
    const { status, stdout, stderr } = await demo.dancu(['ledger', 'map', '--json']);
    return { status, stderr, ...JSON.parse(stdout) };
};

test('before the first day is over no map is taken, and that is said', async () => {
    server = await serve(demo);
    await look(server, 5);
    await server.stop();
    assert.deepEqual(await maps(), []);
    const { status, stderr } = await recompute();
    assert.equal(status, 1);
    assert.match(stderr, /no map/);
});

test('a map is taken when there is something new, and is that of the openings', async () => {
    server = await serve(demo, { args: ['--map-s', '1'] });
    await until('a first map is taken', async () => kept().length === 1);
    await look(server, ASKS);
    await until('a second map is taken', async () => kept().length === 2);
    await server.stop();
    const entries = await maps();
    assert.ok(entries.length >= 2);
    for (const line of entries) {
        assert.match(line, /"channel":null,"class":null,.*"outcome":"taken",.*"service":null/);
    }
    const { status, good, index, persons, size, stderr } = await recompute();
    assert.equal(status, 0, stderr);
    assert.ok(good && persons === PEOPLE && index >= size);
    assert.equal(kept().at(-1), index);
    const first = Number(entries[0].split(' ')[0]);
    assert.ok(first < index);
    assert.equal((await demo.dancu(['ledger', 'map', '--entry', String(first)])).status, 0);
    const other = await demo.dancu(['ledger', 'map', '--entry', String(first - 1)]);
    assert.deepEqual([other.status, /no map/u.test(other.stderr)], [1, true]);
});

test('a file that is lost or damaged is made again from the log', async () => {
    const damaged = kept().at(-1);
    const place = path.join(demo.home, 'derived', `map-${damaged}`);
    const bytes = readFileSync(place);
    bytes[bytes.length - 100] ^= 1;
    writeFileSync(place, bytes);
    server = await serve(demo, { args: ['--map-s', '1'] });
    await look(server, 3);
    const newer = await until('another map is taken',
        async () => kept().find((index) => index > damaged));
    await server.stop();
    assert.match(server.said, /map-lost/);
    assert.ok(!kept().includes(damaged));
    const { status, index, stderr } = await recompute();
    assert.equal(status, 0, stderr);
    assert.ok(newer <= index);
});

test('the log with its maps verifies', async () => {
    const { status, stderr } = await demo.dancu(['ledger', 'verify']);
    assert.equal(status, 0, stderr);
});
