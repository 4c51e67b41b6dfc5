// A disk without room: for the next segment, 503 until there is; for the office's store, the act is
// told to have failed and applied by the next start that has room, once; for the registry, an import
// stops. When there is room again everything goes on, and nothing that was told is lost or doubled.
import assert from 'node:assert/strict';
import {
    existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyReceipt } from '../e2e/lib/answer.mjs';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { isRoot, must, run, sleep, until, workFolder } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { codeOf, flood, tally } from '../e2e/lib/load.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';

const MOUNT_MIB = 1024;
const ROLLOVER_ROOM = 60 << 20; // a segment is 64 MiB
const ASKS_MAX = 120_000;
const ACTS_MAX = 40; // until the office's store has used up the blocks that it had
const folder = path.join(workFolder, 'run', `full-act-${process.pid}`);
const filler = path.join(folder, 'filler');
let demo;
let server;
let mounted = false;

before(async () => {
    mkdirSync(folder, { recursive: true });
    mounted = isRoot && (await run('mount', ['-t', 'tmpfs', '-o', `size=${MOUNT_MIB}m`,
        'dancu-test', folder])).status === 0;
    if (mounted) {
        demo = await demonstration('full-act', { into: path.join(folder, 'demo') });
        // The demonstration is copied with holes; a segment as it was laid out has all its blocks.
        const segment = path.join(demo.home, 'commit/0000000001.seg');
        await must('cp', ['-a', '--sparse=never', segment, `${segment}.dense`]);
        renameSync(`${segment}.dense`, segment);
    }
});
after(async () => {
    await server?.stop();
    if (mounted) {
        await must('umount', [folder]);
    }
    rmSync(folder, { recursive: true, force: true });
});

// Leaves no block free, or about so many bytes.
function fill(room = 0) {
    const { bavail, bsize } = statfsSync(folder);
    if (room > 0) {
        const block = Buffer.alloc(1 << 20, 1);
        for (let left = bavail * bsize - room; left > 0; left -= block.length) {
            writeFileSync(filler, block, { flag: 'a' });
        }
        return;
    }
    for (let size = 1 << 20; size >= bsize; size /= 2) {
        const block = Buffer.alloc(size, 1);
        for (let left = bavail * bsize + size; left > 0; left -= size) {
            try {
                writeFileSync(filler, block, { flag: 'a' });
            } catch (error) {
                assert.equal(error.code, 'ENOSPC');
                break;
            }
        }
    }
    assert.equal(statfsSync(folder).bavail, 0);
}

const party = (code) => ['party', 'add', '--code', code, '--class', 'other', '--kind', 'x', '--name', 'x'];

async function entries() {
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    return readEntries((name) => readFileSync(path.join(ledger, name)), size);
}

const count = (found, outcome) =>
    found.filter((entry) => JSON.parse(entry).outcome === outcome).length;

const bank = () => new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });

// Every receipt in the log as it lies there after an end, and the log whole.
async function compare(kept) {
    const found = await entries();
    for (const body of kept) {
        const { index } = verifyReceipt(body, demo.vkey);
        assert.equal(found[index]?.toString(), body.receipt.entry, `entry ${index}`);
    }
    const { status, stdout, stderr } = await demo.dancu(['ledger', 'verify']);
    assert.equal(status, 0, stdout + stderr);
    return found;
}

