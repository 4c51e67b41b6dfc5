// Another data key takes over while the server runs. The commands tests/fault/rotation and
// tests/e2e/rotation make it large, kill at random and measure.
import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { personKey } from '../e2e/lib/registry.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { asked, isDone, objectsOf, settle, statusOf, versionsOf } from './rotation.mjs';

const PERSONS = 6000;
const PROTECTED_PERMILLE = 300; // as many as a demonstration picks are still there
let demo;
let server;
let kept;

before(async () => {
    demo = await demonstration('rotation', { persons: PERSONS, hidden: PROTECTED_PERMILLE });
    const former = personKey(demo.keys);
    kept = { before: versionsOf(demo, former), former, objects: objectsOf(demo) };
    server = await serve(demo);
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const nextKey = () => path.join(demo.keys, 'data.next.key');

test('nothing is ordered by hand for a key that the server does not have', async () => {
    const how = await demo.dancu(['key', 'retire', 'data']);
    assert.equal(how.status, 1);
    assert.match(how.stderr, /nothing to retire: never rotated/);
    assert.equal((await statusOf(demo)).next, null);
});

test('a rotation that is killed on the way goes on, and one that runs is not ordered again',
    async () => {
        const how = await demo.dancu(['key', 'rotate', 'data']);
        assert.equal(how.status, 0, how.stderr);
        assert.match(how.stdout, /key\.rotate recorded as entry \d+/);
        for (const victim of ['loader', 'core']) {
            await until('it has begun', async () => (await statusOf(demo)).persons_done > 0);
            process.kill((await server.process(victim)).pid, 'SIGKILL');
            await sleep(100);
        }
        await until('the core is back', async () => (await server.process('core')).pid > 0);
        if (!(await isDone(demo))) {
            const again = await demo.dancu(['key', 'rotate', 'data']);
            assert.equal(again.status, 1);
        }
    });

test('without the key that takes over no start goes on, and the refusal names its file', async () => {
    if (await isDone(demo)) {
        return; // on a quick machine
    }
    await server.stop();
    renameSync(nextKey(), `${nextKey()}.away`);
    const how = await demo.dancu(['scrub']);
    assert.notEqual(how.status, 0);
    assert.match(how.stdout + how.stderr, /data\.next\.key\) is not there|being sealed anew/);
    renameSync(`${nextKey()}.away`, nextKey());
    server = await serve(demo);
});

test('at the end everybody is there under the new key alone, and the old file is not needed',
    async () => {
        await until('all lies under the new key', () => isDone(demo), { timeoutMs: 60_000 });
        const again = await demo.dancu(['key', 'rotate', 'data']);
        assert.equal(again.status, 1);
        assert.match(again.stderr, /first `dancu key retire data`/);
        assert.equal((await asked(server, demo, demo.samples()[0])).status, 200);
        assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        await settle(demo, kept.before, kept);
        assert.ok(existsSync(path.join(demo.keys, 'data.old.key')));
        server = await serve(demo);
        assert.equal((await asked(server, demo, demo.samples()[1])).status, 200);
        assert.equal((await statusOf(demo)).state, 'done');
    });
