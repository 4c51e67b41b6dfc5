// A few flips in every kind of file; the command tests/fault/damage makes as many as one likes. And
// damage under a running server: the scrub finds it within its period, tells it, mends nothing.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { damage, lines } from './damage.mjs';

const FLIPS = 3;
const PERIOD_S = 4;

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