test('where the next segment has no room: 503, and everything again when there is', async (t) => {
    if (!mounted) {
        t.skip('a file system of its own cannot be mounted here');
        return;
    }
    const samples = demo.samples();
    const kept = [];
    fill(ROLLOVER_ROOM); // for public files, not for a segment
    server = await serve(demo);
    const client = bank();
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    let full = false;
    let asked = 0;
    const early = [];
    await flood(ASKS_MAX, 200, async (i) => {
        if (full) {
            return;
        }
        asked++;
        const answer = await client.lookup(kycAsk(samples[i % 100]));
        if (answer.status === 200) {
            if (i % 20 === 0) {
                kept.push(answer.json);
            }
        } else {
            assert.equal(codeOf(answer), 'ledger_unavailable');
            early.push(asked);
            full = early.length > 400;
        }
    });
    t.diagnostic(`503 after ${early[0]}, ${early[200]}, ${early.at(-1)} asks`);
    assert.ok(full, `${asked} asks did not fill the segment`);
    await until('health is 503', async () => (await visitor.get('/healthz')).status === 503);
    assert.equal((await visitor.get('/ledger/checkpoint')).status, 200);
    assert.equal((await visitor.get('/ledger/tile/0/000')).status, 200);
    rmSync(filler);
    await until('health is well', async () => (await visitor.get('/healthz')).status === 200);
    await until('asks are answered', async () => {
        const answer = await client.lookup(kycAsk(samples[0]));
        return answer.status === 200 && kept.push(answer.json);
    });
    // More than the old segment has place for.
    const more = await flood(600, 200, (i) => client.lookup(kycAsk(samples[i % 100])));
    assert.deepEqual(tally(more.map(codeOf)), { disclosed: 600 });
    assert.equal((await server.process('core')).restarts, 0);
    await client.close();
    await visitor.close();
    assert.deepEqual(await server.stop(), { status: 0, signal: null });
    server = undefined;
    assert.ok(existsSync(path.join(demo.home, 'commit/0000000002.seg')), 'the next segment is begun');
    await compare(kept);
});

test('an act without room for the office, on a full disk, is applied once when there is room',
    async (t) => {
        if (!mounted) {
            t.skip('a file system of its own cannot be mounted here');
            return;
        }
        const first = count(await entries(), 'party.add');
        server = await serve(demo);
        const samples = demo.samples();
        const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
        const kept = [];
        const ask = async (i) => {
            const one = bank();
            const answer = await one.lookup(kycAsk(samples[i % 100])).catch(() => ({ status: 0 }));
            await one.close();
            if (answer.status === 200) {
                kept.push(answer.json);
            }
            return answer;
        };
        await flood(50, 10, ask);
        await sleep(2500); // all of it is published: the log itself lacks no room
        fill();
        const told = [];
        for (let i = 0; i < ACTS_MAX && told.at(-1) !== false; i++) {
            told.push((await demo.dancu(party(`late-${i}`))).status === 0);
        }
        assert.equal(told.at(-1), false, 'an act has no room');
        await until('health is 503', async () => (await visitor.get('/healthz')).status === 503);
        const refused = await flood(30, 10, ask);
        assert.deepEqual(tally(refused.map((answer) => answer.status)), { 503: 30 });
        const { restarts } = await server.process('core');
        t.diagnostic(`act ${told.length} had no room; the core was started ${restarts} times; ` +
            `asks: ${JSON.stringify(tally(refused.map(codeOf)))}`);
        assert.equal((await visitor.get('/ledger/checkpoint')).status, 200);
        rmSync(filler);
        await until('health is well', async () => (await visitor.get('/healthz')).status === 200,
            { timeoutMs: 60_000 });
        await until('asks are answered', async () => (await ask(0)).status === 200);
        for (let i = 0; i < told.length; i++) {
            const again = await demo.dancu(party(`late-${i}`));
            const there = again.status !== 0 && /already/.test(again.stderr);
            assert.ok(there || (!told[i] && again.status === 0), `${told[i]} ${again.stderr}`);
        }
        await visitor.close();
        assert.deepEqual(await server.stop(), { status: 0, signal: null });
        server = undefined;
        const found = await compare(kept);
        assert.equal(count(found, 'party.add'), first + told.length, 'each act is recorded once');
    });

test('an import without room stops, and goes on where it stood when there is room', async (t) => {
    if (!mounted) {
        t.skip('a file system of its own cannot be mounted here');
        return;
    }
    const file = path.join(workFolder, `full-${process.pid}.ndjson`);
    await demo.dancu(['seed', '--persons', '20000', '--seed', '77', '--out', file]);
    const before = count(await entries(), 'import.chunk');
    fill();
    const stopped = await demo.dancu(['registry', 'import', file]);
    t.diagnostic(`${stopped.status}: ${stopped.stderr.trim().split('\n').at(-1)}`);
    assert.notEqual(stopped.status, 0, 'no room is an error');
    rmSync(filler);
    const done = await demo.dancu(['registry', 'import', file]);
    assert.equal(done.status, 0, done.stderr);
    rmSync(file);
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    assert.ok(count(await entries(), 'import.chunk') > before);
});
