// A few flips in every kind of file; the command tests/fault/damage makes as many as one likes. And
// damage under a running server: the scrub finds it within its period, tells it, mends nothing.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { until } from '../e2e/lib/command.mjs';
import { filesBelow, flip } from '../e2e/lib/damage.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { flood } from '../e2e/lib/load.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { damage, lines } from './damage.mjs';

const FLIPS = 3;
const PERIOD_S = 4;
const ASKS = 300; // more than a full tile
const TICK_MS = 10; // a file that changes twice within one tick of the kernel's clock has one time
const STILL_MS = 500; // whoever publishes is far quicker

test(`${FLIPS} flips in every kind of file are found, or change nothing that is stored`, async (t) => {
    const table = await damage('damage-short', FLIPS);
    t.diagnostic(`\n${lines(table)}`);
    for (const [kind, row] of Object.entries(table)) {
        assert.deepEqual(row.missed, [], kind);
    }
    assert.ok(Object.keys(table).length >= 15);
});

function writeByte(file, at, change) {
    const fd = openSync(file, 'r+');
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, at);
    byte[0] = change(byte[0]);
    writeSync(fd, byte, 0, 1, at);
    closeSync(fd);
    return byte[0];
}

test('a broken index key under a running server is found within the period, told, not mended',
    async () => {
        const demo = await demonstration('damage-live');
        const file = path.join(demo.home, 'registry.db');
        const database = new DatabaseSync(file, { readOnly: true });
        const { tag, key } = database.prepare(
            'SELECT tag, key FROM blind ORDER BY tag LIMIT 1 OFFSET 777').get();
        database.close();
        const at = readFileSync(file).indexOf(Buffer.from(tag)) + 15;
        assert.ok(at > 15);
        const server = await serve(demo, { args: ['--scrub-s', String(PERIOD_S)] });
        const status = async () =>
            JSON.parse((await demo.dancu(['scrub', 'status', '--json'])).stdout);
        try {
            await until('a sound pass', async () => (await status()).passes > 0,
                { timeoutMs: 120_000, everyMs: 200 });
            assert.equal((await status()).found, 0);
            const flipped = writeByte(file, at, (byte) => byte ^ 1);
            const found = await until('the tag is told', async () => {
                const now = await status();
                return now.found > 0 && now;
            }, { timeoutMs: 120_000, everyMs: 200 });
            assert.ok(found.places.some((place) => place.includes(`person ${key}`)),
                `${found.places}`);
            await until('its line is in the log', () => server.said.includes('scrub-found'));
            assert.match(server.said, new RegExp(`error worker scrub-found place="[^"]*person ${key}`));
            assert.equal(writeByte(file, at, (byte) => byte), flipped, 'still broken');
            assert.notEqual((await demo.dancu(['scrub', 'status'])).status, 0);
            writeByte(file, at, (byte) => byte ^ 1);
            await until('sound again', async () => {
                const now = await status();
                return now.found === 0 && now.found_before === 0;
            }, { timeoutMs: 120_000, everyMs: 200 });
            assert.ok((await server.processes()).every((row) => row.restarts === 0));
        } finally {
            await server.stop();
            demo.remove();
        }
    });

// The bytes as they lie are the second reader: what is good was written by the core and is verified
// by other tests; here a flipped bit must never come out.
test('a file of the public log that is flipped under a running server is not served, told once, ' +
    'and good again when put back', async () => {
    const demo = await demonstration('damage-public');
    const server = await serve(demo);
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    const ledger = path.join(demo.home, 'ledger');
    const asked = async (name) => visitor.get(`/ledger/${name}`);
    const told = (word, name) =>
        server.said.split('\n').filter((line) => line.includes(`${word} place="${name}"`)).length;
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    try {
        const samples = demo.samples();
        await flood(ASKS, 100, (i) => client.lookup(kycAsk(samples[i % samples.length])));
        let size = 0;
        await until('all are published', async () => { // acts as well: partial tiles go with the next ones
            const { text } = await asked('checkpoint');
            const before = size;
            size = text === undefined ? 0 : Number(text.split('\n')[1]);
            await sleep(STILL_MS);
            return size > ASKS && size === before;
        });
        const names = filesBelow(ledger, /^(checkpoint|tile\/.*)$/);
        for (const kind of [/entries\/000$/, /entries\/\d+\.p/, /0\/000$/, /0\/\d+\.p/, /1\/000\.p/]) {
            assert.ok(names.some((name) => kind.test(name)), `${kind} in ${names}`);
        }
        for (const name of names) {
            const good = readFileSync(path.join(ledger, name));
            for (const [turn, at] of [0, -1].entries()) {
                assert.deepEqual((await asked(name)).bytes, good, name);
                await sleep(TICK_MS);
                flip(path.join(ledger, name), at);
                for (let i = 0; i < 3; i++) {
                    const answer = await asked(name);
                    assert.equal(answer.status, 500, name);
                    assert.equal(answer.json.code, 'internal');
                }
                await until('it is told', () => told('tile-refused', name) > turn);
                assert.equal(told('tile-refused', name), turn + 1, 'once each time');
                for (const other of names.filter((other) => other !== name).slice(0, 5)) {
                    assert.deepEqual((await asked(other)).bytes,
                        readFileSync(path.join(ledger, other)), `${other} while ${name} is bad`);
                }
                flip(path.join(ledger, name), at);
                assert.deepEqual((await asked(name)).bytes, good, `${name} put back`);
                await until('it is told', () => told('tile-sound', name) === turn + 1);
            }
        }
        assert.ok((await server.processes()).every((row) => row.restarts === 0));
    } finally {
        await visitor.close();
        await client.close();
        await server.stop();
        demo.remove();
    }
});
